//! Secrets on their way into a field, and what the page shows of them meanwhile.

use super::*;

const MAIL: &str = "bob@example.com";

/// Types a text into a field, letter by letter, and gives what was stored of each.
fn typed(whole: &str, secret: &str) -> Vec<String> {
    let field = element(4, "input", json!({"name": "field"}), vec![]);
    let prefixes = whole.char_indices().map(|(at, char)| &whole[..at + char.len_utf8()]);
    let mut events = vec![page(vec![field])];
    events.extend((0..).zip(prefixes).map(|(step, text)| input(2_000 + step * 100, 4, text)));
    let out = masked(&events, hiding(&[secret]));
    out[1..].iter().map(|event| event["data"]["text"].as_str().expect("a text").to_owned()).collect()
}

#[test]
fn what_is_half_typed_is_covered() {
    let stored = typed("Tom, bob@example.com!", MAIL);
    assert_eq!(stored[..7], ["T", "To", "Tom", "Tom,", "Tom, ", "Tom, *", "Tom, **"]);
    assert_eq!(stored[7], "Tom, ***");
    assert_eq!(stored[18], "Tom, **************");
    assert_eq!(stored[19..], ["Tom, […]", "Tom, […]!"]);
}

#[test]
fn a_number_that_is_typed_with_spaces_is_covered_on_the_way() {
    let stored = typed("4111 1111 1111 1111", "4111 1111 1111 1111");
    assert_eq!(stored[..3], ["*", "**", "***"]);
    assert!(stored[3..].iter().all(|text| !text.contains('1')), "{stored:?}");
}

#[test]
fn slips_and_going_back_are_covered() {
    let steps = ["bob@ex", "bob@exs", "bob@ex", "bob@example.com", "bob@example", "", "bob@e"];
    let mut events = vec![page(vec![element(4, "input", json!({}), vec![])])];
    events.extend((0..).zip(steps).map(|(step, text)| input(2_000 + step * 100, 4, text)));
    let out = masked(&events, hiding(&[MAIL])).iter().map(Value::to_string).collect::<String>();
    assert!(!out.contains("bob"), "{out}");
}

#[test]
fn an_attribute_that_mirrors_the_field_is_covered() {
    let mut events = vec![page(vec![element(4, "input", json!({"value": ""}), vec![])])];
    for (step, end) in (0..).zip(1..=MAIL.len()) {
        let value = &MAIL[..end];
        events.push(input(2_000 + step * 100, 4, value));
        events.push(mutation(
            2_001 + step * 100,
            json!({"attributes": [{"id": 4, "attributes": {"value": value}}]}),
        ));
    }
    let out = masked(&events, hiding(&[MAIL]));
    assert!(out[6..].iter().all(|event| !event.to_string().contains("bob")), "{out:?}");
}

#[test]
fn what_the_page_shows_while_it_is_typed_is_covered() {
    let events = [
        page(vec![element(4, "input", json!({}), vec![]), element(5, "p", json!({}), vec![text(6, "-")])]),
        input(2_000, 4, "bob@exa"),
        mutation(2_050, json!({"texts": [{"id": 6, "value": "Search for bob@exa"}]})),
        event(5, 2_060, json!({"tag": "hindsight.navigate", "payload": {"href": "/?q=bob%40exa"}})),
        mutation(2_070, json!({"adds": [add(3, None, text(7, "Bob"))]})),
        input(2_100, 4, MAIL),
        mutation(9_000, json!({"texts": [{"id": 6, "value": "bob@exa"}]})),
    ];
    let out = masked(&events, hiding(&[MAIL]));
    assert_eq!(out[2]["data"]["texts"][0]["value"], "Search for *******");
    assert_eq!(out[3]["data"]["payload"]["href"], "/?q=*********");
    assert_eq!(out[4]["data"]["adds"][0]["node"]["textContent"], "***");
    assert_eq!(out[6]["data"]["texts"][0]["value"], "bob@exa", "some time later it is a text like others");
}

#[test]
fn an_editable_text_is_covered_on_the_way() {
    let editor = element(4, "div", json!({"contenteditable": "true"}), vec![text(5, "to ")]);
    let mut events = vec![page(vec![editor])];
    let whole = format!("to {MAIL}");
    events.extend((0..).zip(4..=whole.len()).map(|(step, end)| {
        mutation(2_000 + step * 100, json!({"texts": [{"id": 5, "value": &whole[..end]}]}))
    }));
    let out = masked(&events, hiding(&[MAIL]));
    assert!(out[3..].iter().all(|event| !event.to_string().contains("bob")), "{out:?}");
    assert_eq!(out.last().expect("some")["data"]["texts"][0]["value"], "to […]");
}

#[test]
fn a_text_that_arrives_node_by_node_is_covered() {
    let events = [
        page(vec![element(4, "p", json!({}), vec![text(5, "It is ")])]),
        mutation(2_000, json!({"adds": [add(4, None, text(6, "bob@exa"))]})),
        mutation(2_100, json!({"adds": [add(4, None, text(7, "mple.com, he said"))]})),
    ];
    let out = masked(&events, hiding(&[MAIL]));
    assert_eq!(out[1]["data"]["adds"][0]["node"]["textContent"], "*******");
    assert_eq!(out[2]["data"]["adds"][0]["node"]["textContent"], ", he said");
}

#[test]
fn maskers_are_asked_about_what_was_typed_and_not_about_each_letter() {
    let steps = ["A", "An", "Ann", "Ann L", "Ann", "Ann Lee", "Bo"];
    let mut events = vec![page(vec![element(4, "input", json!({}), vec![])])];
    events.extend((0..).zip(steps).map(|(step, text)| input(2_000 + step * 100, 4, text)));
    assert_eq!(texts_asked(&events), ["Ann L", "Ann Lee", "Bo"]);
    let out = masked(&events, editing("Ann Lee", Edit::Cover));
    let stored: Vec<_> =
        out[1..].iter().map(|event| event["data"]["text"].as_str().expect("a text")).collect();
    assert_eq!(stored, ["*", "**", "***", "*** *", "***", "*** ***", "**"]);
}

#[test]
fn others_who_are_called_the_same_are_not_covered() {
    let events = [
        page(vec![element(4, "input", json!({}), vec![]), text(5, "bob")]),
        input(2_000, 4, "bob"),
        input(2_100, 4, MAIL),
    ];
    let out = masked(&events, hiding(&[MAIL]));
    assert_eq!(body(&out[0])[1]["textContent"], "bob");
    assert_eq!(out[1]["data"]["text"], "***");
}
