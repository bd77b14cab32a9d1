//! What is found in scripted visits, and what is not.

use friction::{Friction, Settings};
use hindsight_plugin::testing::{Visit, button, element, field, link, paragraph, session};
use hindsight_plugin::{Analyzer, Attr, Element, Event, EventKind, Mutation, Output, testing};
use proptest::prelude::*;

fn defaults() -> Settings {
    testing::defaults(include_str!("../plugin.toml"))
}

fn analyze(events: Vec<Event>, settings: &Settings) -> Output {
    let mut session = session();
    session.duration = events.last().map_or(0, |event| event.at);
    Friction::analyze(&session, events.into_iter(), settings).expect("friction always answers")
}

/// "kind: title" of each finding.
fn found(visit: Visit) -> Vec<String> {
    let output = analyze(visit.events(), &defaults());
    output.findings.into_iter().map(|finding| format!("{}: {}", finding.kind, finding.title)).collect()
}

/// So much later, something that every visitor does.
fn later(visit: Visit) -> Visit {
    visit.wait(5000).pointer(10, 10)
}

#[test]
fn clicks_in_anger_are_one_finding() {
    let order = button("Place order");
    let mut visit = Visit::to("/checkout").wait(1000);
    for _ in 0..5 {
        visit = visit.click(&order).wait(240);
    }
    assert_eq!(found(later(visit)), ["rage-click: Clicked “Place order” 5 times in 1.0 s; nothing happened"]);
}

#[test]
fn clicks_that_nothing_answers_are_in_anger_even_if_they_are_slower() {
    let order = button("Place order");
    let thrice = |visit: Visit| visit.click(&order).wait(750).click(&order).wait(750).click(&order);
    let visit = thrice(Visit::to("/checkout").wait(1000));
    assert_eq!(
        found(later(visit.clone())),
        ["rage-click: Clicked “Place order” 3 times in 1.5 s; nothing happened"]
    );
    assert_eq!(found(later(visit.wait(300).mutation(20, 0))), [""; 0]);
}

#[test]
fn clicks_before_a_slow_answer_are_in_anger() {
    let order = button("Place order");
    let visit =
        Visit::to("/checkout").wait(1000).click(&order).wait(300).click(&order).wait(300).click(&order);
    let visit = visit.wait(700).mutation(20, 0);
    assert_eq!(
        found(later(visit)),
        ["rage-click: Clicked “Place order” 3 times in 0.6 s; the page answered after 1.3 s"]
    );
}

#[test]
fn controls_that_answer_each_click_are_not_clicked_in_anger() {
    let plus = button("+");
    let mut visit = Visit::to("/cart").wait(1000);
    for _ in 0..8 {
        visit = visit.click(&plus).wait(60).mutation(0, 3).wait(120);
    }
    assert_eq!(found(later(visit)), [""; 0]);
}

#[test]
fn marking_a_paragraph_is_no_anger() {
    let text = paragraph("To install, run make");
    let mut visit = Visit::to("/docs").wait(1000);
    for _ in 0..3 {
        visit = visit.click(&text).wait(120);
    }
    let visit = visit.event(EventKind::Selection("To install, run make".to_owned()));
    assert_eq!(found(later(visit)), [""; 0]);
}

#[test]
fn clicks_far_apart_or_slow_are_not_in_anger() {
    let page = element("main", "", "", false);
    let mut visit = Visit::to("/map").wait(1000);
    for step in 0..5 {
        visit = visit.click_at(&page, 100 + 80 * step, 100).wait(200);
    }
    for _ in 0..3 {
        visit = visit.wait(3000).click(&page);
    }
    assert_eq!(found(later(visit)), [""; 0]);
}

#[test]
fn a_click_that_does_nothing_is_dead() {
    let visit = Visit::to("/shop").wait(1000).click(&button("Apply coupon"));
    assert_eq!(found(later(visit)), ["dead-click: Clicked “Apply coupon”; nothing happened"]);
}

#[test]
fn a_click_on_a_picture_is_dead_the_second_time() {
    let picture = element("img", "", "Blue kettle", false);
    let once = Visit::to("/shop").wait(1000).click(&picture);
    assert_eq!(found(later(once.clone())), [""; 0]);
    let twice = once.wait(700).click(&picture);
    assert_eq!(found(later(twice)), ["dead-click: Clicked “Blue kettle” twice; nothing happened"]);
}

