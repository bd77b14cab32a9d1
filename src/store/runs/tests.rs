//! Runs and what they leave, in a database in memory.

use super::super::batches::tests::{batch, since};
use super::super::finishing::{self, Finished, NewSegment, Rewritten};
use super::super::ledger::Entry;
use super::super::timelines::{self, Block, Reading};
use super::super::{Scope, schema, sessions};
use super::super::{batches, checking, choices, completing, connections, erasing, findings, reports, reruns};
use super::*;
use crate::model::{FoundCounts, Item, Severity, Value};

const NOW: TimestampMs = 2_000_000;

/// A finished session of a shop, with a timeline.
fn finished_session() -> (Db, ConnectionId, i64) {
    let conn = schema::in_memory();
    let shop = connections::add(&conn, "shop", "key", 0).expect("added").expect("new").id;
    batches::append(&conn, shop, &batch("stream-a-00000000", 0, 100), &since(0)).expect("appended");
    completing::complete(&conn, NOW, NOW, NOW).expect("completed");
    let due = finishing::next_due(&conn).expect("read").expect("one is due");
    let old = finishing::sources(&conn, due.session).expect("read")[0].stream;
    let new = finishing::add_loose_stream(&conn, old).expect("added");
    finishing::add_segment(&conn, shop, new, &segment()).expect("added");
    let streams = vec![Rewritten { old, new, ledger: vec![Entry::new(0, 2, &[0; 32])] }];
    let finished = Finished { streams, reading: reading("Shop checkout"), masked: None, remasked: vec![] };
    assert!(finishing::publish(&conn, &due, &finished, NOW).expect("published"));
    (conn, shop, due.session)
}

fn segment() -> NewSegment {
    NewSegment {
        number: 0,
        first_seq: 0,
        first_index: 0,
        last_seq: 0,
        first_at: 100,
        last_at: 110,
        events: 2,
        interactions: 0,
        snapshot: true,
        json_bytes: 9,
        active: Vec::new(),
        body: vec![1; 9],
        styles: Vec::new(),
    }
}

fn reading(text: &str) -> Reading {
    let block = |first_ms, last_ms| Block { first_ms, last_ms, events: 2, body: vec![7; 30] };
    Reading {
        blocks: vec![block(0, 50), block(50, 90)],
        pages: 3,
        clicks: 4,
        prompts: 0,
        errors: 1,
        text: text.to_owned(),
        ..Reading::default()
    }
}

fn finding(kind: &str, at: u32) -> Finding {
    Finding {
        kind: kind.to_owned(),
        severity: Severity::Medium,
        title: format!("a {kind}"),
        detail: String::new(),
        at,
        until: None,
        selector: Some("#pay".to_owned()),
        fields: Fields::from([("clicks".to_owned(), Value::Number(4.0))]),
    }
}

fn outcome(findings: Vec<Finding>) -> Outcome {
    let score = Some(Score { points: 40, why: "rage clicks".to_owned() });
    let facts = vec![Fact { kind: "question".to_owned(), at: 5, fields: Fields::new() }];
    Outcome { findings, facts, score, ..Outcome::default() }
}

fn found(conn: &Db, shop: ConnectionId) -> FoundCounts {
    let listed = sessions::list(
        conn,
        &Scope::everything(),
        shop,
        &sessions::Filter::default(),
        sessions::Page::First,
        9,
    );
    listed.expect("listed").sessions[0].found.clone()
}

#[test]
fn a_finished_session_is_due_until_it_is_settled() {
    let (conn, shop, session) = finished_session();
    let due = next_due(&conn).expect("read").expect("one is due");
    assert_eq!((due.session, due.connection, due.is_read), (session, shop, true));
    settle(&conn, &Due { since: NOW - 1, ..due.clone() }).expect("settled");
    assert_eq!(next_due(&conn).expect("read"), Some(due.clone()), "it became due again meanwhile");
    settle(&conn, &due).expect("settled");
    assert_eq!(next_due(&conn).expect("read"), None);
    assert_eq!(checking::counters(&conn).expect("counted"), Vec::<String>::new());
}

