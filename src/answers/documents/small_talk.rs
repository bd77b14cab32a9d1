//! Greetings and thanks, which ask for nothing that could be found.

use super::words;

/// What is said by visitors, without accents, and what is said back.
const TALK: [(&str, &str); 14] = [
    (
        "hello|hi|hey|hi there|hello there|good morning|good afternoon|good evening",
        "Hello! What would you like to know?",
    ),
    (
        "thanks|thank you|thanks a lot|thank you very much|great thanks|ok thanks|perfect thanks|thx",
        "You are welcome!",
    ),
    (
        "hallo|guten tag|guten morgen|guten abend|moin|servus|gruss gott|gruezi",
        "Hallo! Was möchten Sie wissen?",
    ),
    ("danke|danke schon|vielen dank|danke sehr|besten dank", "Gern geschehen!"),
    ("bonjour|salut|bonsoir", "Bonjour ! Que souhaitez-vous savoir ?"),
    ("merci|merci beaucoup", "Avec plaisir !"),
    ("hola|buenos dias|buenas tardes|buenas", "¡Hola! ¿Qué le gustaría saber?"),
    ("gracias|muchas gracias", "¡De nada!"),
    ("ciao|buongiorno|buonasera|salve", "Buongiorno! Che cosa desidera sapere?"),
    ("grazie|grazie mille|molte grazie", "Prego!"),
    ("goedemorgen|goedemiddag|goedenavond|goedendag", "Hallo! Wat wilt u weten?"),
    ("dank je|dank je wel|dank u|dank u wel|bedankt", "Graag gedaan!"),
    ("ola|bom dia|boa tarde|boa noite", "Olá! O que gostaria de saber?"),
    ("obrigado|obrigada|muito obrigado|muito obrigada", "De nada!"),
];

/// What is said back, if this is only said to be polite.
pub fn reply(text: &str) -> Option<&'static str> {
    let said = words::all(text).collect::<Vec<_>>().join(" ");
    TALK.iter().find(|(phrases, _)| phrases.split('|').any(|phrase| phrase == said)).map(|(_, reply)| *reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_polite_are_answered_politely() {
        assert_eq!(reply("Hi!"), Some("Hello! What would you like to know?"));
        assert_eq!(reply("Danke schön :)"), Some("Gern geschehen!"));
        for question in ["Hi, do you deliver?", "", "?", "delivery"] {
            assert_eq!(reply(question), None, "{question}");
        }
    }
}