#[test]
fn whatever_answers_a_click_makes_it_live() {
    let menu = button("Menu");
    let after: [fn(Visit) -> Visit; 7] = [
        |visit| visit.wait(900).mutation(3, 0),
        |visit| visit.wait(100).mutation(0, 5),
        |visit| visit.wait(1500).load("/next"),
        |visit| visit.wait(800).request("/api", 200, 700),
        |visit| visit.wait(50).event(EventKind::Focus(field("Name").into())),
        |visit| visit.wait(100).scroll(900),
        |visit| visit.wait(400).event(EventKind::Hidden),
    ];
    for answer in after {
        let visit = answer(Visit::to("/shop").wait(1000).click(&menu));
        assert_eq!(found(later(visit.clone())), [""; 0], "{:?}", visit.events().last());
    }
}

#[test]
fn scrolling_on_after_a_dead_click_does_not_make_it_live() {
    let visit = Visit::to("/shop").wait(1000).click(&button("Details")).wait(900).scroll(600);
    assert_eq!(found(later(visit)), ["dead-click: Clicked “Details”; nothing happened"]);
}

#[test]
fn links_to_programs_files_and_here_are_not_dead() {
    for href in ["mailto:a@b.example", "tel:+49", "/price-list.pdf", "#top", "/shop"] {
        let mut target = link("Link");
        target.attrs.push(Attr::new("href", href));
        assert_eq!(found(later(Visit::to("/shop").wait(1000).click(&target))), [""; 0], "{href}");
    }
    let mut export = link("Export");
    export.attrs.extend([Attr::new("href", "/export?all"), Attr::new("download", "")]);
    assert_eq!(found(later(Visit::to("/shop").wait(1000).click(&export))), [""; 0]);
    let mut tab = element("button", "tab", "Overview", true);
    tab.attrs.push(Attr::new("aria-selected", "true"));
    assert_eq!(found(later(Visit::to("/shop").wait(1000).click(&tab))), [""; 0]);
}

#[test]
fn a_link_to_a_script_that_does_nothing_is_dead() {
    for href in ["", "#", "javascript:void(0)"] {
        let mut offers = link("Offers");
        offers.attrs.push(Attr::new("href", href));
        let visit = Visit::to("/shop").wait(1000).click(&offers);
        assert_eq!(found(later(visit)), ["dead-click: Clicked “Offers”; nothing happened"], "{href}");
    }
}

#[test]
fn a_link_that_led_here_is_not_dead_when_it_is_followed_again() {
    let mut lamps = link("Lamps");
    lamps.attrs.push(Attr::new("href", "/lamps"));
    let visit = Visit::to("/").wait(1000).click(&lamps).wait(200).mutation(80, 0).wait(9000).click(&lamps);
    assert_eq!(found(later(visit)), [""; 0]);
}

#[test]
fn content_that_comes_late_makes_a_click_slow_and_not_dead() {
    let visit = Visit::to("/").wait(1000).click(&button("Edit")).wait(5600).mutation(56, 0);
    assert_eq!(
        found(later(visit)),
        ["slow-response: Waited 5.6 s after clicking “Edit” (until the page changed)"]
    );
}

#[test]
fn a_ripple_is_no_answer() {
    let mut ripple = element("span", "", "", false);
    ripple.attrs.push(Attr::new("class", "MuiTouchRipple-root"));
    let visit = Visit::to("/").wait(1000).click(&button("Save")).wait(10).mutation_of(&ripple);
    assert_eq!(found(later(visit)), ["dead-click: Clicked “Save”; nothing happened"]);
}

#[test]
fn the_last_click_of_a_session_is_not_judged() {
    assert_eq!(found(Visit::to("/shop").wait(1000).click(&link("Away"))), [""; 0]);
}

