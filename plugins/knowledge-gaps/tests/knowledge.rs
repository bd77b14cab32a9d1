//! What is noted of a session, and what is reported over many.

use hindsight_plugin::testing::{Visit, button, session};
use hindsight_plugin::{
    Analyzer, Cell, Fact, Finding, Item, Period, Report, Reporter, Row, Section, Severity, Table, testing,
};
use knowledge_gaps::{KnowledgeGaps, Settings};
use proptest::prelude::*;

fn defaults() -> Settings {
    testing::defaults(include_str!("../plugin.toml"))
}

fn noted(visit: Visit) -> Vec<Fact> {
    let events = visit.events();
    let mut session = session();
    session.duration = events.last().map_or(0, |event| event.at);
    KnowledgeGaps::analyze(&session, events.into_iter(), &defaults()).expect("an answer").facts
}

/// The names of what is true of the first question.
fn flags(visit: Visit) -> Vec<&'static str> {
    let facts = noted(visit);
    let question =
        facts.into_iter().find(|fact| fact.kind == "question").map(Item::Fact).expect("a question");
    ["answered", "again", "corrected", "raged", "left"]
        .into_iter()
        .filter(|name| question.flag(name) == Some(true))
        .collect()
}

/// A question that is answered, in words.
fn asked(reply: &str) -> Visit {
    Visit::to("https://shop.example/orders/4711")
        .wait(4000)
        .prompt("p1", "How do I return an item?")
        .wait(900)
        .reply("p1", reply, None)
}

#[test]
fn a_question_is_noted_with_its_page_and_its_terms() {
    let facts = noted(asked("Send it back within 30 days."));
    let question = Item::Fact(facts[1].clone());
    assert_eq!(
        (question.text("path"), question.text("terms"), question.text("language")),
        ("/orders/*", "return item", "en")
    );
    assert_eq!(question.at(), 4000);
    let visit = Item::Fact(facts[0].clone());
    assert_eq!(
        (visit.text("way"), visit.number("questions"), visit.number("ended")),
        ("0 /orders/*", Some(1.0), Some(4000.0))
    );
}

#[test]
fn whether_it_was_answered_is_said_or_read() {
    let goes_on = |visit: Visit| visit.wait(3000).click(&button("Cart")).wait(30_000).click(&button("Home"));
    assert_eq!(flags(goes_on(asked("Send it back within 30 days."))), ["answered"]);
    for refusal in
        ["I'm sorry, but I don't know.", "Das weiß ich leider nicht.", "Je suis désolé, je ne sais pas.", ""]
    {
        assert_eq!(flags(goes_on(asked(refusal))), [""; 0], "{refusal}");
    }
    let said =
        Visit::to("/").prompt("p1", "Hello?").reply("p1", "I don't know what to say, welcome!", Some(true));
    assert_eq!(flags(goes_on(said)), ["answered"]);
    assert_eq!(flags(Visit::to("/").prompt("p1", "Hello?").wait(60_000).click(&button("Home"))), [""; 0]);
}

#[test]
fn what_visitors_do_after_an_answer_tells_how_good_it_was() {
    let answered = || asked("Send it back within 30 days.").wait(4000);
    assert_eq!(flags(answered().prompt("p2", "how can i return my items")), ["answered", "again"]);
    assert_eq!(flags(answered().prompt("p2", "That's wrong!")), ["answered", "corrected"]);
    assert_eq!(flags(answered().prompt("p2", "Do you accept PayPal?")), ["answered"]);
    assert_eq!(flags(answered()), ["answered", "left"]);
    let close = button("Close");
    let raged = answered().click(&close).wait(200).click(&close).wait(200).click(&close);
    assert_eq!(flags(raged), ["answered", "raged"]);
}

#[test]
fn feedback_on_a_reply_or_a_prompt_belongs_to_the_question() {
    for id in ["p1", "reply-p1"] {
        let facts = noted(asked("Yes.").feedback(id, -1));
        assert_eq!(Item::Fact(facts[1].clone()).number("feedback"), Some(-1.0));
    }
}

fn row(session: usize, day: usize, item: Item) -> Row {
    Row {
        session: format!("s{session}"),
        started_at: format!("2026-01-{day:02}T10:00:00Z"),
        plugin: String::new(),
        item,
    }
}

fn rows_of(session: usize, day: usize, visit: Visit) -> Vec<Row> {
    noted(visit).into_iter().map(|fact| row(session, day, Item::Fact(fact))).collect()
}

fn report(rows: Vec<Row>) -> Report {
    let (from, to) = ("2026-01-01T00:00:00Z".to_owned(), "2026-01-29T00:00:00Z".to_owned());
    KnowledgeGaps::summarize(&Period { from, to, sessions: 40 }, rows.into_iter(), &defaults())
        .expect("a report")
}

fn table<'a>(report: &'a Report, title: &str) -> Option<&'a Table> {
    let tables = report.sections.iter().filter_map(|section| match section {
        Section::Table(table) => Some(table),
        _ => None,
    });
    tables.into_iter().find(|table| table.title.starts_with(title))
}

