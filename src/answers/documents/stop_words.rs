//! Words that hold sentences and questions together, without accents, in one list for each language.

/// English, German, French, Spanish, Italian, Dutch and Portuguese.
pub const LANGUAGES: [&str; 7] = [ENGLISH, GERMAN, FRENCH, SPANISH, ITALIAN, DUTCH, PORTUGUESE];

const ENGLISH: &str = "a about again all also am an and any anybody anyone anything are as ask at be because been \
    before being but by can cannot could couldn d did didn do does doesn doing don done e each either else etc \
    even ever every exactly find first for from get gets getting give go going got had has have haven having he \
    her here hers hey hi him his how i if in into is isn it its itself just kind know let like ll long lot m many \
    may maybe me mean might mine more most much must my need needs never no not now of off offer offers oh ok on one only or \
    other our ours out over own please possible quite re really s say see sell shall she should shouldn show so some \
    somebody someone something soon still such sure t take takes taking tell than thank thanks that the their \
    theirs them then there these they thing things think this those through to too under until up us use ve very \
    want wants was wasn way we well were what whatever when where whether which while who whom whose why will with \
    within without won wonder would wouldn yes yet you your yours";

const GERMAN: &str = "aber alle allem allen aller alles als also am an auch auf aus bei beim bekomme bin bis bist \
    bitte brauche da dabei dadurch dafur daher damit dann darf darfst das dass dazu dein deine dem den denn der des \
    deshalb dich die dies diese diesem diesen dieser dieses dir doch dort du durch ein eine einem einen einer eines \
    er es etwas euch euer eure eurem euren eurer fur gehe geht gern gerne gibt habe haben hallo hat hatte hatten her \
    hier hin ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in ins ist ja jede jedem jeden jeder jedes jetzt kann \
    kannst kein keine keinen konnen konnt konnte konnten lange mal man mehr mein meine meinem meinen meiner mich mir \
    mit mochte mochten muss mussen nach nein nicht nichts noch nur ob oder ohne schon sehr sein seine seit sich sie \
    sind so soll sollen sonst uber um und uns unser unsere unseren unter viel viele vom von vor wann war warum was \
    wegen weil welche welchem welchen welcher welches wem wen wenn wer werde werden wie wieder wieso wieviel will wir \
    wird wo wohin wollen wurde wurden zu zum zur zwischen";

const FRENCH: &str = "a ai aller alors apres as au aussi autre aux avant avec avez avoir avons bien bonjour c ca car ce \
    cela ces cet cette ceux chez ci combien comme comment d dans de des donc dont du elle elles en encore entre est et \
    etaient etait etes etre eu faire fait faites faut ici il ils j je jusqu l la le les leur leurs lors lui m ma mais \
    me meme merci mes moi moins mon n ne ni non nos notre nous on ont ou oui par pas peu peut peuvent peux plait plus \
    pour pourquoi pouvez puis puisje qu quand que quel quelle quelles quels qui quoi s sa sans se sera ses si soit son \
    sont sous suis sur t ta te tes toi ton tous tout toute toutes tres tu un une va vais vers veux vos votre voudrais \
    vous y";

const SPANISH: &str = "a ademas al algo alguna alguno ante antes aqui asi aun cada como con cual cuales cuando cuanta \
    cuantas cuanto cuantos de del desde donde dos e el ella ellas ellos en entre era es esa ese eso esta estan estar \
    estas este esto estos estoy favor fue gracias ha hace hacen hacer haceis han has hasta hay he hola la las le les lo \
    los mas me mi mis mucho muy nada ni no nos nosotros nuestra nuestro o os otra otro para pero poco podria por porque \
    puede pueden puedo que quien quienes quiero quisiera se ser si sin sobre son soy su sus tambien tanto te teneis \
    tengo ti tiene tienen todo todos tu tus un una uno unos usted ustedes va vosotros y ya yo";

const ITALIAN: &str = "a ad ai al alla alle allo anche ancora avete c che chi ci ciao come con cosa cui d da dai dal \
    dalla dalle dei del della delle dello di dove e ed era essere favore fa fare fino gia gli grazie ha hai hanno ho i \
    il in io l la le lei li lo loro lui ma me mi mia miei mio molto ne nei nel nella nelle no noi non nostra nostro o \
    ogni per perche piu poi posso possono potete puo qual quale quali quando quanta quante quanti quanto quella quello \
    questa queste questi questo qui sara se sei senza si siamo siete sono sta sua sue sui sul sulla suo te ti tra tu \
    tua tuo tutti tutto un una uno va vi voglio voi vorrei vostra vostre vostri vostro";

const DUTCH: &str = "aan al alle alleen als altijd andere ben bent bij ook daar dan dat de den der deze die dit doe doen \
    door dus een eens en er geen goed had hallo heb hebben hebt heeft het hier hij hoe hoeveel hun iets ik in is ja je \
    jij jouw jullie kan kon kunnen lang maar mag me meer men met mij mijn moet moeten na naar niet niets nog nu of om \
    omdat onder ons onze ook op over te tegen toch toen tot u uit uw van veel voor waar waarom wanneer want waren was \
    wat we weer wel welk welke werd wie wij wil willen worden wordt zal ze zelf zich zij zijn zo zonder zou";

const PORTUGUESE: &str = "a ai ao aos aqui as ate bem boa bom com como cada da das de dela dele depois do dos e ela elas \
    ele eles em entre era essa esse esta estao estas este estou eu faco favor faz fazem fazer foi ha isso isto ja la lhe \
    mais mas me mesmo meu meus minha minhas muito na nao nas nem no nos nossa nosso num numa o obrigada obrigado ola onde \
    os ou para pela pelo pode podem por porque posso pra qual quais quando quanta quantas quanto quantos que quem quero \
    se sem ser seu seus sim so sobre sou sua suas tambem te tem temos tenho ter teu todo todos tu tua um uma umas voce \
    voces vos";