#[test]
fn an_error_after_a_click_is_told_once() {
    let pay = button("Pay");
    let visit = Visit::to("/cart")
        .wait(1000)
        .click(&pay)
        .wait(100)
        .error("TypeError: total is undefined")
        .mutation(1, 0);
    let visit = visit.wait(5000).click(&pay).wait(100).error("TypeError: total is undefined").mutation(1, 0);
    assert_eq!(found(visit), ["error-click: Clicked “Pay”, then: TypeError: total is undefined"]);
}

#[test]
fn a_failure_that_is_told_twice_is_one_finding() {
    let save = button("Save");
    let failing = |visit: Visit| {
        let visit = visit.wait(900).click(&save).wait(200).request("https://shop.example/api/save", 500, 150);
        visit.wait(10).console("Saving failed").wait(10).error("no answer")
    };
    let visit = failing(failing(Visit::to("/profile")));
    let output = analyze(later(visit).events(), &defaults());
    let told: Vec<_> =
        output.findings.iter().map(|finding| (finding.title.as_str(), finding.detail.as_str())).collect();
    let title = "Clicked “Save”, then: POST /api/save failed (500)";
    assert_eq!(told, [(title, "Saving failed\n\nno answer\n\n")]);
}

#[test]
fn a_failed_request_after_a_click_is_an_error() {
    let visit = Visit::to("/cart").wait(1000).click(&button("Pay")).wait(900).request(
        "https://x.example/api/pay?t=1",
        500,
        850,
    );
    assert_eq!(found(visit), ["error-click: Clicked “Pay”, then: POST /api/pay failed (500)"]);
    let own = Visit::to("/cart")
        .wait(1000)
        .click(&button("Pay"))
        .mutation(9, 0)
        .wait(4000)
        .error("ResizeObserver loop");
    assert_eq!(found(own), [""; 0]);
}

#[test]
fn waiting_for_a_request_is_slow() {
    let visit =
        Visit::to("/search").wait(1000).click(&button("Search")).wait(4200).request("/api/search", 200, 4100);
    assert_eq!(found(visit), ["slow-response: Waited 4.2 s after clicking “Search” (POST /api/search)"]);
}

#[test]
fn a_shaken_cursor_is_found_and_a_wandering_one_is_not() {
    let mut shaken = Visit::to("/").wait(1000);
    let mut wandering = Visit::to("/").wait(1000);
    for step in 0..20 {
        shaken = shaken.pointer(if step % 2 == 0 { 200 } else { 600 }, 300).wait(100);
        wandering = wandering.pointer(100 + 30 * step, 200 + (step % 3) * 20).wait(100);
    }
    assert_eq!(found(shaken).len(), 2, "twenty turns are two times seven");
    assert_eq!(found(wandering), [""; 0]);
}

#[test]
fn scrolling_up_and_down_again_and_again_is_a_search() {
    let mut searching = Visit::to("https://docs.example/guide").wait(1000);
    let mut reading = Visit::to("https://docs.example/guide").wait(1000);
    for step in 0..8 {
        searching = searching.scroll(if step % 2 == 0 { 3000 } else { 100 }).wait(1500);
        reading = reading.scroll(step * 800).wait(1500);
    }
    assert_eq!(
        found(searching),
        ["excessive-scrolling: Scrolled up and down /guide 5 times in 6.0 s without clicking anything"]
    );
    assert_eq!(found(reading), [""; 0]);
}

#[test]
fn a_page_that_is_left_at_once_is_a_quick_back() {
    let visit = Visit::to("/list").wait(9000).load("/item/7").wait(2100).load("/list");
    assert_eq!(found(visit), ["quick-back: Opened /item/7 and went back after 2.1 s"]);
    let read = Visit::to("/list").wait(9000).load("/item/7").wait(12_000).load("/list");
    assert_eq!(found(read), [""; 0]);
}

#[test]
fn going_back_and_forth_is_one_finding() {
    let mut visit = Visit::to("/cart");
    for page in ["/delivery", "/cart", "/delivery", "/cart"] {
        visit = visit.wait(8000).load(page);
    }
    assert_eq!(found(visit), ["u-turn: Went back and forth between /cart and /delivery 3 times in 32 s"]);
}

/// A checkout that is filled in as far as the third field.
fn checkout() -> Visit {
    let visit = Visit::to("https://shop.example/checkout").wait(2000).typed(&field("E-mail"), "a@b");
    visit.wait(2000).typed(&field("Street"), "Lane 1").wait(2000).typed(&field("Card number"), "4111")
}

