use super::*;

const SHOP: ConnectionId = ConnectionId(3);

fn read(fields: &[(&str, &str)]) -> Filter {
    let field = |name: &str| fields.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value);
    Filter::read(|name| field(name).to_owned()).unwrap_or_else(|problem| panic!("{}", problem.detail))
}

fn filter(url: &str, visitor: &str, from: &str, to: &str) -> Filter {
    read(&[("url", url), ("visitor", visitor), ("from", from), ("to", to)])
}

#[test]
fn an_address_holds_what_is_asked_and_no_more() {
    assert_eq!(Filter::default().list_url(SHOP, Span::Day), "/connections/3/sessions");
    let all = read(&[
        ("status", "active"),
        ("url", " a&b "),
        ("visitor", "ada"),
        ("from", "2026-11-01"),
        ("to", "2026-11-02T10:00Z"),
    ]);
    assert_eq!(
        all.list_url_at(SHOP, Span::Month, Some(("before", Place::at(7)))),
        "/connections/3/sessions?status=active&url=a%26b&visitor=ada&from=2026-11-01&to=2026-11-02T10%3A00Z&chart=month&before=7"
    );
    assert_eq!(
        all.without(&["url", "from"]).list_url(SHOP, Span::Day),
        "/connections/3/sessions?status=active&visitor=ada&to=2026-11-02T10%3A00Z"
    );
}

fn viewer() -> Viewer {
    Viewer { id: "0".repeat(32), known: true }
}

#[test]
fn each_field_stands_in_the_address_and_can_be_taken_off() {
    let fields = [
        ("status", "completed"),
        ("q", "\"where is\" ord"),
        ("url", "cart"),
        ("page", "/checkout"),
        ("visitor", "ada"),
        ("last", "7d"),
        ("browser", "Firefox"),
        ("os", "macOS"),
        ("device", "Desktop"),
        ("country", "DE"),
        ("min_duration", "90"),
        ("max_duration", "600"),
        ("min_events", "10"),
        ("max_events", "1000"),
        ("prompts", "unanswered"),
        ("errors", "any"),
        ("findings", "medium"),
        ("kind", "rage-click"),
        ("score", "50"),
        ("tag", "bug"),
        ("pinned", "yes"),
        ("watched", "no"),
        ("sort", "longest"),
    ];
    let all = read(&fields);
    let written = all.fields();
    assert_eq!(written.iter().map(|(name, value)| (*name, &**value)).collect::<Vec<_>>(), fields);
    for (name, _) in fields {
        let less = all.without(&[name]);
        assert!(less != all && less.fields().len() == fields.len() - 1, "{name}");
    }
    assert!(all.wanted(0, &viewer()).is_some());
}

#[test]
fn a_preset_goes_before_days_and_newest_before_orders_of_what_is_over() {
    let preset = read(&[("last", "today"), ("from", "2026-11-01")]);
    assert_eq!(preset.fields(), [("last", "today".to_owned())]);
    let custom = read(&[("last", "custom"), ("from", "2026-11-01")]);
    assert_eq!(custom.fields(), [("from", "2026-11-01".to_owned())]);
    let active = read(&[("status", "active"), ("sort", "longest")]);
    assert_eq!(active.fields(), [("status", "active".to_owned())]);
}

#[test]
fn a_bare_end_includes_its_day() {
    let day = filter("", "", "2026-11-01", "2026-11-01").wanted(0, &viewer()).expect("it can be asked");
    assert_eq!(day.to.zip(day.from).map(|(to, from)| to - from), Some(24 * 60 * 60 * 1000));
}

#[test]
fn the_store_is_not_asked_for_what_it_cannot_seek() {
    for (url, problem) in [
        ("", None),
        ("  ", None),
        ("ab", Some(URL_TOO_SHORT)),
        ("äö", Some(URL_TOO_SHORT)),
        ("abc", None),
        (&"x".repeat(200), None),
        (&"x".repeat(201), Some(TOO_LONG)),
    ] {
        let filter = filter(url, "", "", "");
        assert_eq!(
            (filter.url_problem(), filter.wanted(0, &viewer()).is_none()),
            (problem, problem.is_some()),
            "{url}"
        );
    }
}

#[test]
fn only_a_visitor_or_a_range_of_time_is_erased_as_a_whole() {
    let (from, to) = ("2026-11-01", "2026-11-02");
    let now = Moment::read("2026-11-02T12:00").expect("a time").start();
    let by = |url, visitor, from, to| filter(url, visitor, from, to).selection(now);
    assert_eq!(by("", "", "", ""), None);
    assert_eq!(by("", "ada", "", ""), Some(Selection::Visitor("ada".to_owned())));
    let start = Moment::read(from).expect("a day").start();
    assert_eq!(by("", "", from, from), Some(Selection::Started(start, start + 24 * 60 * 60 * 1000)));
    assert_eq!(by("", "", from, to), Some(Selection::Started(start, now + 1)));
    assert_eq!(by("", "", "", from).map(|_| ()), Some(()));
    assert_eq!((by("cart", "", from, to), by("", "ada", from, "")), (None, None));
    let active = Filter { status: Some(Status::Active), ..filter("", "ada", "", "") };
    assert_eq!(active.selection(now), None);
}
