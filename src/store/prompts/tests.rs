//! What is said, into a database in memory, in any order.

use proptest::prelude::*;

use super::super::{
    Scope, batches, checking, completing, connections, erasing, finishing, schema, timelines,
};
use super::*;
use crate::model::{Batch, BatchFacts, Words};

const NOW: TimestampMs = 1_767_225_600_000;

fn shop(conn: &Db) -> ConnectionId {
    connections::add(conn, "shop", "key", 0).expect("added").expect("new").id
}

fn prompt(at: TimestampMs, id: &str) -> Said {
    let words =
        Words::Prompt { conversation: String::new(), text: format!("what is {id}?"), page: String::new() };
    Said { at, words, id: id.to_owned() }
}

fn reply(at: TimestampMs, to: &str, answered: Option<bool>) -> Said {
    let words = Words::Reply { to: to.to_owned(), text: "so".to_owned(), answered, sources: Vec::new() };
    Said { at, words, id: format!("reply to {to} at {at}") }
}

fn feedback(at: TimestampMs, id: &str, good: bool) -> Said {
    Said { at, words: Words::Feedback { good }, id: id.to_owned() }
}

fn batch(seq: i64, said: Vec<Said>) -> Batch {
    let at = said.first().map_or(NOW, |said| said.at);
    Batch {
        facts: BatchFacts { events: 1, first_at: at, last_at: at, said, ..BatchFacts::default() },
        received_at: NOW + seq * 1000,
        ..batches::tests::batch("stream-0000000000", seq, at)
    }
}

fn append(conn: &Db, shop: ConnectionId, batch: &Batch) {
    batches::append(conn, shop, batch, &batches::tests::since(0)).expect("appended");
}

/// The session's row.
fn session(conn: &Db) -> i64 {
    conn.query_row("SELECT id FROM session", [], |row| row.get(0)).expect("a session")
}

/// What lists show, but for the place among what arrived at the same time.
fn told(conn: &Db) -> Vec<String> {
    let prompts = of_session(conn, &Scope::everything(), session(conn)).expect("read");
    let tell = |prompt: Prompt| {
        let reply = prompt.reply.map(|reply| (reply.at, reply.text));
        format!("{} {} {:?} {:?} {}", prompt.asked_at, prompt.text, reply, prompt.answered, prompt.feedback)
    };
    prompts.into_iter().map(tell).collect()
}

fn assert_counted(conn: &Db) {
    let complaints = checking::counters(conn).expect("counted");
    let of_prompts: Vec<&String> = complaints.iter().filter(|text| text.contains("prompts")).collect();
    assert!(of_prompts.is_empty(), "{of_prompts:?}");
}