#[test]
fn a_form_that_is_left_half_filled_in_is_given_up() {
    assert_eq!(
        found(later(checkout()).load("/")),
        ["form-abandoned: Gave up a form on /checkout (3 fields filled in, last “Card number”)"]
    );
}

#[test]
fn a_form_that_is_sent_is_not_given_up() {
    let by_click = later(checkout().wait(500).click(&button("Pay")).wait(300).mutation(40, 0));
    let by_enter = later(checkout().wait(500).load("/thanks"));
    assert_eq!((found(by_click), found(by_enter)), (vec![], vec![]));
}

#[test]
fn searching_is_no_form() {
    let visit = Visit::to("/")
        .wait(1000)
        .typed(&field("Search"), "lamps")
        .wait(900)
        .typed(&field("Filter by name"), "x");
    assert_eq!(found(later(visit)), [""; 0]);
}

#[test]
fn a_form_that_is_refused_twice_is_told_with_its_fields() {
    let mut alert = element("div", "alert", "Please enter a card number", false);
    alert.attrs.push(Attr::new("class", "invalid-feedback"));
    let mut visit = checkout();
    for _ in 0..2 {
        visit = visit.wait(800).click(&button("Pay")).wait(100).mutation_of(&alert);
        visit = visit.wait(3000).typed(&field("Card number"), "4111 1");
    }
    let visit = visit.wait(500).click(&button("Pay")).wait(200).load("/thanks");
    assert_eq!(found(later(visit)), ["form-errors: “Pay” was refused 2 times: Card number"]);
}

