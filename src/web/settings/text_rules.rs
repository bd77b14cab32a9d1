//! What the server replaces in texts, as part of the form about recording; and the word
//! that has to be typed before a connection records what visitors type.

use super::{Field, Problems};
use crate::model::recording::Privacy;
use crate::model::text_rules::{Kind, TextRules};
use crate::web::form::Form;

/// The field in which it is confirmed that a connection is to be open.
const CONFIRMATION: &str = "confirm_open";

/// The switches of the kinds.
const SWITCHES: [(&str, Kind); 5] = [
    ("mask_email", Kind::Email),
    ("mask_card", Kind::Card),
    ("mask_iban", Kind::Iban),
    ("mask_phone", Kind::Phone),
    ("mask_digits", Kind::Digits),
];

/// The fields of the form.
pub fn fields(texts: &TextRules) -> Vec<Field> {
    let switch =
        |(name, kind): (&'static str, Kind)| Field::switch(name, kind.label(), texts.kinds.contains(&kind));
    let words = Field::lines("mask_words", "Words of your own", &texts.words, 4)
        .hint("One a line, in capitals or not. A line between slashes is a regular expression.")
        .placeholder("Project Falcon\n/KD-\\d{6}/");
    SWITCHES.into_iter().map(switch).chain([words]).collect()
}

/// Reads what was typed.
pub fn read(form: &Form, problems: &mut Problems) -> TextRules {
    let is_on = |(name, _): &(&'static str, Kind)| form.text(name) == "1";
    let kinds = SWITCHES.into_iter().filter(is_on).map(|(_, kind)| kind).collect();
    let texts = TextRules { kinds, words: form.text("mask_words").trim().replace("\r\n", "\n") };
    if let Err(problem) = texts.expression() {
        problems.push(("mask_words", problem));
    }
    texts
}

/// The field that is shown once somebody wants a connection to be open.
pub fn confirmation(problems: &Problems) -> Option<Field> {
    let is_asked = problems.iter().any(|(name, _)| *name == CONFIRMATION);
    is_asked.then(|| {
        Field::text(CONFIRMATION, "Type “open” to record what visitors type", "", 20)
            .hint("Names, addresses and messages will be stored as they are typed, and shown to whoever may watch.")
            .placeholder("open")
    })
}

/// Whether a connection may become open: it is already, or the word was typed.
pub fn check_open(form: &Form, before: Option<Privacy>, wanted: Option<Privacy>, problems: &mut Problems) {
    if wanted != Some(Privacy::Open) || before == Some(Privacy::Open) {
        return;
    }
    if !form.text(CONFIRMATION).trim().eq_ignore_ascii_case("open") {
        problems.push((CONFIRMATION, "Type open, or choose another preset.".to_owned()));
    }
}
