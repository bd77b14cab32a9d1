//! What is hidden, and what is left alone.

use hindsight_plugin::{Edit, Masker, Place, Span, testing};
use mask_pii::{MaskPii, Settings};
use proptest::prelude::*;

fn defaults() -> Settings {
    testing::defaults(include_str!("../plugin.toml"))
}

fn masker() -> MaskPii {
    MaskPii::new(defaults()).expect("the defaults work")
}

fn span(place: Place, text: &str) -> Span {
    Span {
        text: text.to_owned(),
        place,
        tag: "p".to_owned(),
        name: String::new(),
        selector: "main > p".to_owned(),
    }
}

/// What is hidden in a text of the page, as "kind: value".
fn hidden_in(place: Place, text: &str) -> Vec<String> {
    said(masker().mask(&span(place, text)))
}

fn said(edit: Option<Edit>) -> Vec<String> {
    match edit {
        None => Vec::new(),
        Some(Edit::Hide(secrets)) => {
            secrets.iter().map(|secret| format!("{}: {}", secret.kind, secret.value)).collect()
        }
        Some(Edit::Cover) => vec!["cover".to_owned()],
        Some(Edit::Block) => vec!["block".to_owned()],
    }
}

fn hidden(text: &str) -> Vec<String> {
    hidden_in(Place::Text, text)
}

#[test]
fn email_addresses_are_hidden_whole() {
    assert_eq!(
        hidden("Write to <jane.doe+shop@mail.example.co.uk>."),
        ["email: jane.doe+shop@mail.example.co.uk"]
    );
    assert_eq!(hidden("mailto:a@b.de?subject=x"), ["email: a@b.de"]);
    assert_eq!(hidden("jürgen@müller.example"), ["email: jürgen@müller.example"]);
    assert_eq!(
        hidden_in(Place::Url, "https://x.example/?q=jane%40mail.example"),
        ["email: jane%40mail.example"]
    );
}

#[test]
fn what_only_has_an_at_sign_stays() {
    for text in [
        "logo@2x.png",
        "lodash@4.17.21",
        "@media print",
        "npm i @scope/pkg",
        "git@github.com:a/b.git",
        "a @ b.c",
        "x@y",
    ] {
        assert_eq!(hidden(text), [""; 0], "{text}");
    }
}

#[test]
fn card_numbers_are_hidden_with_their_spaces() {
    assert_eq!(hidden("Card 4111 1111 1111 1111, thanks"), ["card: 4111 1111 1111 1111"]);
    assert_eq!(hidden("2 × 5500-0000-0000-0004"), ["card: 5500-0000-0000-0004"]);
    assert_eq!(
        hidden("378282246310005 and 3782 822463 10005"),
        ["card: 378282246310005", "card: 3782 822463 10005"]
    );
    assert_eq!(hidden("6011111111111117"), ["card: 6011111111111117"]);
}

#[test]
fn other_long_numbers_stay() {
    for text in [
        "4111 1111 1111 1112",
        "order 1700000000000123",
        "0.4111111111111111",
        "978-3-16-148410-0",
        "3.14159265358979323846",
        "id4111111111111111x",
        "0000000000000000",
    ] {
        assert_eq!(hidden(text), [""; 0], "{text}");
    }
}

#[test]
fn ibans_are_hidden_with_their_spaces() {
    assert_eq!(hidden("IBAN: DE89 3704 0044 0532 0130 00."), ["iban: DE89 3704 0044 0532 0130 00"]);
    assert_eq!(hidden("gb82west12345698765432"), ["iban: gb82west12345698765432"]);
    assert_eq!(hidden("DE89 3704 0044 0532 0130 01"), [""; 0]);
}

#[test]
fn phone_numbers_are_hidden() {
    for number in [
        "+49 151 77001342",
        "+1 (555) 010-9999",
        "(555) 010-9999",
        "555-010-9999",
        "0151 77001342",
        "020 7946 0958",
    ] {
        assert_eq!(hidden(&format!("Reach us: {number}.")), [format!("phone: {number}")]);
    }
    assert_eq!(hidden("Tel. 01 23 45 67 89"), ["phone: 01 23 45 67 89"]);
    assert_eq!(hidden_in(Place::Attribute, "tel:+4915177001342"), ["phone: +4915177001342"]);
}

