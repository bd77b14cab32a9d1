//! Lists against a naive list, and how they are read.

use proptest::prelude::*;
use rusqlite::named_params;

use super::*;
use crate::model::{Batch, BatchFacts};
use crate::store::{batches, completing, connections, schema, tags, watched, words};

/// Sessions 0 to 4, two of which start in the same millisecond; 0 and 1 are completed.
fn five_sessions() -> (Db, ConnectionId) {
    let conn = schema::in_memory();
    let shop = connections::add(&conn, "shop", "key", 0).expect("added").expect("new").id;
    for (number, received_at) in [10, 20, 20, 30, 40].into_iter().enumerate() {
        let url = format!("https://shop.example/page-{number}?q=5%");
        let batch = Batch {
            session: format!("session-00000000{number}").parse().expect("an id"),
            stream: "stream-0000000000".parse().expect("an id"),
            seq: 0,
            body: Vec::new(),
            hash: [0; 32],
            facts: BatchFacts {
                events: 1,
                page: Some((received_at, url)),
                identity: (number % 2 == 0)
                    .then(|| crate::model::Identity { id: "ada".to_owned(), ..Default::default() }),
                ..BatchFacts::default()
            },
            end: number == 1,
            user_agent: String::new(),
            sent_at: None,
            received_at,
        };
        batches::append(&conn, shop, &batch, &batches::tests::since(0)).expect("appended");
    }
    completing::complete(&conn, 15, 25, 50).expect("completed");
    (conn, shop)
}

fn numbers(listing: &Listing) -> String {
    listing.sessions.iter().filter_map(|session| session.id.as_str().chars().last()).collect()
}

fn list(conn: &Db, shop: ConnectionId, filter: &Filter, page: Page) -> Listing {
    super::list(conn, &Scope::everything(), shop, filter, page, 2).expect("listed")
}

#[test]
fn pages_run_both_ways_without_skipping_or_repeating() {
    let (conn, shop) = five_sessions();
    let all = Filter::default();
    let first = list(&conn, shop, &all, Page::First);
    assert_eq!((numbers(&first).as_str(), first.newer.is_some(), first.older.is_some()), ("43", false, true));
    let second = list(&conn, shop, &all, Page::OlderThan(Place::at(first.sessions[1].row)));
    assert_eq!(
        (numbers(&second).as_str(), second.newer.is_some(), second.older.is_some()),
        ("21", true, true)
    );
    let third = list(&conn, shop, &all, Page::OlderThan(Place::at(second.sessions[1].row)));
    assert_eq!((numbers(&third).as_str(), third.newer.is_some(), third.older.is_some()), ("0", true, false));
    let back = list(&conn, shop, &all, Page::NewerThan(Place::at(third.sessions[0].row)));
    assert_eq!((numbers(&back).as_str(), back.newer.is_some(), back.older.is_some()), ("21", true, true));
    let top = list(&conn, shop, &all, Page::NewerThan(Place::at(second.sessions[0].row)));
    assert_eq!((numbers(&top).as_str(), top.newer.is_some(), top.older.is_some()), ("43", false, true));
}

#[test]
fn filters_let_through_what_they_name() {
    let (conn, shop) = five_sessions();
    let other = connections::add(&conn, "blog", "key 2", 0).expect("added").expect("new").id;
    let by = |filter: Filter| {
        assert_eq!(numbers(&list(&conn, other, &filter, Page::First)), "", "{filter:?}");
        let listing = super::list(&conn, &Scope::everything(), shop, &filter, Page::First, 9);
        numbers(&listing.expect("listed"))
    };
    let all = Filter::default;
    assert_eq!(by(Filter { status: Some(Status::Completed), ..all() }), "10");
    assert_eq!(by(Filter { status: Some(Status::Active), ..all() }), "432");
    assert_eq!(by(Filter { from: Some(20), to: Some(40), ..all() }), "321");
    assert_eq!(by(Filter { visitor: Some("ada".to_owned()), ..all() }), "420");
    assert_eq!(by(Filter { url: Some("PAGE-3".to_owned()), ..all() }), "3");
    assert_eq!(by(Filter { url: Some("q=5%".to_owned()), from: Some(30), ..all() }), "43");
    assert_eq!(by(Filter { url: Some("q=5_".to_owned()), ..all() }), "");
    assert_eq!(
        by(Filter {
            url: Some("shop.example/page".to_owned()),
            status: Some(Status::Active),
            visitor: Some("ada".to_owned()),
            ..all()
        }),
        "42"
    );
    let found = Filter { url: Some("example".to_owned()), ..all() };
    let first = list(&conn, shop, &found, Page::First);
    assert_eq!((numbers(&first).as_str(), first.older.is_some()), ("43", true));
    let second = list(&conn, shop, &found, Page::OlderThan(Place::at(first.sessions[1].row)));
    assert_eq!(numbers(&second), "21");
    assert_eq!(numbers(&list(&conn, shop, &found, Page::NewerThan(Place::at(second.sessions[0].row)))), "43");
}

