//! What is read of events, and what is refused.

use super::*;

const LIMITS: Limits = Limits { depth: 64, events: 10, event_bytes: 1000 };

fn read(batch: &str) -> Result<Vec<Event<'_>>, Error> {
    events(batch, &LIMITS)
}

#[test]
fn a_page_load_is_read() {
    let batch = r#"[
        {"type":4,"data":{"href":"https://shop.example/a?b=\u00e9","width":1,"height":2},"timestamp":1000},
        {"type":2,"data":{"node":{"type":0,"childNodes":[],"id":1},"initialOffset":{}},"timestamp":1001},
        {"type":3,"data":{"source":2,"type":2,"id":5},"timestamp":1900.4},
        {"type":3,"data":{"source":0,"adds":[]},"timestamp":1950}
    ]"#;
    let found = read(batch).expect("a good batch");
    assert_eq!(
        facts(&found),
        BatchFacts {
            events: 4,
            interactions: 1,
            first_at: 1000,
            last_at: 1950,
            snapshot: true,
            page: Some((1000, "https://shop.example/a?b=é".to_owned())),
            last_page: Some((1000, "https://shop.example/a?b=é".to_owned())),
            identity: None,
            said: Vec::new(),
            json_bytes: found.iter().map(|event| event.json.len() as i64).sum::<i64>() + 5,
            country: String::new(),
            hidden: Vec::new(),
        }
    );
    assert_eq!(&found[2].json[found[2].timestamp_span.clone()], "1900.4");
}

