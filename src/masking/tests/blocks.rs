//! Elements that become grey boxes.

use super::*;

fn card() -> Value {
    element(
        4,
        "div",
        json!({"class": "card", "width": "300", "height": "120px"}),
        vec![
            element(5, "span", json!({}), vec![text(6, "private")]),
            element(7, "input", json!({"value": "typed"}), vec![]),
        ],
    )
}

#[test]
fn a_blocked_element_is_a_box_of_its_size_and_stays_empty() {
    let events = [
        page(vec![card(), text(8, "public")]),
        mutation(
            1_001,
            json!({
                "adds": [add(5, None, text(20, "more")), add(3, None, text(21, "kept")), add(4, None, text(22, "more"))],
                "texts": [{"id": 8, "value": "kept"}, {"id": 6, "value": "more"}],
                "attributes": [{"id": 4, "attributes": {"title": "more"}}, {"id": 7, "attributes": {"value": "more"}}],
            }),
        ),
        input(1_002, 7, "more"),
    ];
    let out = masked(&events, editing("private", Edit::Block));
    let grey = json!({
        "type": 2, "tagName": "div", "childNodes": [], "id": 4,
        "attributes": {"class": "card rr-block", "rr_width": "300px", "rr_height": "120px"},
    });
    assert_eq!(body(&out[0])[0], grey);
    assert_eq!(body(&out[0])[1]["textContent"], "public");
    assert_eq!(out[1]["data"]["adds"], json!([add(3, None, text(21, "kept"))]));
    assert_eq!(out[1]["data"]["texts"], json!([{"id": 8, "value": "kept"}]));
    assert_eq!(out[1]["data"]["attributes"], json!([]));
    assert_eq!(out[2]["data"], json!({"source": 5, "text": "", "isChecked": false, "id": 7}));
}

#[test]
fn an_element_is_blocked_before_it_holds_what_it_is_blocked_for() {
    let events = [
        page(vec![element(4, "p", json!({}), vec![text(5, "loading")])]),
        mutation(1_001, json!({"texts": [{"id": 5, "value": "private"}]})),
        mutation(1_002, json!({"adds": [add(3, None, card())], "removes": [{"parentId": 3, "id": 4}]})),
    ];
    let out = masked(&events, editing("private", Edit::Block));
    assert_eq!(body(&out[0])[0]["childNodes"], json!([]));
    assert_eq!(out[1]["data"]["texts"], json!([]));
    assert_eq!(out[2]["data"]["adds"][0]["node"]["childNodes"], json!([]));
    assert!(!out.iter().any(|event| event.to_string().contains("private")));
}

#[test]
fn what_stands_in_no_box_is_covered() {
    let said = event(5, 1_001, json!({"tag": "t", "payload": {"text": "private"}}));
    let out = masked(&[page(vec![text(4, "private")]), said], editing("private", Edit::Block));
    assert_eq!(body(&out[0])[0]["textContent"], "*******");
    assert_eq!(out[1]["data"]["payload"]["text"], "*******");
}

#[test]
fn a_field_is_blocked_for_what_was_typed() {
    let out = masked(&[page(vec![card()]), input(1_001, 7, "private 2")], editing("private 2", Edit::Block));
    assert_eq!(body(&out[0])[0]["childNodes"][1]["attributes"]["class"], "rr-block");
    assert_eq!(body(&out[0])[0]["childNodes"][0]["childNodes"][0]["textContent"], "private");
    assert_eq!(out[1]["data"]["text"], "");
}