#[test]
fn a_run_is_made_once_and_tried_three_times() {
    let (conn, shop, session) = finished_session();
    let begin = |digest| begin(&conn, session, "friction", &digest, NOW).expect("begun");
    for attempt in 1..=3 {
        assert_eq!(begin([1; 16]), Turn::Run(attempt));
    }
    assert_eq!(begin([1; 16]), Turn::Exhausted);
    let failed = latest(&conn, "friction", shop, 9).expect("listed");
    assert_eq!(failed[0].failure.as_deref(), Some("The server ended during the run."));

    assert_eq!(begin([2; 16]), Turn::Run(1), "other bytes or settings are another run");
    let both = outcome(vec![finding("rage-click", 30), finding("dead-click", 20)]);
    assert!(finish(&conn, session, "friction", &[2; 16], &both).expect("stored"));
    assert_eq!(begin([2; 16]), Turn::Known);
    let known: Vec<_> = findings::findings(&conn, session).expect("read");
    assert_eq!(known.iter().map(|found| found.finding.at).collect::<Vec<_>>(), [20, 30]);
    assert_eq!(known[1].finding, both.findings[0]);
    let counts = found(&conn, shop);
    assert_eq!((counts.findings, counts.severity), (2, Some(Severity::Medium)));
    assert_eq!(counts.score, both.score);

    assert!(!finish(&conn, session, "friction", &[9; 16], &both).expect("stored"), "nobody began it");
    assert_eq!(begin([3; 16]), Turn::Run(1));
    let failure = Outcome { failure: Some("It stopped.".to_owned()), ..Outcome::default() };
    finish(&conn, session, "friction", &[3; 16], &failure).expect("stored");
    assert_eq!(found(&conn, shop), FoundCounts::default(), "old findings are not shown for new ones");
}

#[test]
fn reporters_get_what_they_ask_for_session_by_session() {
    let (conn, shop, session) = finished_session();
    begin(&conn, session, "friction", &[1; 16], NOW).expect("begun");
    finish(&conn, session, "friction", &[1; 16], &outcome(vec![finding("rage-click", 30)])).expect("stored");
    let rows = |from, to, wanted: &str| {
        let wanted = |_: &str, kind: &str| kind == wanted;
        findings::report_rows(&conn, shop, (from, to), 0, 10, wanted).expect("read").rows
    };
    assert!(matches!(&rows(0, NOW, "question")[..], [row] if matches!(row.item, Item::Fact(_))));
    assert_eq!(rows(0, NOW, "rage-click")[0].session.as_str(), "session-000000001");
    assert!(rows(0, 1_000_000, "question").is_empty(), "the end is not part of the time");
    assert_eq!(sessions_between(&conn, shop, 0, NOW).expect("counted"), 1);
}

#[test]
fn nothing_is_left_of_an_erased_session() {
    let (conn, shop, session) = finished_session();
    begin(&conn, session, "friction", &[1; 16], NOW).expect("begun");
    finish(&conn, session, "friction", &[1; 16], &outcome(vec![finding("rage-click", 30)])).expect("stored");
    let report = reports::NewReport {
        connection: shop,
        plugin: "friction".to_owned(),
        from: 0,
        to: NOW,
        sessions: 1,
        cpu_us: 5,
        title: "Friction".to_owned(),
        summary: String::new(),
        sections: "[]".to_owned(),
    };
    reports::add(&conn, &report, NOW).expect("stored");
    let other = reports::add(&conn, &reports::NewReport { from: NOW, to: NOW + 1, ..report }, NOW);
    erasing::erase_session(&conn, session, NOW).expect("erased");
    for table in ["timeline_block", "session_text", "plugin_run", "finding", "fact"] {
        let rows: i64 =
            conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).expect("counted");
        assert_eq!(rows, 0, "{table}");
    }
    let kept = reports::list(&conn, &Scope::everything(), shop).expect("listed");
    assert_eq!(kept.iter().map(|report| report.id).collect::<Vec<_>>(), [other.expect("stored")]);
    assert_eq!(checking::counters(&conn).expect("counted"), Vec::<String>::new());
}

