use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::timeline::{Attr, Button, Element};

fn view(at: u32, url: &str) -> Event {
    let (url, title, cause) = (url.to_owned(), String::new(), PageCause::Load);
    Event { at, page: 0, kind: Kind::PageView { url, title, cause, width: 800, height: 600 } }
}

fn element(node: u32, tag: &str, role: &str, label: &str) -> Element {
    Element {
        node,
        tag: tag.to_owned(),
        role: role.to_owned(),
        label: label.to_owned(),
        selector: format!("#it-{node}"),
        interactive: true,
        ..Element::default()
    }
}

fn click(at: u32, target: &Element, button: Button) -> Event {
    Event { at, page: 0, kind: Kind::Click { target: Arc::new(target.clone()), button, x: 0, y: 0 } }
}

fn input(at: u32, target: &Element, value: &str, length: u32, checked: Option<bool>) -> Event {
    let (target, value) = (Arc::new(target.clone()), value.to_owned());
    Event { at, page: 0, kind: Kind::Input { target, value, length, checked, edits: 1, since: at } }
}

fn body(events: &[Event]) -> Vec<String> {
    let text = spec(events, "2026-01-01");
    let inside =
        text.split_once("async ({ page }) => {\n").expect("a test").1.split_once("\n});").expect("ends").0;
    inside.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

#[test]
fn a_visit_becomes_a_test() {
    let (mail, code) =
        (element(1, "input", "textbox", "E-mail"), element(2, "input", "textbox", "Card number"));
    let (gift, pay) = (element(3, "input", "checkbox", "Gift"), element(4, "button", "button", "Pay"));
    let plain = Element { interactive: false, ..element(5, "p", "paragraph", "Thanks") };
    let events = [
        view(0, "https://shop.example/checkout?step=1"),
        click(100, &mail, Button::Primary),
        input(500, &mail, "ada@", 4, None),
        input(900, &mail, "ada@example.org", 15, None),
        input(1200, &code, "", 16, None),
        click(1300, &gift, Button::Primary),
        input(1310, &gift, "on", 2, Some(true)),
        click(5000, &pay, Button::Primary),
        view(5200, "https://shop.example/paying"),
        view(5900, "https://shop.example/thanks"),
        click(9000, &plain, Button::Primary),
        view(20_000, "https://shop.example/paying"),
    ];
    assert_eq!(
        body(&events),
        [
            r#"await page.goto("/checkout?step=1");"#,
            r##"await (await pick(page.getByRole("textbox", { name: "E-mail", exact: true }), page.locator("#it-1"))).fill("ada@example.org");"##,
            r##"await (await pick(page.getByRole("textbox", { name: "Card number", exact: true }), page.locator("#it-2"))).fill(process.env.VISIT_CARD_NUMBER ?? "");"##,
            r##"await (await pick(page.getByRole("checkbox", { name: "Gift", exact: true }), page.locator("#it-3"))).check();"##,
            r##"await (await pick(page.getByRole("button", { name: "Pay", exact: true }), page.locator("#it-4"))).click();"##,
            r#"await expect(page).toHaveURL((url) => url.pathname === "/thanks");"#,
            "// Clicked paragraph “Thanks”",
            "await page.goBack();",
            r#"await expect(page).toHaveURL((url) => url.pathname === "/paying");"#,
        ]
    );
    let text = spec(&events, "2026-01-01");
    assert!(text.contains("comes from the environment: VISIT_CARD_NUMBER."), "{text}");
    assert!(text.contains(
        r#"process.env.BASE_URL ?? "https://shop.example", viewport: { width: 800, height: 600 }"#
    ));
}

#[test]
fn elements_are_found_by_what_is_surest() {
    let found = |element: &Element| locator::locator(element).unwrap_or_default();
    let attrs = vec![Attr { name: "data-testid".to_owned(), value: "buy".to_owned() }];
    assert_eq!(
        found(&Element { attrs, ..element(1, "button", "button", "Buy") }),
        r#"page.getByTestId("buy")"#
    );
    let attrs = vec![Attr { name: "type".to_owned(), value: "password".to_owned() }];
    let password = Element { attrs, ..element(1, "input", "textbox", "Password") };
    assert!(found(&password).contains(r#"page.getByLabel("Password", { exact: true })"#));
    let attrs = vec![Attr { name: "name".to_owned(), value: "q".to_owned() }];
    let unnamed = Element { attrs, ..element(1, "input", "textbox", "q") };
    assert_eq!(found(&unnamed), r##"page.locator("#it-1")"##);
    let cut = element(1, "a", "link", "A very long…");
    assert!(found(&cut).contains(r#"getByRole("link", { name: "A very long" })"#));
    let inside = Element { selector: "#host >>> a".to_owned(), ..element(1, "a", "", "") };
    assert_eq!(found(&inside), r##"page.locator("#host >> a")"##);
    assert_eq!(found(&Element::default()), "");
}

#[test]
fn enter_and_double_clicks_are_told_from_the_rest() {
    let search = element(1, "input", "searchbox", "Search");
    let row = element(2, "li", "option", "Row");
    let events = [
        view(0, "https://shop.example/"),
        click(100, &row, Button::Primary),
        click(250, &row, Button::Primary),
        click(260, &row, Button::Double),
        input(3000, &search, "mug", 3, None),
        view(3200, "https://shop.example/search?q=mug"),
    ];
    let lines = body(&events);
    assert!(lines[1].ends_with(".dblclick();"), "{lines:?}");
    assert!(lines[2].ends_with(r#".fill("mug");"#) && lines[3].ends_with(r#".press("Enter");"#), "{lines:?}");
    assert_eq!(lines[4], r#"await expect(page).toHaveURL((url) => url.pathname === "/search");"#);
    assert_eq!(lines.len(), 5);
}

/// The code with each string literal emptied and each comment left away.
fn skeleton(code: &str) -> String {
    let mut left = String::new();
    let mut chars = code.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '"' => {
                loop {
                    match chars.next().expect("a literal ends") {
                        '\\' => drop(chars.next().expect("something is escaped")),
                        '"' => break,
                        inside => {
                            assert!(!inside.is_control() && inside != '\u{2028}' && inside != '\u{2029}')
                        }
                    }
                }
                left.push_str("\"\"");
            }
            '/' if chars.peek() == Some(&'/') => while chars.next_if(|next| *next != '\n').is_some() {},
            char => left.push(char),
        }
    }
    left
}

proptest! {
    #[test]
    fn nothing_that_was_recorded_becomes_code(
        label in any::<String>(), value in "\\PC*|[\"'`\\\\\n\r\u{2028}/*${}]*", selector in any::<String>(), path in any::<String>(),
    ) {
        let visit = |label: &str, value: &str, selector: &str, path: &str| {
            let field = Element { selector: format!("x{selector}"), ..element(1, "input", "textbox", &format!("L{label}x")) };
            let dead = Element { interactive: false, ..element(2, "p", "", &format!("L{label}")) };
            let url = format!("https://shop.example/p{}", path.replace(['#', '?'], ""));
            let value = format!("v{value}");
            let events = [
                view(0, &url),
                click(10_000, &dead, Button::Primary),
                input(20_000, &field, &value, 9, None),
                view(30_000, &format!("{url}/2")),
            ];
            skeleton(&spec(&events, "2026-01-01"))
        };
        prop_assert_eq!(visit(&label, &value, &selector, &path), visit("", "", "", ""));
    }
}