#[test]
fn the_search_follows_the_landing_url() {
    let (conn, shop) = five_sessions();
    let by = |text: &str| {
        let filter = Filter { url: Some(text.to_owned()), ..Filter::default() };
        numbers(&list(&conn, shop, &filter, Page::First))
    };
    let earlier = Batch {
        session: "session-000000003".parse().expect("an id"),
        stream: "stream-1111111111".parse().expect("an id"),
        seq: 0,
        body: Vec::new(),
        hash: [1; 32],
        facts: BatchFacts {
            page: Some((5, "https://shop.example/welcome".to_owned())),
            ..BatchFacts::default()
        },
        end: false,
        user_agent: String::new(),
        sent_at: None,
        received_at: 60,
    };
    batches::append(&conn, shop, &earlier, &batches::tests::since(0)).expect("appended");
    assert_eq!((by("page-3").as_str(), by("welcome").as_str()), ("", "3"));
}

/// What a session of the property test is like. Each number is a choice of a few.
#[derive(Clone, Debug)]
struct Made {
    started_at: i64,
    completed: bool,
    finished: bool,
    duration_ms: i64,
    events: i64,
    word: usize,
    visitor: usize,
    browser: usize,
    prompts: i64,
    unanswered: i64,
    errors: i64,
    severity: Option<i64>,
    score: Option<i64>,
    pinned: bool,
    tagged: bool,
    watched: bool,
}

const WORDS: [&str; 3] = ["cart", "checkout", "welcome"];
const NAMES: [&str; 2] = ["ada", "grace"];
const BROWSERS: [&str; 2] = ["Firefox", "Chrome"];
const VIEWER: &str = "viewer";

prop_compose! {
    fn made()(
        (started_at, completed, finished) in (0..40_i64, any::<bool>(), any::<bool>()),
        (duration_ms, events) in (0..4_i64, 1..4_i64),
        (word, visitor, browser) in (0..3_usize, 0..2_usize, 0..2_usize),
        (prompts, unanswered, errors) in (0..3_i64, 0..2_i64, 0..3_i64),
        (severity, score) in (proptest::option::of(0..4_i64), proptest::option::of(0..4_i64)),
        (pinned, tagged, watched) in any::<(bool, bool, bool)>(),
    ) -> Made {
        Made {
            started_at, completed, finished: finished && completed, duration_ms, events, word, visitor, browser,
            prompts, unanswered, errors, severity, score, pinned, tagged, watched,
        }
    }
}