#[test]
fn years_prices_versions_and_the_like_are_no_phone_numbers() {
    for text in [
        "1998-2024",
        "2024-01-05 10:20:30",
        "from 01.02.2024 to 03.04.2024",
        "3.12.0.20240101",
        "192.168.100.200",
        "1,299.00 1,499.00 1,699.00",
        "ISBN 0-306-40615-2",
        "order 100200300400",
        "lines 1000-2000, 3000-4000",
        "00 01 02 03 04 05 06 07",
        "10 000 000 inhabitants",
        "RFC 2822, 5322 and 6854",
        "0123456789",
        "call in 2024-2025",
        "1 234 567 890",
    ] {
        assert_eq!(hidden(text), [""; 0], "{text}");
    }
}

#[test]
fn tokens_are_hidden_by_their_beginnings() {
    let body = "4eC39HqLyjWDarjtT1zdp7dc0000aB1234";
    for beginning in ["sk_live_", "ghp_", "glpat-", "hf_", "npm_"] {
        let token = format!("{beginning}{body}");
        assert_eq!(hidden(&format!("Use {token}.")), [format!("secret: {token}")]);
    }
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
    assert_eq!(hidden(jwt), [format!("secret: {jwt}")]);
    let key = "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----";
    assert_eq!(hidden(key), [format!("secret: {key}")]);
}

#[test]
fn long_random_words_are_hidden_where_nobody_reads_them() {
    let hex = "9f86d081884c7d659a2feaa0c55ad015";
    assert_eq!(hidden(hex), [""; 0], "a checksum on a page");
    assert_eq!(hidden(&format!("API key: {hex}")), [format!("secret: {hex}")]);
    assert_eq!(hidden_in(Place::Console, hex), [format!("secret: {hex}")]);
    assert_eq!(hidden_in(Place::Console, &format!("GET https://x.example/app.{hex}.js")), [""; 0]);
    assert_eq!(hidden_in(Place::Console, "login with password=hunter2trombone"), ["secret: hunter2trombone"]);
    assert_eq!(hidden_in(Place::Console, "at TypeError.handleSubmitOrderForCustomer2Page"), [""; 0]);
}

#[test]
fn url_parameters_are_hidden_by_their_names() {
    let url = "https://u:hunter22@x.example/a?page=2&Access-Token=abc123def456&pin=1#id_token=qwertyuiop";
    assert_eq!(
        hidden_in(Place::Url, url),
        ["secret: hunter22", "parameter: abc123def456", "parameter: qwertyuiop"]
    );
    assert_eq!(hidden_in(Place::Url, "/login?key=7"), ["parameter: key=7"], "7 is not hidden elsewhere");
    assert_eq!(hidden("Call /login?token=value to begin"), [""; 0], "documentation");
}

#[test]
fn what_is_typed_into_personal_fields_is_hidden() {
    let typed = |name: &str, selector: &str, text: &str| {
        let (tag, name, selector) = ("input".to_owned(), name.to_owned(), selector.to_owned());
        said(masker().mask(&Span { text: text.to_owned(), place: Place::InputValue, tag, name, selector }))
    };
    assert_eq!(typed("billing[firstName]", "", " Xanthippe "), ["field: Xanthippe"]);
    assert_eq!(typed("", "form > #street", "Nonesuch Lane 1"), ["field: Nonesuch Lane 1"]);
    assert_eq!(typed("cvc", "", "846"), ["cover"], "three digits are not hidden everywhere");
    assert_eq!(typed("search", "#first > input", "lamps"), [""; 0]);
}

