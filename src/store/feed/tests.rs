//! The feed of a database in memory.

use super::super::{batches, connections, schema};
use super::*;
use crate::model::{Batch, BatchFacts, Said, Words};

const NOW: TimestampMs = 1_767_225_600_000;

/// Five sessions, a second apart; those with even numbers ask something as they begin,
/// which is not answered in session 2 and found bad in session 4.
fn five_sessions() -> (Db, ConnectionId) {
    let conn = schema::in_memory();
    let shop = connections::add(&conn, "shop", "key", 0).expect("added").expect("new").id;
    for number in 0..5_i64 {
        let at = NOW + number * 1000;
        let said = |words| Said { at, words, id: "p".to_owned() };
        let page = String::new();
        let prompt = said(Words::Prompt { conversation: String::new(), text: format!("q{number}"), page });
        let answered = Some(number != 2);
        let reply =
            said(Words::Reply { to: "p".to_owned(), text: "r".to_owned(), answered, sources: Vec::new() });
        let said = if number % 2 == 0 {
            vec![prompt, reply, said(Words::Feedback { good: number != 4 })]
        } else {
            Vec::new()
        };
        let batch = Batch {
            session: format!("session-00000000{number}").parse().expect("an id"),
            facts: BatchFacts { events: 1, first_at: at, last_at: at, said, ..BatchFacts::default() },
            received_at: at,
            ..batches::tests::batch("stream-0000000000", 0, at)
        };
        batches::append(&conn, shop, &batch, &batches::tests::since(0)).expect("appended");
    }
    (conn, shop)
}

fn list(conn: &Db, shop: ConnectionId, filter: &Filter, step: Step, limit: usize) -> Listing {
    super::list(conn, &Scope::everything(), shop, filter, step, limit).expect("listed")
}

/// Sessions by their numbers, prompts by their text.
fn told(listing: &Listing) -> String {
    let tell = |entry: &Entry| match entry {
        Entry::Session(session, prompts) => {
            format!("{}+{}", &session.id.as_str()[16..], prompts.len())
        }
        Entry::Prompt(prompt, _) => prompt.text.clone(),
    };
    listing.entries.iter().map(tell).collect::<Vec<_>>().join(" ")
}

fn of(kind: Kind) -> Filter {
    Filter { kind, ..Filter::default() }
}

#[test]
fn sessions_and_prompts_are_one_list() {
    let (conn, shop) = five_sessions();
    for (kind, expected) in [
        (Kind::All, "q4 4+1 3+0 q2 2+1 1+0 q0 0+1"),
        (Kind::Prompts, "q4 q2 q0"),
        (Kind::Sessions, "4+1 3+0 2+1 1+0 0+1"),
        (Kind::Unanswered, "q2"),
        (Kind::Disliked, "q4"),
    ] {
        assert_eq!(told(&list(&conn, shop, &of(kind), Step::First, 50)), expected, "{kind:?}");
    }
    let range = Filter { from: Some(NOW + 1000), to: Some(NOW + 3000), ..Filter::default() };
    assert_eq!(told(&list(&conn, shop, &range, Step::First, 50)), "q2 2+1 1+0");
    let other = connections::add(&conn, "blog", "key 2", 0).expect("added").expect("new").id;
    assert_eq!(told(&list(&conn, other, &of(Kind::All), Step::First, 50)), "");
}

#[test]
fn pages_run_both_ways_without_skipping_or_repeating() {
    let (conn, shop) = five_sessions();
    for kind in [Kind::All, Kind::Prompts, Kind::Sessions] {
        let all = told(&list(&conn, shop, &of(kind), Step::First, 50));
        for limit in 1..8 {
            let mut page = list(&conn, shop, &of(kind), Step::First, limit);
            let mut down = vec![told(&page)];
            while page.older {
                let last = page.entries.last().expect("not empty").place();
                page = list(&conn, shop, &of(kind), Step::OlderThan(last), limit);
                down.push(told(&page));
            }
            assert_eq!(down.join(" "), all, "{kind:?} by {limit}");
            let mut up = vec![told(&page)];
            while page.newer {
                let first = page.entries.first().expect("not empty").place();
                page = list(&conn, shop, &of(kind), Step::NewerThan(first), limit);
                up.push(told(&page));
                if page.entries.is_empty() {
                    break;
                }
            }
            up.reverse();
            assert_eq!(up.join(" ").trim(), all, "{kind:?} by {limit}, upwards");
        }
    }
}

#[test]
fn the_feed_is_read_by_key_without_sorting() {
    let (conn, _) = five_sessions();
    let plan = |query: &str| -> String {
        let mut plan = conn.prepare(&format!("EXPLAIN QUERY PLAN {query}")).expect("a statement");
        let steps = plan.raw_query().mapped(|row| row.get::<_, String>("detail"));
        steps.collect::<rusqlite::Result<Vec<_>>>().expect("a plan").join("; ")
    };
    for kind in [Kind::Prompts, Kind::Unanswered, Kind::Disliked] {
        for backwards in [false, true] {
            let plan = plan(list_query(kind, backwards));
            assert!(!plan.contains("TEMP B-TREE"), "{kind:?} sorts: {plan}");
            let expected = match kind {
                Kind::Unanswered => "SEARCH prompt USING INDEX prompt_unanswered",
                Kind::Disliked => "SEARCH prompt USING INDEX prompt_disliked",
                _ => "SEARCH prompt USING INTEGER PRIMARY KEY",
            };
            assert!(plan.contains(expected), "{kind:?}: {plan}");
            assert!(!plan.replace("SCAN prompt;", "").contains("SCAN"), "{kind:?} scans: {plan}");
        }
    }
}