#[test]
fn whatever_says_that_a_form_is_wrong_is_a_refusal() {
    let alert = element("p", "alert", "Please check the card number", false);
    let mut by_class = element("p", "", "Please check your entries", false);
    by_class.attrs.push(Attr::new("class", "field-error"));
    let mut marked = field("Card number");
    marked.attrs.push(Attr::new("aria-invalid", "true"));
    let mut in_red = field("Card number");
    in_red.attrs.push(Attr::new("class", "form-control is-invalid"));
    let is_marked = |field: &Element| {
        let target = Some(field.clone().into());
        EventKind::Mutation(Mutation { added: 0, removed: 0, texts: 0, attributes: 1, target })
    };
    type Refusing<'a> = Box<dyn Fn(Visit) -> Visit + 'a>;
    let refusals: [(&str, Refusing<'_>); 6] = [
        ("an alert", Box::new(|visit| visit.mutation_of(&alert))),
        ("the class of a message", Box::new(|visit| visit.mutation_of(&by_class))),
        ("a field that gets marked", Box::new(|visit| visit.event(is_marked(&marked)))),
        ("a field that gets a class", Box::new(|visit| visit.event(is_marked(&in_red)))),
        (
            "the focus on a marked field",
            Box::new(|visit| visit.event(EventKind::Focus(marked.clone().into()))),
        ),
        ("the server", Box::new(|visit| visit.request("/api/order", 422, 50))),
    ];
    for (what, refuse) in refusals {
        let mut visit = checkout();
        for _ in 0..2 {
            visit = refuse(visit.wait(800).click(&button("Pay")).wait(100));
            visit = visit.wait(3000).typed(&field("Card number"), "4111 1");
        }
        let visit = visit.wait(500).click(&button("Pay")).wait(200).load("/thanks");
        assert_eq!(found(later(visit)), ["form-errors: “Pay” was refused 2 times: Card number"], "{what}");
    }
}

#[test]
fn a_form_that_the_server_refuses_is_no_error() {
    let pay = button("Pay");
    for status in [400, 409, 422] {
        let sent = checkout().wait(500).click(&pay).wait(100).request("/api/order", status, 80);
        let refused = sent.wait(10).console("Request failed").mutation(1, 0);
        let corrected = refused.wait(3000).typed(&field("Card number"), "4111 1").wait(500).click(&pay);
        assert_eq!(found(later(corrected.wait(200).load("/thanks"))), [""; 0], "{status}");
    }
    let broken = checkout().wait(500).click(&pay).wait(100).request("/api/order", 500, 80).mutation(1, 0);
    let unasked =
        Visit::to("/cart").wait(1000).click(&pay).wait(100).request("/api/order", 422, 80).mutation(1, 0);
    assert_eq!(found(later(broken)), ["error-click: Clicked “Pay”, then: POST /api/order failed (500)"]);
    assert_eq!(found(later(unasked)), ["error-click: Clicked “Pay”, then: POST /api/order failed (422)"]);
}

#[test]
fn the_browsers_own_check_is_a_refusal() {
    let mut visit = checkout();
    for _ in 0..2 {
        visit =
            visit.wait(800).click(&button("Pay")).wait(20).event(EventKind::Focus(field("E-mail").into()));
        visit = visit.wait(3000).typed(&field("E-mail"), "a@b.c");
    }
    assert_eq!(
        found(later(visit)),
        [
            "form-errors: “Pay” was refused 2 times: E-mail",
            "form-abandoned: Gave up a form on /checkout after it was refused 2 times (3 fields filled in, last “E-mail”)"
        ]
    );
}

#[test]
fn a_chat_is_no_form_that_is_refused() {
    let (message, send) = (field("Message"), button("Send"));
    let mut visit = Visit::to("/help").wait(1000);
    for text in ["Hello", "Where is my parcel?", "Thanks"] {
        visit = visit.wait(2000).typed(&message, text).wait(300).click(&send).wait(50).mutation(4, 0);
        visit = visit.wait(50).event(EventKind::Focus(message.clone().into()));
    }
    assert_eq!(found(later(visit)), [""; 0]);
}

#[test]
fn the_score_names_its_reasons() {
    let quiet = analyze(Visit::to("/").wait(1000).scroll(500).events(), &defaults()).score.expect("a score");
    assert_eq!((quiet.points, quiet.why.as_str()), (0, "nothing stood in the way"));
    let visit = Visit::to("/")
        .wait(1000)
        .click(&button("A"))
        .wait(5000)
        .click(&button("B"))
        .wait(100)
        .error("x")
        .wait(5000);
    let score = analyze(later(visit).events(), &defaults()).score.expect("a score");
    assert_eq!((score.points, score.why.as_str()), (42, "1 error after a click, 2 dead clicks"));
}

#[test]
fn ignored_elements_are_left_out() {
    let settings = Settings { ignore: vec!["button[Decoration]".to_owned()], ..defaults() };
    let visit = later(Visit::to("/").wait(1000).click(&button("Decoration")));
    assert!(analyze(visit.events(), &settings).findings.is_empty());
}

/// Any step of a visit.
fn step() -> impl Strategy<Value = (u8, u32, i32)> {
    (0..12_u8, 0..4000_u32, -2000..2000_i32)
}

proptest! {
    #[test]
    fn any_visit_is_scored_and_its_findings_lie_within_it(steps in prop::collection::vec(step(), 0..80)) {
        let targets = [button("Pay"), link("Home"), paragraph("Text"), field("Name"), button("+")];
        let mut visit = Visit::to("/");
        for (what, wait, number) in steps {
            let target = &targets[usize::from(what) % targets.len()];
            visit = visit.wait(wait % 700);
            visit = match what {
                0..=3 => visit.click_at(target, number % 40, 0),
                4 => visit.typed(target, "abc"),
                5 => visit.scroll(number),
                6 => visit.pointer(number, number / 2),
                7 => visit.mutation(wait % 5, 1),
                8 => visit.load(if number > 0 { "/a" } else { "/b" }),
                9 => visit.error("boom"),
                10 => visit.request("/api", 422, wait),
                _ => visit.event(EventKind::Focus(target.clone().into())),
            };
        }
        let events = visit.events();
        let last = events.last().map_or(0, |event| event.at);
        let output = analyze(events.clone(), &defaults());
        prop_assert_eq!(&output, &analyze(events, &defaults()));
        let score = output.score.expect("a score");
        prop_assert!(score.points <= 100);
        for finding in output.findings {
            prop_assert!(finding.at <= last && finding.until.is_none_or(|until| finding.at <= until));
        }
    }
}