#[test]
fn elements_are_covered_and_blocked_by_selector() {
    let settings = Settings {
        cover: vec!["#profile".to_owned(), "input[name='nick']".to_owned()],
        block: vec!["main > p".to_owned()],
        ..defaults()
    };
    let masker = MaskPii::new(settings).expect("selectors");
    let of = |tag: &str, name: &str, selector: &str| {
        let (tag, name, selector) = (tag.to_owned(), name.to_owned(), selector.to_owned());
        said(masker.mask(&Span { text: "some text".to_owned(), place: Place::Text, tag, name, selector }))
    };
    assert_eq!(of("p", "", "#profile > p:nth-of-type(2)"), ["cover"]);
    assert_eq!(of("input", "nick", "form"), ["cover"]);
    assert_eq!(of("p", "", "body > main > p"), ["block"]);
    assert_eq!(of("p", "", "#profiles > b"), [""; 0]);
}

#[test]
fn own_patterns_and_words_are_used() {
    let settings = Settings {
        patterns: vec![r"\bK-\d{8}\b".to_owned()],
        replacement: "<{kind}>".to_owned(),
        ..defaults()
    };
    let edit = MaskPii::new(settings).expect("a pattern").mask(&span(Place::Text, "Customer K-12345678"));
    let Some(Edit::Hide(secrets)) = edit else { panic!("{edit:?}") };
    assert_eq!((secrets[0].value.as_str(), secrets[0].with.as_str()), ("K-12345678", "<pattern>"));
    let broken = MaskPii::new(Settings { patterns: vec!["(".to_owned()], ..defaults() });
    assert!(broken.is_err_and(|error| error.contains("patterns: “(”")));
}

#[test]
fn what_is_switched_off_stays() {
    let off = Settings { email: false, phone: false, card: false, iban: false, secret: false, ..defaults() };
    let text = "a@b.example +49 151 77001342 4111 1111 1111 1111 DE89370400440532013000 sk_live_4eC39HqLyjWDarjtT1zdp7dc";
    assert!(MaskPii::new(off).expect("settings").mask(&span(Place::Text, text)).is_none());
}

/// A number with the check digit that makes it a card number.
fn card(body: &str) -> String {
    let sum = |check: u32| -> u32 {
        let digits = body.chars().filter_map(|char| char.to_digit(10)).chain([check]).collect::<Vec<_>>();
        let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
        let at = |(place, digit): (usize, &u32)| if place % 2 == 0 { *digit } else { doubled(*digit) };
        digits.iter().rev().enumerate().map(at).sum()
    };
    let check = (0..10).find(|check| sum(*check) % 10 == 0).expect("one of ten fits");
    format!("{body}{check}")
}

proptest! {
    #[test]
    fn nothing_panics_and_what_is_hidden_is_part_of_the_text(text in ".{0,200}", place in 0..8_u8) {
        let place = [Place::Text, Place::Attribute, Place::InputValue, Place::Url, Place::Title, Place::Console,
            Place::Prompt, Place::Custom][usize::from(place)];
        if let Some(Edit::Hide(secrets)) = masker().mask(&span(place, &text)) {
            for secret in secrets {
                prop_assert!(text.contains(&secret.value));
                prop_assert!(secret.value.chars().count() >= 4);
            }
        }
    }

    #[test]
    fn signs_and_digits_never_panic(text in "[-+0-9 .@:/%=A-Z()\u{a0}]{0,120}") {
        masker().mask(&span(Place::Console, &text));
    }

    #[test]
    fn any_card_number_is_found_in_any_grouping(body in "4[0-9]{14}", separator in "[ -]?", before in "[a-z ]{0,10} ") {
        let number = card(&body);
        prop_assume!(number.bytes().any(|byte| byte != b'4'));
        let groups: Vec<&str> = number.as_bytes().chunks(4).map(|four| std::str::from_utf8(four).expect("digits")).collect();
        let written = groups.join(&separator);
        prop_assert_eq!(hidden(&format!("{before}{written} end")), vec![format!("card: {written}")]);
    }

    #[test]
    fn any_plain_address_is_found(local in "[a-z][a-z0-9.]{0,10}[a-z]", host in "[a-z]{3,12}", top in "com|de|example") {
        let address = format!("{local}@{host}.{top}");
        prop_assume!(!local.contains("..") && local != "git");
        prop_assert_eq!(hidden(&format!("mail: {address}, thanks")), vec![format!("email: {address}")]);
    }
}
