//! Which language a question is in, by its smallest words.

/// A language's code, its small words, and endings that say nothing about what is meant.
pub struct Language {
    /// ISO 639-1.
    pub code: &'static str,
    /// Words without a topic, as spelled without accents, separated by spaces.
    pub small: &'static str,
    /// Endings, longest first.
    pub endings: &'static [&'static str],
}

/// The languages that are known.
#[rustfmt::skip]
pub const LANGUAGES: [Language; 7] = [
    Language {
        code: "en",
        small: "a an the and or but if of to in on at by for from with without as is are was were be been am do does did done have has had i you he she it we they me my mine your our their this that these those there here what which who whom whose when where why how can could will would shall should may might must not no yes please hi hello hey thanks thank ok okay so than then too very just also about into out up any some all more most get got im ive id dont doesnt cant wont isnt want need know tell help way possible",
        endings: &["ations", "ation", "ements", "ement", "ments", "ment", "ingly", "ities", "ness", "ings", "edly", "ing", "ions", "ion", "ies", "ied", "ers", "ed", "er", "ly", "es", "al", "s", "y", "e"],
    },
    Language {
        code: "de",
        small: "der die das den dem des ein eine einen einem einer eines und oder aber wenn von zu zum zur in im an am auf bei fur aus mit ohne als ist sind war waren sein bin habe hat haben hatte ich du er sie es wir ihr mich mir mein meine meinen meinem meiner dein deine ihre ihren unser dies diese dieser dieses da hier was welche welcher welches wer wem wo wann warum wieso weshalb wie wieviel kann konnen konnte kannst wird werden wurde soll muss darf nicht kein keine keinen nein ja bitte hallo danke so dann sehr auch nur noch schon uber man mochte will wissen gibt hilfe moglich",
        endings: &["ungen", "ieren", "iert", "ung", "heit", "keit", "isch", "lich", "end", "ern", "em", "en", "er", "es", "et", "st", "e", "n", "s", "t"],
    },
    Language {
        code: "fr",
        small: "le la les l un une des du de d et ou mais si a au aux en dans sur par pour avec sans comme est sont etait etre suis ai as avez ont j je tu il elle nous vous ils elles me m mon ma mes ton ta tes votre vos notre nos son sa ses leur ce c cet cette ces que qu qui quoi quel quelle quels quelles ou quand pourquoi comment combien peut peux pouvez puis dois doit veux voudrais ne n pas plus oui non bonjour merci svp s il y faire faut avoir aide possible est-ce",
        endings: &["ations", "ation", "ements", "ement", "euses", "euse", "iques", "ique", "ments", "ment", "aux", "eux", "ions", "ion", "ees", "ent", "ant", "er", "ez", "ee", "es", "ir", "e", "s", "x"],
    },
    Language {
        code: "es",
        small: "el la los las un una unos unas de del al y o pero si a en con sin por para como es son era ser soy estoy esta estan he ha han yo tu usted el ella nosotros ellos me mi mis tu tus su sus nuestro este esta estos estas ese esa eso que cual cuales quien cuando donde porque por que cuanto cuantos puedo puede pueden podria hay no si gracias hola favor lo le se te muy mas tambien solo quiero necesito saber hacer tengo tiene ayuda posible",
        endings: &["aciones", "acion", "amientos", "amiento", "imientos", "imiento", "mente", "idades", "idad", "ando", "iendo", "ados", "adas", "ado", "ada", "idos", "idas", "ido", "ida", "cion", "es", "ar", "er", "ir", "os", "as", "o", "a", "e", "s"],
    },
    Language {
        code: "it",
        small: "il lo la i gli le un uno una di del della dei degli delle da dal e o ma se a al alla ai in nel nella con senza su sul per come e sono era essere ho ha hanno avere io tu lui lei noi voi loro mi mio mia miei mie tuo tua suo sua nostro vostro questo questa questi queste quello che cosa quale quali chi quando dove perche quanto quanti posso puo possono potrei c ce ci non no si grazie ciao buongiorno piu anche solo vorrei voglio devo fare sapere aiuto possibile",
        endings: &["azioni", "azione", "amenti", "amento", "imenti", "imento", "mente", "ando", "endo", "ati", "ate", "ato", "ata", "iti", "ito", "ita", "ute", "uto", "are", "ere", "ire", "zione", "i", "e", "o", "a"],
    },
    Language {
        code: "pt",
        small: "o a os as um uma uns umas de do da dos das e ou mas se em no na nos nas ao aos com sem por para como e sao era ser sou estou esta estao tenho tem ha eu voce ele ela nos eles me meu minha meus minhas seu sua seus suas nosso este esta estes estas esse essa isso isto que qual quais quem quando onde porque quanto quantos posso pode podem poderia nao sim obrigado obrigada ola favor mais muito tambem so quero preciso saber fazer ajuda possivel",
        endings: &["acoes", "acao", "amentos", "amento", "imentos", "imento", "mente", "idades", "idade", "ando", "endo", "ados", "adas", "ado", "ada", "idos", "idas", "ido", "ida", "coes", "cao", "ar", "er", "ir", "os", "as", "es", "o", "a", "e", "s"],
    },
    Language {
        code: "nl",
        small: "de het een en of maar als van te in op aan bij voor uit met zonder is zijn was waren ben heb heeft hebben had ik jij je u hij zij ze wij we jullie mij me mijn jouw uw ons onze hun dit dat deze die er hier wat welke wie waar wanneer waarom hoe hoeveel kan kunnen kun kunt zal zou moet mag wordt worden niet geen nee ja graag hallo dank bedankt alstublieft zo dan ook nog maar om naar over wil weten hulp mogelijk",
        endings: &["ingen", "heden", "heid", "ing", "eren", "lijk", "tjes", "tje", "en", "er", "es", "je", "te", "de", "e", "s", "t"],
    },
];

/// The most likely language of some words, `None` when nothing speaks for one.
pub fn of(words: &[String]) -> Option<&'static Language> {
    let score = |language: &Language| {
        let is_small = |word: &&String| language.small.split(' ').any(|small| small == word.as_str());
        words.iter().filter(is_small).count()
    };
    let mut best = None;
    let mut most = 0;
    for language in &LANGUAGES {
        let score = score(language);
        if score > most {
            (best, most) = (Some(language), score);
        }
    }
    best
}

/// The language that some letters of a text belong to, where its words do not tell; plain
/// letters are mostly English.
pub fn by_letters(text: &str) -> Option<&'static Language> {
    const LETTERS: [(&str, &str); 5] =
        [("de", "äöüß"), ("es", "ñ¿¡"), ("pt", "ãõ"), ("fr", "éèêàçùœ"), ("it", "òì")];
    let named = |code: &str| LANGUAGES.iter().find(|language| language.code == code);
    if text.is_ascii() {
        return named("en");
    }
    let lower = text.to_lowercase();
    LETTERS
        .iter()
        .find(|(_, letters)| lower.contains(|char| letters.contains(char)))
        .and_then(|(code, _)| named(code))
}

/// The code of the most likely language of a text, "" when nothing speaks for one.
pub fn detect(text: &str) -> &'static str {
    of(&crate::terms::words(text)).map_or("", |language| language.code)
}