prop_compose! {
    fn asked()(
        status in proptest::option::of(prop_oneof![Just(Status::Active), Just(Status::Completed)]),
        (from, to) in (proptest::option::of(0..40_i64), proptest::option::of(0..40_i64)),
        (word, url) in (proptest::option::weighted(0.2, 0..3_usize), proptest::option::weighted(0.2, 0..3_usize)),
        (visitor, browser) in (proptest::option::weighted(0.2, 0..2_usize), proptest::option::weighted(0.3, 0..2_usize)),
        (min_duration_ms, max_events) in (proptest::option::weighted(0.2, 0..4_i64), proptest::option::weighted(0.2, 1..4_i64)),
        prompts in proptest::option::weighted(0.2, prop_oneof![Just(Prompts::Any), Just(Prompts::Unanswered)]),
        severity in proptest::option::weighted(0.3, 0..4_i64),
        (errors, tag, pinned, finished) in any::<(bool, bool, bool, bool)>(),
        (min_score, watched) in (proptest::option::weighted(0.2, 0..4_i64), proptest::option::weighted(0.3, any::<bool>())),
        rare in 0..4_u8,
        order in prop_oneof![
            Just(Order::Newest), Just(Order::Longest), Just(Order::MostEvents), Just(Order::MostErrors),
            Just(Order::HighestScore)
        ],
    ) -> Filter {
        let rarely = rare == 0;
        Filter {
            status, from, to,
            words: word.and_then(|word| words::query(WORDS[word], "")),
            url: url.map(|word| WORDS[word].to_owned()),
            visitor: visitor.map(|name| NAMES[name].to_owned()),
            browser: browser.map(|name| BROWSERS[name].to_owned()),
            min_duration_ms, max_events, prompts,
            severity: severity.map(Severity::of_number),
            errors: errors && rarely,
            tag: (tag && rarely).then(|| "bug".to_owned()),
            pinned: pinned && rarely,
            finished: finished && rarely,
            min_score,
            watched: watched.map(|watched| (VIEWER.to_owned(), watched)),
            order,
            ..Filter::default()
        }
    }
}

/// Stores sessions as they were made, all of them in one connection; answers their rows.
fn store(conn: &Db, made: &[Made]) -> (ConnectionId, Vec<i64>) {
    let shop = connections::add(conn, "shop", "key", 0).expect("added").expect("new").id;
    let mut rows = Vec::new();
    for (number, made) in made.iter().enumerate() {
        let id: crate::model::SessionId = format!("session-{number:09}").parse().expect("an id");
        let batch = Batch {
            session: id.clone(),
            stream: "stream-0000000000".parse().expect("an id"),
            seq: 0,
            body: Vec::new(),
            hash: [0; 32],
            facts: BatchFacts {
                events: made.events,
                first_at: 0,
                last_at: made.duration_ms,
                page: Some((0, format!("https://shop.example/{}", WORDS[made.word]))),
                identity: Some(crate::model::Identity {
                    id: NAMES[made.visitor].to_owned(),
                    ..Default::default()
                }),
                ..BatchFacts::default()
            },
            end: false,
            user_agent: format!("{}/1", BROWSERS[made.browser]),
            sent_at: None,
            received_at: made.started_at,
        };
        batches::append(conn, shop, &batch, &batches::tests::since(0)).expect("appended");
        let row: i64 = conn
            .query_row("SELECT id FROM session WHERE public_id = ?1", [id.as_str()], |row| row.get(0))
            .expect("stored");
        conn.execute(
            "UPDATE session SET completed_at = :completed, finished_at = :finished, prompts = :prompts,
                    unanswered = :unanswered, errors = :errors, severity = :severity, score = :score,
                    score_why = '', findings = :findings, pinned = :pinned, pages = 1, clicks = 0
             WHERE id = :row",
            named_params! {
                ":row": row, ":completed": made.completed.then_some(50), ":finished": made.finished.then_some(60),
                ":prompts": made.prompts, ":unanswered": made.unanswered, ":errors": made.errors,
                ":severity": made.severity, ":score": made.score, ":pinned": made.pinned,
                ":findings": i64::from(made.severity.is_some()),
            },
        )
        .expect("updated");
        if made.tagged {
            tags::set(conn, shop, &[id], "bug", true).expect("tagged");
        }
        if made.watched {
            watched::note(conn, VIEWER, row, 70).expect("noted");
        }
        rows.push(row);
    }
    (shop, rows)
}