/// A row of a table as people read it.
fn said(cells: &[Cell]) -> Vec<String> {
    let say = |cell: &Cell| match cell {
        Cell::Text(text) => text.clone(),
        Cell::Number(number) => number.to_string(),
        Cell::Moment(moment) => format!("{}@{}", moment.session, moment.at),
    };
    cells.iter().map(say).collect()
}

/// A month in a shop: returns are asked for and not answered, more and more.
fn month() -> Vec<Row> {
    let ways =
        ["How do I return an item?", "return item", "I want to return my items", "how can i return an item"];
    let mut rows = Vec::new();
    for day in 1..=12 {
        let visit = Visit::to("https://shop.example/orders/1").wait(3000).prompt("p", ways[day % 4]);
        let visit = visit.wait(500).reply("p", "Sorry.", Some(false)).wait(2000).click(&button("Close"));
        rows.extend(rows_of(day, 10 + day, visit));
    }
    for day in 1..=4 {
        let visit = Visit::to("https://shop.example/").prompt("p", "Do you ship to Norway?").reply(
            "p",
            "Yes, we do.",
            Some(true),
        );
        rows.extend(rows_of(
            20 + day,
            day,
            visit.wait(900).feedback("p", -1).wait(20_000).click(&button("Home")),
        ));
    }
    for number in 1..=5 {
        let visit = Visit::to("https://shop.example/cart")
            .wait(9000)
            .load("https://shop.example/checkout")
            .wait(20_000);
        rows.extend(rows_of(30 + number, 20, visit.click(&button("Pay"))));
        let title = "Clicked “Pay” 4 times in 1.0 s; nothing happened";
        rows.push(row(
            30 + number,
            20,
            Item::Finding(Finding::new("rage-click", Severity::High, title, 28_000)),
        ));
    }
    rows
}

#[test]
fn the_report_says_what_to_do_first() {
    let report = report(month());
    assert_eq!(
        report.summary,
        "16 questions on 2 topics in 40 sessions. 12 (75 %) were not answered; 4 answers were called wrong. Do this first: \
         Write an answer to “How do I return an item?”: 12 of 12 stayed without one (trend 4 → 8), asked on /orders/*."
    );
    let Section::Markdown(advice) = &report.sections[1] else { panic!("{:?}", report.sections[1]) };
    assert_eq!(
        advice,
        "## What to do first\n\n\
         1. Write an answer to **“How do I return an item?”**: 12 of 12 stayed without one (trend 4 → 8), asked on /orders/\\*.\n\
         2. Correct the answer to **“Do you ship to Norway?”**: it was called wrong 4 times of 4.\n\
         3. Look at the way **/cart → /checkout**: 5 of 5 sessions ended there right after friction.\n\
         4. Offer help on **/checkout**: 5 sessions struggled there (5 rage clicks) and nobody asked."
    );
}

#[test]
fn each_gap_has_a_row_with_counts_and_an_example() {
    let report = report(month());
    let first = |title: &str| said(&table(&report, title).expect(title).rows[0]);
    let returns = "How do I return an item?";
    assert_eq!(first("Unanswered"), [returns, "12", "12", "4 → 8", "/orders/*", "s12@3000"]);
    assert_eq!(first("Wrong"), ["Do you ship to Norway?", "4", "4", "0", "4", "4 → none", "s24@0"]);
    assert_eq!(first("Common"), [returns, "12", "12", "0", "4 → 8", "en", "/orders/*", "s12@3000"]);
    assert_eq!(first("Missed"), ["/checkout", "5", "5 rage clicks", "0", "s35@28000"]);
    assert_eq!(first("Workflow"), ["/cart → /checkout", "5", "5", "100", "s35@28000"]);
    assert!(table(&report, "Answers that did not help").is_none(), "nothing to tell");
}

#[test]
fn a_period_without_questions_says_how_to_get_some() {
    let report = report(Vec::new());
    assert!(report.summary.starts_with("Nobody asked anything in 40 sessions."), "{}", report.summary);
    assert_eq!(report.sections.len(), 2);
}

proptest! {
    #[test]
    fn any_rows_make_the_same_report_twice(
        questions in prop::collection::vec(("[a-zA-Z é*|<>]{0,40}", 0..28_usize, any::<bool>(), any::<bool>(), -1..2_i32), 0..40)
    ) {
        let rows = || questions.iter().enumerate().map(|(session, (text, day, answered, again, feedback))| {
            let fact = Fact::new("question", 5).field("text", text.as_str()).field("terms", knowledge_gaps::terms(text).join(" "))
                .field("answered", *answered).field("again", *again).field("feedback", f64::from(*feedback));
            row(session, day + 1, Item::Fact(fact))
        }).collect::<Vec<_>>();
        let once = report(rows());
        prop_assert_eq!(format!("{once:?}"), format!("{:?}", report(rows())));
        for section in &once.sections {
            if let Section::Table(table) = section {
                prop_assert!(table.rows.iter().all(|row| row.len() == table.columns.len()));
            }
        }
    }
}