#[test]
fn a_timeline_is_replaced_as_a_whole() {
    let (conn, _, session) = finished_session();
    assert_eq!(timelines::blocks_from(&conn, session, 60).expect("read"), [1]);
    let words = |word: &str| -> i64 {
        conn.query_row("SELECT count(*) FROM session_words WHERE session_words MATCH ?1", [word], |row| {
            row.get(0)
        })
        .expect("sought")
    };
    assert_eq!((words("checkout"), words("basket")), (1, 0));
    let shorter = Reading { blocks: Vec::new(), ..reading("Basket") };
    assert!(!finishing::put_reading(&conn, session, 7, &shorter, NOW).expect("stored"), "another revision");
    assert!(finishing::put_reading(&conn, session, 1, &shorter, NOW).expect("stored"));
    assert_eq!((words("checkout"), words("basket")), (0, 1));
    assert!(timelines::bodies(&conn, session).expect("read").is_empty());
    assert_eq!(checking::counters(&conn).expect("counted"), Vec::<String>::new());
}

#[test]
fn a_rerun_goes_from_the_newest_to_the_oldest_and_can_be_paused() {
    let (conn, shop, session) = finished_session();
    let id = reruns::start(&conn, "friction", shop, reruns::Work::Analyze, (0, NOW), NOW).expect("started");
    let rerun = reruns::running(&conn).expect("read").expect("one runs");
    assert_eq!((rerun.id, rerun.sessions, rerun.done), (id, 1, 0));
    assert_eq!(reruns::next_session(&conn, &rerun).expect("read"), Some(session));
    assert!(reruns::set_state(&conn, id, reruns::State::Paused, NOW).expect("set"));
    assert_eq!(reruns::running(&conn).expect("read"), None);
    reruns::set_state(&conn, id, reruns::State::Running, NOW).expect("set");
    reruns::advance(&conn, id, session, true, None).expect("advanced");
    let rerun = reruns::running(&conn).expect("read").expect("one runs");
    assert_eq!((rerun.done, rerun.failed), (1, 1));
    assert_eq!(reruns::next_session(&conn, &rerun).expect("read"), None);
    reruns::set_state(&conn, id, reruns::State::Done, NOW).expect("set");
    assert!(!reruns::set_state(&conn, id, reruns::State::Running, NOW).expect("set"), "it is over");
}

#[test]
fn a_plugin_that_keeps_failing_is_paused_until_it_changes() {
    let (conn, ..) = finished_session();
    let fails = |digest| choices::note_failure(&conn, "slow", &digest, "it stopped").expect("noted");
    assert_eq!([fails([1; 16]), fails([1; 16]), fails([1; 16])], [false, false, true]);
    let paused = |digest| choices::paused(&conn, "slow", &digest).expect("read");
    assert_eq!(paused([1; 16]).as_deref(), Some("it stopped"));
    assert_eq!(paused([2; 16]), None, "another version is another matter");
    assert!(!fails([2; 16]));
    assert!(choices::has_failed(&conn, "slow").expect("read"));
    choices::note_success(&conn, "slow").expect("noted");
    assert!(!choices::has_failed(&conn, "slow").expect("read"));
}

#[test]
fn choices_are_kept_by_connection() {
    let (conn, shop, _) = finished_session();
    choices::enable(&conn, "mask-pii", shop, true).expect("set");
    choices::set(&conn, "mask-pii", shop, Some("{\"phones\":false}")).expect("set");
    let choice = choices::find(&conn, "mask-pii", shop).expect("read");
    assert_eq!((choice.enabled, choice.settings.as_deref()), (Some(true), Some("{\"phones\":false}")));
    choices::set(&conn, "mask-pii", shop, None).expect("set");
    assert_eq!(choices::find(&conn, "mask-pii", shop).expect("read").settings, None);
    assert_eq!(choices::of_connection(&conn, shop).expect("read").len(), 1);
    assert_eq!(choices::find(&conn, "friction", shop).expect("read"), choices::Choice::default());
}