/// Whether a filter lets a session through, told without any index.
fn lets_through(filter: &Filter, made: &Made) -> bool {
    let is = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
    let url = format!("https://shop.example/{}", WORDS[made.word]);
    filter.status.is_none_or(|status| (status == Status::Completed) == made.completed)
        && filter.from.is_none_or(|from| made.started_at >= from)
        && filter.to.is_none_or(|to| made.started_at < to)
        && filter.words.as_ref().is_none_or(|words| words.contains(WORDS[made.word]))
        && filter.url.as_ref().is_none_or(|text| url.contains(text))
        && is(&filter.visitor, NAMES[made.visitor])
        && is(&filter.browser, BROWSERS[made.browser])
        && filter.min_duration_ms.is_none_or(|least| made.duration_ms >= least)
        && filter.max_events.is_none_or(|most| made.events <= most)
        && match filter.prompts {
            None => true,
            Some(Prompts::Any) => made.prompts > 0,
            Some(Prompts::Unanswered) => made.unanswered > 0,
        }
        && filter.severity.is_none_or(|least| made.severity.is_some_and(|is| is >= least.number()))
        && (!filter.errors || made.errors > 0)
        && (filter.tag.is_none() || made.tagged)
        && (!filter.pinned || made.pinned)
        && (!filter.finished || made.finished)
        && filter.min_score.is_none_or(|least| made.score.is_some_and(|score| score >= least))
        && filter.watched.as_ref().is_none_or(|(_, watched)| *watched == made.watched)
        && match filter.order {
            Order::Newest => true,
            Order::Longest | Order::MostEvents => made.completed,
            Order::MostErrors => made.errors > 0,
            Order::HighestScore => made.score.is_some(),
        }
}

/// What a list is ordered by.
fn value_of(order: Order, made: &Made) -> i64 {
    match order {
        Order::Newest => 0,
        Order::Longest => made.duration_ms,
        Order::MostEvents => made.events,
        Order::MostErrors => made.errors,
        Order::HighestScore => made.score.unwrap_or_default(),
    }
}

/// All pages from one on, joined in the order of the list.
fn pages(conn: &Db, shop: ConnectionId, filter: &Filter, look: i64, from: Page) -> (Vec<i64>, Option<Place>) {
    let mut joined = Vec::new();
    let mut page = from;
    let backwards = matches!(from, Page::NewerThan(_));
    let mut last = None;
    for _ in 0..500 {
        let asked = Asked { conn, connection: shop, filter, page, look };
        let listing = asked.list(2).expect("listed");
        let rows: Vec<i64> = listing.sessions.iter().map(|session| session.row).collect();
        if backwards {
            joined.splice(0..0, rows);
        } else {
            joined.extend(rows);
        }
        let (way, on) = if backwards {
            (listing.newer, Page::NewerThan as fn(Place) -> Page)
        } else {
            (listing.older, Page::OlderThan as fn(Place) -> Page)
        };
        last = listing.stopped.or(way).or(last);
        match listing.stopped.or(way) {
            Some(place) => page = on(place),
            None => return (joined, last),
        }
    }
    panic!("the list has no end: {filter:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn pages_joined_are_what_the_filter_lets_through(
        made in proptest::collection::vec(made(), 0..25),
        filter in asked(),
        look in prop_oneof![Just(1_i64), Just(3), Just(1000)],
    ) {
        let conn = schema::in_memory();
        let (shop, rows) = store(&conn, &made);
        let mut expected: Vec<(i64, i64)> = made.iter().zip(&rows)
            .filter(|(made, _)| lets_through(&filter, made))
            .map(|(made, row)| (value_of(filter.order, made), *row))
            .collect();
        expected.sort_unstable();
        expected.reverse();
        let expected: Vec<i64> = expected.into_iter().map(|(_, row)| row).collect();
        let (down, _) = pages(&conn, shop, &filter, look, Page::First);
        prop_assert_eq!(&down, &expected, "downwards");
        let bottom = Place { value: -1, row: 0 };
        let (up, _) = pages(&conn, shop, &filter, look, Page::NewerThan(bottom));
        prop_assert_eq!(&up, &expected, "upwards");
        let everything = Scope::everything();
        let (count, more) = super::count(&conn, &everything, shop, &filter, 1000).expect("counted");
        prop_assert_eq!((count, more), (expected.len() as i64, false));
    }
}

fn plan(conn: &Db, text: &str) -> String {
    let mut plan = conn.prepare(&format!("EXPLAIN QUERY PLAN {text}")).expect(text);
    let steps = plan.raw_query().mapped(|row| row.get::<_, String>("detail"));
    steps.collect::<rusqlite::Result<Vec<_>>>().expect("a plan").join("; ")
}

