//! What assistants say when they cannot answer, and visitors when the answer was wrong.

use crate::terms::words;

/// Refusals, as spelled without accents.
const REFUSALS: [&str; 56] = [
    "i dont know",
    "i do not know",
    "im not sure",
    "i am not sure",
    "i cant help",
    "i cannot help",
    "i cant answer",
    "i cannot answer",
    "i cant find",
    "i cannot find",
    "i couldnt find",
    "i could not find",
    "unable to",
    "im sorry but",
    "i am sorry but",
    "i dont have information",
    "i do not have information",
    "i dont have access",
    "no information about",
    "contact support",
    "contact our support",
    "speak to a human",
    "i didnt understand",
    "i dont understand",
    "i do not understand",
    "could you rephrase",
    "please rephrase",
    "ich weiss nicht",
    "weiss ich nicht",
    "leider nicht",
    "leider kann ich",
    "kann ich leider nicht",
    "keine informationen",
    "ich habe nicht verstanden",
    "nicht beantworten",
    "je ne sais pas",
    "je ne peux pas",
    "je suis desole",
    "pas dinformation",
    "je nai pas compris",
    "no lo se",
    "no puedo",
    "lo siento pero",
    "no tengo informacion",
    "no entiendo",
    "non lo so",
    "non posso",
    "mi dispiace ma",
    "non ho informazioni",
    "non ho capito",
    "nao sei",
    "nao posso",
    "nao tenho informacoes",
    "weet ik niet",
    "ik kan niet",
    "helaas kan ik",
];
/// What says that the answer before was wrong.
const CORRECTIONS: [&str; 28] = [
    "thats wrong",
    "that is wrong",
    "this is wrong",
    "not correct",
    "incorrect",
    "thats not right",
    "that is not right",
    "not what i asked",
    "not what i meant",
    "i meant",
    "doesnt work",
    "does not work",
    "didnt work",
    "not true",
    "das ist falsch",
    "stimmt nicht",
    "nicht richtig",
    "ich meinte",
    "funktioniert nicht",
    "cest faux",
    "ce nest pas ca",
    "ne marche pas",
    "eso no es",
    "no es correcto",
    "non e corretto",
    "sbagliato",
    "isso esta errado",
    "klopt niet",
];

/// Whether a reply says that it is none.
pub fn is_refusal(reply: &str, own: &[String]) -> bool {
    let reply = spaced(reply);
    REFUSALS.iter().any(|phrase| holds(&reply, phrase))
        || own.iter().any(|phrase| reply.contains(&spaced(phrase)))
}

/// Whether a question says that the answer before it was wrong.
pub fn is_correction(prompt: &str) -> bool {
    let prompt = spaced(prompt);
    CORRECTIONS.iter().any(|phrase| holds(&prompt, phrase))
}

/// The words with a space around each, so that a phrase begins and ends with a word.
fn spaced(text: &str) -> String {
    format!(" {} ", words(text).join(" "))
}

fn holds(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase)
        .any(|(at, _)| text[..at].ends_with(' ') && text[at + phrase.len()..].starts_with(' '))
}