#[test]
fn what_is_not_a_batch_is_told_apart() {
    for not_a_batch in ["null", "[]", "\"x\"", "{}", "7"] {
        assert_eq!(read(not_a_batch).expect_err(not_a_batch), Error::NotABatch);
    }
    assert_eq!(read("[{},]").expect_err("no type"), Error::BadType { index: 0 });
    assert_eq!(read("[").expect_err("cut off"), Error::Syntax { at: 1 });
    assert_eq!(
        read("[1] x").expect_err("not an object"),
        Error::BadEvent { index: 0, problem: "is not an object" }
    );
    assert!(matches!(read(r#"[{"type":0,"timestamp":1}] x"#), Err(Error::Syntax { .. })));
}

#[test]
fn a_type_is_an_integer_from_0_to_99() {
    for bad in [r#""3""#, "3.0", "-1", "300", "null", "true", "[3]"] {
        let batch = format!(r#"[{{"type":{bad},"data":{{}},"timestamp":1}}]"#);
        assert_eq!(read(&batch).expect_err(bad), Error::BadType { index: 0 }, "{bad}");
    }
    assert_eq!(read(r#"[{"data":{},"timestamp":1}]"#).expect_err("none"), Error::BadType { index: 0 });
    assert!(read(r#"[{"type":42,"timestamp":1},{"type":3,"data":{"source":99},"timestamp":1}]"#).is_ok());
}

#[test]
fn what_the_player_throws_on_is_refused() {
    for bad in [
        r#"{"type":3,"timestamp":1}"#,
        r#"{"type":3,"data":null,"timestamp":1}"#,
        r#"{"type":3,"data":[],"timestamp":1}"#,
        r#"{"type":3,"data":{},"timestamp":1}"#,
        r#"{"type":2,"data":{},"timestamp":1}"#,
        r#"{"type":2,"data":{"node":{"type":0}},"timestamp":1}"#,
        r#"{"type":2,"data":{"node":[1]},"timestamp":1}"#,
        r#"{"type":4,"data":{"href":7},"timestamp":1}"#,
        r#"{"type":5,"data":{},"timestamp":1}"#,
        r#"{"type":0,"data":{}}"#,
        r#"{"type":0,"data":{},"timestamp":"1"}"#,
        r#"{"type":0,"data":{},"timestamp":1e400}"#,
    ] {
        assert!(matches!(read(&format!("[{bad}]")), Err(Error::BadEvent { index: 0, .. })), "{bad}");
    }
}

#[test]
fn times_are_rounded_and_brought_into_range() {
    for (written, read_as) in
        [("-1", 0), ("0", 0), ("1.5", 2), ("1e300", LAST_TIMESTAMP), ("9e15", LAST_TIMESTAMP)]
    {
        let batch = format!(r#"[{{"type":0,"timestamp":{written}}}]"#);
        assert_eq!(read(&batch).expect(written)[0].timestamp, read_as);
    }
}

#[test]
fn one_odd_clock_reading_does_not_stretch_a_batch() {
    let batch = r#"[{"type":0,"timestamp":-1},{"type":0,"timestamp":1700000000000},
        {"type":0,"timestamp":1700000005000},{"type":0,"timestamp":9e15}]"#;
    let facts = facts(&read(batch).expect("a good batch"));
    assert_eq!((facts.first_at, facts.last_at), (1_700_000_000_000, 1_700_000_005_000));
}

#[test]
fn long_urls_are_cut_for_lists() {
    let href = "https://x.example/".to_owned() + &"ä".repeat(5000);
    let batch = format!(r#"[{{"type":4,"data":{{"href":"{href}"}},"timestamp":1}}]"#);
    let limits = Limits { event_bytes: 100_000, ..LIMITS };
    let found = events(&batch, &limits).expect("a good batch");
    assert_eq!(found[0].page_url().map(|url| url.chars().count()), Some(MAX_URL_CHARS));
}

#[test]
fn limits_hold() {
    let event = r#"{"type":0,"timestamp":1}"#;
    let many = format!("[{}]", [event; 11].join(","));
    assert_eq!(read(&many).expect_err("11 events"), Error::TooManyEvents);

    let large = format!(r#"[{event},{{"type":0,"timestamp":1,"data":"{}"}}]"#, "x".repeat(1000));
    assert_eq!(read(&large).expect_err("1 KB"), Error::EventTooLarge { index: 1 });

    let deep = format!(r#"[{{"type":0,"timestamp":1,"data":{}"#, "[".repeat(100_000));
    assert_eq!(read(&deep).expect_err("deep event"), Error::EventTooDeep { index: 0 });
    assert_eq!(read(&"[".repeat(100_000)).expect_err("deep batch"), Error::TooDeep);
}

#[test]
fn keys_of_an_event_stand_once_and_others_are_kept() {
    let twice = r#"[{"type":3,"type":2,"timestamp":1}]"#;
    assert_eq!(read(twice).expect_err("two types"), Error::DuplicateKey { index: 0, key: "type" });
    let escaped = r#"[{"type":0,"typ\u0065":2,"timestamp":1}]"#;
    let twice = read(escaped).expect_err("two types for a browser");
    assert_eq!(twice, Error::DuplicateKey { index: 0, key: "type" });
    assert!(read(r#"[{"type":3,"d\u0061ta":{"sourc\u0065":1},"timestamp":1}]"#).is_ok());
    let odd = r#"[{"type":0,"timestamp":1,"__proto__":{},"\ud83d":1,"x":1,"x":2}]"#;
    assert_eq!(read(odd).expect("kept as it is").len(), 1);
}

#[test]
fn a_visitor_is_known_by_what_the_page_said() {
    let said = |payload: &str| {
        let event = format!(
            r#"[{{"type":5,"data":{{"tag":"hindsight.identify","payload":{payload}}},"timestamp":1}}]"#
        );
        read(&event).expect("a good batch")[0].visitor()
    };
    assert_eq!(said(r#"{"traits":{"id":"no"},"id":"ad\u0061"}"#).as_deref(), Some("ada"));
    assert_eq!(said(r#"{"id":7}"#).as_deref(), Some("7"));
    assert_eq!(said(r#"{"id":""}"#), None);
    assert_eq!(said("null"), None);
    let other = r#"[{"type":5,"data":{"tag":"hindsight.track","payload":{"id":"ada"}},"timestamp":1}]"#;
    assert_eq!(read(other).expect("a good batch")[0].visitor(), None);
}