#[test]
fn every_list_is_read_in_order_from_one_index() {
    let conn = schema::in_memory();
    let text = || Some("abc".to_owned());
    let all = Filter::default;
    let filters = [
        (all(), "SEARCH session USING INTEGER PRIMARY KEY"),
        (Filter { status: Some(Status::Active), ..all() }, "USING INDEX session_active"),
        (Filter { status: Some(Status::Completed), ..all() }, "USING INDEX session_completed"),
        (Filter { words: words::query("abc", "d"), ..all() }, "SCAN session_words VIRTUAL TABLE"),
        (Filter { url: text(), ..all() }, "SCAN session_search VIRTUAL TABLE"),
        (Filter { visitor: text(), ..all() }, "USING INDEX session_visitor"),
        (Filter { browser: text(), ..all() }, "USING INDEX session_browser"),
        (Filter { os: text(), ..all() }, "USING INDEX session_os"),
        (Filter { device: text(), ..all() }, "USING INDEX session_device"),
        (Filter { country: text(), ..all() }, "USING INDEX session_country"),
        (Filter { prompts: Some(Prompts::Any), ..all() }, "USING INDEX session_with_prompts"),
        (Filter { prompts: Some(Prompts::Unanswered), ..all() }, "USING INDEX session_unanswered"),
        (Filter { errors: true, ..all() }, "USING INDEX session_with_errors"),
        (Filter { severity: Some(Severity::Info), ..all() }, "USING INDEX session_found"),
        (Filter { severity: Some(Severity::Medium), ..all() }, "USING INDEX session_found_medium"),
        (Filter { severity: Some(Severity::High), ..all() }, "USING INDEX session_found_high"),
        (Filter { kind: text(), ..all() }, "USING COVERING INDEX finding_kind"),
        (Filter { tag: text(), ..all() }, "SEARCH session_tag USING PRIMARY KEY"),
        (Filter { pinned: true, ..all() }, "USING INDEX session_pinned"),
        (Filter { watched: Some(("v".to_owned(), true)), ..all() }, "SEARCH watched USING PRIMARY KEY"),
        (
            Filter { watched: Some(("v".to_owned(), false)), ..all() },
            "SEARCH session USING INTEGER PRIMARY KEY",
        ),
        (Filter { min_events: Some(1), ..all() }, "SEARCH session USING INTEGER PRIMARY KEY"),
    ];
    for (filter, expected) in filters {
        for page in [Page::First, Page::OlderThan(Place::at(9)), Page::NewerThan(Place::at(1))] {
            let asked = Asked { conn: &conn, connection: ConnectionId(1), filter: &filter, page, look: 9 };
            let sources = source::fitting(&filter);
            assert_eq!(sources.len(), 1, "{filter:?}");
            let mut conditions = Conditions::of_source(sources[0], &asked);
            let probe = plan(&conn, &conditions.probe(sources[0], &asked));
            conditions.narrow(sources[0], &asked, Some(Place::at(5)));
            for plan in [probe, plan(&conn, &conditions.list(sources[0], &asked))] {
                let index = expected.replace("INDEX", "COVERING INDEX");
                assert!(plan.contains(expected) || plan.contains(&index), "{filter:?} {page:?}: {plan}");
                assert!(!plan.contains("TEMP B-TREE"), "{filter:?} sorts: {plan}");
            }
        }
    }
}

#[test]
fn every_order_has_an_index_that_is_read_both_ways() {
    let conn = schema::in_memory();
    let orders = [
        (Order::Longest, "session_longest"),
        (Order::MostEvents, "session_most_events"),
        (Order::MostErrors, "session_most_errors"),
        (Order::HighestScore, "session_highest_score"),
    ];
    for (order, index) in orders {
        for page in [Page::First, Page::OlderThan(Place::at(9)), Page::NewerThan(Place::at(1))] {
            let filter = Filter { order, browser: Some("Firefox".to_owned()), ..Filter::default() };
            let asked = Asked { conn: &conn, connection: ConnectionId(1), filter: &filter, page, look: 9 };
            let source = Source::of_order(order).expect("an index");
            let mut conditions = Conditions::of_source(source, &asked);
            let probe = plan(&conn, &conditions.probe(source, &asked));
            conditions.narrow(source, &asked, Some(Place::at(5)));
            for plan in [probe, plan(&conn, &conditions.list(source, &asked))] {
                assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{order:?} {page:?}: {plan}");
            }
        }
    }
}