fn said() -> impl Strategy<Value = Said> {
    let id = prop_oneof![Just("a"), Just("b"), Just("c"), Just("")];
    let answered = prop_oneof![Just(None), Just(Some(true)), Just(Some(false))];
    (0..3_u8, 0..50_i64, id, answered).prop_map(|(kind, at, id, answered)| match kind {
        0 => prompt(NOW + at, id),
        1 => reply(NOW + at, id, answered),
        _ => feedback(NOW + at, id, answered == Some(true)),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn batches_in_any_order_and_twice_come_to_the_same_prompts(
        (batches, order) in prop::collection::vec(prop::collection::vec(said(), 0..4), 1..7).prop_flat_map(|said| {
            let batches: Vec<Batch> = (0..).zip(said).map(|(seq, said)| batch(seq, said)).collect();
            let twice: Vec<usize> = (0..batches.len()).chain(0..batches.len()).collect();
            (Just(batches), Just(twice).prop_shuffle())
        }),
    ) {
        let (in_order, shuffled) = (schema::in_memory(), schema::in_memory());
        let (shop_1, shop_2) = (shop(&in_order), shop(&shuffled));
        batches.iter().for_each(|batch| append(&in_order, shop_1, batch));
        order.iter().for_each(|place| append(&shuffled, shop_2, &batches[*place]));
        prop_assert_eq!(told(&in_order), told(&shuffled));
        let totals = |conn, shop| Totals { changes: 0, ..super::totals(conn, &Scope::everything(), shop).expect("read") };
        prop_assert_eq!(totals(&in_order, shop_1), totals(&shuffled, shop_2));
        assert_counted(&in_order);
        assert_counted(&shuffled);
    }
}

#[test]
fn prompts_are_there_with_the_batch_that_brings_them() {
    let conn = schema::in_memory();
    let shop = shop(&conn);
    append(&conn, shop, &batch(0, vec![prompt(NOW, "a")]));
    assert_eq!(told(&conn), [format!("{NOW} what is a? None None 0")]);
    append(&conn, shop, &batch(1, vec![reply(NOW + 5, "a", Some(false)), feedback(NOW + 6, "a", false)]));
    assert_eq!(told(&conn), [format!("{NOW} what is a? Some(({}, \"so\")) Some(false) -1", NOW + 5)]);
    let totals = totals(&conn, &Scope::everything(), shop).expect("read");
    assert_eq!((totals.prompts, totals.unanswered, totals.disliked, totals.changes), (1, 1, 1, 2));
    assert_counted(&conn);
}

#[test]
fn a_prompt_that_came_twice_was_asked_when_the_first_came() {
    for (id, order) in [("a", [0, 1]), ("a", [1, 0]), ("", [0, 1]), ("", [1, 0])] {
        let conn = schema::in_memory();
        let shop = shop(&conn);
        let batches = [0, 1].map(|seq| batch(seq, vec![prompt(NOW, id)]));
        order.iter().for_each(|place| append(&conn, shop, &batches[*place]));
        append(&conn, shop, &batch(2, vec![reply(NOW, "", Some(true))]));
        let (first, answered) =
            (format!("{NOW} what is {id}?"), format!("Some(({NOW}, \"so\")) Some(true) 0"));
        let expected = match id {
            "" => vec![format!("{first} None None 0"), format!("{} what is ? {answered}", NOW + 1000)],
            _ => vec![format!("{first} {answered}")],
        };
        let mut told = told(&conn);
        told.sort();
        assert_eq!(told, expected, "{id:?} {order:?}");
    }
}

#[test]
fn a_prompt_stands_on_the_page_that_was_shown() {
    let conn = schema::in_memory();
    let shop = shop(&conn);
    let mut first = batch(0, Vec::new());
    first.facts.last_page = Some((NOW, "https://shop.example/cart".to_owned()));
    append(&conn, shop, &first);
    append(&conn, shop, &batch(1, vec![prompt(NOW + 5, "a"), prompt(NOW - 5, "b")]));
    let pages: Vec<String> = of_session(&conn, &Scope::everything(), session(&conn))
        .expect("read")
        .into_iter()
        .map(|prompt| prompt.page)
        .collect();
    assert_eq!(pages, ["", "https://shop.example/cart"]);
}

#[test]
fn what_the_timeline_says_takes_the_place_of_what_arrived() {
    let conn = schema::in_memory();
    let shop = shop(&conn);
    append(&conn, shop, &batch(0, vec![prompt(NOW, "secret"), prompt(NOW + 1, "b")]));
    append(&conn, shop, &batch(1, vec![reply(NOW + 9, "b", Some(false))]));
    let rows = |conn: &Db| -> Vec<i64> {
        of_session(conn, &Scope::everything(), session(conn))
            .expect("read")
            .into_iter()
            .map(|prompt| prompt.row)
            .collect()
    };
    let before = rows(&conn);
    completing::complete(&conn, i64::MAX, i64::MAX, NOW + 9000).expect("completed");
    let due = finishing::next_due(&conn).expect("read").expect("due");
    let mut masked = prompt(NOW + 2, "secret");
    masked.words =
        Words::Prompt { conversation: String::new(), text: "[hidden]".to_owned(), page: "p".to_owned() };
    let said =
        vec![masked, prompt(NOW + 2, "b"), reply(NOW + 9, "b", Some(true)), prompt(NOW + 60_000, "new")];
    let reading = timelines::Reading { said, ..timelines::Reading::default() };
    let finished = finishing::Finished { reading, ..finishing::Finished::default() };
    assert!(finishing::publish(&conn, &due, &finished, NOW + 9000).expect("published"));
    assert_eq!(
        told(&conn),
        [
            format!("{NOW} [hidden] None None 0"),
            format!("{NOW} what is b? Some(({}, \"so\")) Some(true) 0", NOW + 9),
            // Nobody knows when it arrived: not after the last batch.
            format!("{} what is new? None None 0", NOW + 1000),
        ]
    );
    assert_eq!(rows(&conn)[..2], before, "a page that is open does not see them move");
    let left: i64 = conn
        .query_row("SELECT count(*) FROM said WHERE said LIKE '%what is secret%'", [], |row| row.get(0))
        .expect("counted");
    assert_eq!(left, 0);
    assert_counted(&conn);
}

#[test]
fn erased_sessions_leave_no_prompts() {
    let conn = schema::in_memory();
    let shop = shop(&conn);
    append(
        &conn,
        shop,
        &batch(0, vec![prompt(NOW, "a"), reply(NOW, "a", Some(false)), feedback(NOW, "a", false)]),
    );
    erasing::erase_session(&conn, session(&conn), NOW).expect("erased");
    let left: i64 = conn
        .query_row("SELECT (SELECT count(*) FROM said) + (SELECT count(*) FROM prompt)", [], |row| row.get(0))
        .expect("counted");
    assert_eq!(left, 0);
    let totals = totals(&conn, &Scope::everything(), shop).expect("read");
    assert_eq!((totals.prompts, totals.unanswered, totals.disliked), (0, 0, 0));
    assert_counted(&conn);
}

#[test]
fn a_session_holds_so_much_and_no_more() {
    let conn = schema::in_memory();
    let shop = shop(&conn);
    for seq in 0..12 {
        let many = (0..100).map(|number| prompt(NOW, &format!("{seq}-{number}"))).collect();
        append(&conn, shop, &batch(seq, many));
    }
    assert_eq!(i64::try_from(told(&conn).len()).expect("a count"), MOST_SAID);
    assert_counted(&conn);
}

#[test]
fn a_wrong_counter_is_told() {
    let conn = schema::in_memory();
    let shop = shop(&conn);
    append(&conn, shop, &batch(0, vec![prompt(NOW, "a")]));
    conn.execute("UPDATE activity SET prompts = 7", []).expect("written");
    conn.execute("UPDATE connection SET unanswered = 3", []).expect("written");
    let complaints = checking::counters(&conn).expect("counted").join("; ");
    for part in ["counts 7 prompts, and 1 are there", "counts 3 unanswered prompts, and 0 are there"] {
        assert!(complaints.contains(part), "{complaints}");
    }
    let scope = Scope::everything();
    assert_eq!(connections::totals(&conn, &scope, shop).expect("read").total, 1);
}
