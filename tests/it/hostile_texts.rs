//! Every text that can be stored is stored as markup, by the ways that texts come in. Then
//! every page is read as browsers read it: nothing that came as data is an element, an
//! attribute, a script or an address that runs.

use std::collections::HashSet;
use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::time::Duration;

use hindsight::model::{
    Cell, Chart, ChartKind, Column, Metric, Moment, Point, Report, Role, Section, Series, Table,
};
use hindsight::web::{self, Route, Surface};
use html5gum::DefaultEmitter;
use html5gum::{Token, Tokenizer};
use serde_json::{Value, json};

use crate::accounts;
use crate::pages::submit;
use crate::routes;
use crate::said::reported;
use crate::server::{Answer, NOW, TestServer, request};

/// Closes what it may stand in, then is an element, an attribute, a script and a handler.
const LONG: &str = "'\"></title></textarea></script></style>--><xsscanary xsscanary=1 onload=xsscanary()>\
    <script>xsscanary()</script><img src=x onerror=xsscanary()> javascript:xsscanary() \
    [xsscanary](javascript:xsscanary()) ![xsscanary](https://evil.example/x) <a href='javascript:xsscanary()'>";

/// The same for fields that take little.
const SHORT: &str = "\"'><xsscanary xsscanary=1>";

/// Addresses that would run, where they became a link.
const ADDRESS: &str = "javascript:xsscanary()//\"'><xsscanary xsscanary=1>";

pub const SESSION: &str = "session-0000000001";
pub const STREAM: &str = "stream-0000000001";

fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A visit in which whatever may be a text is markup.
pub fn visit() -> Value {
    let custom = |at: i64, tag: &str, payload: Value| json!({ "type": 5, "timestamp": NOW + at, "data": { "tag": tag, "payload": payload } });
    let plugin = |at: i64, name: &str, payload: Value| json!({ "type": 6, "timestamp": NOW + at, "data": { "plugin": name, "payload": payload } });
    let said = serde_json::to_string(LONG).expect("JSON");
    let attributes = json!({ "id": SHORT, "aria-label": LONG, "data-testid": SHORT, "name": SHORT, "title": LONG, "href": ADDRESS });
    let button = json!({ "type": 2, "id": 5, "tagName": "button", "attributes": attributes, "childNodes": [{ "type": 3, "id": 6, "textContent": LONG }] });
    let title = json!({ "type": 2, "id": 7, "tagName": "title", "attributes": {}, "childNodes": [{ "type": 3, "id": 8, "textContent": LONG }] });
    let head = json!({ "type": 2, "id": 9, "tagName": "head", "attributes": {}, "childNodes": [title] });
    let body = json!({ "type": 2, "id": 3, "tagName": "body", "attributes": {}, "childNodes": [button] });
    let html = json!({ "type": 2, "id": 2, "tagName": "html", "attributes": {}, "childNodes": [head, body] });
    json!([
        { "type": 4, "timestamp": NOW, "data": { "href": ADDRESS, "width": 800, "height": 600 } },
        { "type": 2, "timestamp": NOW + 1, "data": { "node": { "type": 0, "id": 1, "childNodes": [html] }, "initialOffset": { "left": 0, "top": 0 } } },
        { "type": 3, "timestamp": NOW + 100, "data": { "source": 2, "type": 2, "id": 5, "x": 1, "y": 1 } },
        { "type": 3, "timestamp": NOW + 150, "data": { "source": 5, "id": 5, "text": LONG, "isChecked": false } },
        custom(200, "hindsight.navigate", json!({ "href": format!("https://shop.example/{LONG}?{LONG}#{LONG}"), "title": LONG, "kind": SHORT })),
        custom(300, "hindsight.identify", json!({ "id": SHORT, "traits": { LONG: LONG, "plan": LONG, "mail": SHORT } })),
        custom(400, "hindsight.prompt", json!({ "id": SHORT, "conversation": LONG, "text": LONG })),
        custom(500, "hindsight.reply", json!({ "id": "r", "to": SHORT, "text": LONG, "answered": false, "sources": [LONG, ADDRESS] })),
        custom(550, "hindsight.prompt", json!({ "id": "f", "conversation": "=1+1", "text": "=HYPERLINK(\"https://evil.example\")" })),
        custom(560, "hindsight.reply", json!({ "id": "g", "to": "f", "text": "\t=1\n=1", "sources": ["@SUM(A1)"] })),
        custom(600, "hindsight.feedback", json!({ "id": "r", "value": -1 })),
        custom(700, "hindsight.track", json!({ "name": LONG, "props": { LONG: LONG } })),
        custom(800, "hindsight.console", json!({ "level": LONG, "text": LONG, "stack": LONG })),
        custom(900, "hindsight.error", json!({ "text": LONG, "stack": LONG })),
        custom(1000, "hindsight.request", json!({ "method": LONG, "url": ADDRESS, "status": 500, "took": 5 })),
        custom(1100, "hindsight.copy", json!({ "text": LONG })),
        custom(1200, LONG, json!({ LONG: LONG })),
        plugin(1300, "rrweb/console@1", json!({ "level": "error", "payload": [said], "trace": [LONG] })),
        plugin(1400, "rrweb/network@1", json!({ "requests": [{ "name": ADDRESS, "method": LONG, "initiatorType": "fetch", "status": 500, "duration": 9 }] })),
        plugin(1500, LONG, json!({ LONG: LONG })),
    ])
}

/// A plugin whose every word is markup, of its manifest and of what it finds.
fn put_plugin(folder: &Path) {
    let quoted = |text: &str| format!("'''{text}'''");
    let (name, word) = (quoted(SHORT), quoted(LONG).replace("'''''\"", "'''\""));
    let manifest = format!(
        "[plugin]\nid = \"loud\"\nname = {name}\nversion = \"1.0.0\"\napi = \"0.1\"\ndescription = {word}\n\
        [analyzer]\nevents = [\"page-view\"]\nkinds = [{{ id = \"seen\", title = {name}, severity = \"high\" }}]\n\
        [settings]\ntype = \"object\"\n[settings.properties.word]\ntype = \"string\"\ntitle = {name}\ndescription = {word}\n\
        default = {name}\n"
    );
    let (long, short) = (json!(LONG), json!(SHORT));
    let script = format!(
        "export function analyze(session, settings) {{ console.log({long}); for (const event of session) {{}}\n\
        return {{ findings: [{{ kind: 'seen', at: 100, title: {short}, detail: {long}, selector: {short}, fields: {{ word: {long} }} }}],\n\
        score: {{ points: 90, why: {short} }} }}; }}"
    );
    let own = folder.join("loud");
    fs::create_dir_all(&own).expect("writable");
    fs::write(own.join("plugin.toml"), manifest).expect("writable");
    fs::write(own.join("plugin.js"), script).expect("writable");
}

/// A report in which every text is markup.
fn report() -> Report {
    let word = || LONG.to_owned();
    let moment = Moment { session: SESSION.to_owned(), at: 1, label: word() };
    let cells = vec![Cell::Text(word()), Cell::Moment(moment)];
    let columns = vec![Column { title: word(), numeric: false }, Column { title: word(), numeric: false }];
    let points = vec![Point { x: word(), y: 1.0 }];
    Report {
        title: word(),
        summary: word(),
        sections: vec![
            Section::Metrics { metrics: vec![Metric { name: word(), value: 1.0, unit: word() }] },
            Section::Table(Table { title: word(), columns, rows: vec![cells] }),
            Section::Chart(Chart {
                title: word(),
                chart: ChartKind::Bar,
                series: vec![Series { name: word(), points }],
            }),
            Section::Markdown { text: word() },
        ],
    }
}

/// Stores all of it; answers the token of a link and the number of a report.
async fn store(server: &TestServer) -> (String, i64) {
    let path = server.batch_path(SESSION, STREAM, 0);
    let agent = format!("User-Agent: Mozilla/5.0 {LONG}");
    let stored = server.send(&request("POST", &path, &[&agent], visit().to_string().as_bytes())).await;
    assert_eq!(stored.status, 200, "{}", stored.text());
    server.clock.advance(server.settings.sessions.idle_after() + Duration::from_secs(1));
    server.catch_up().await;

    let connection = format!("/connections/{}", server.connection.id);
    let session = format!("{connection}/sessions/{SESSION}");
    let forms = [
        (format!("{connection}/settings"), form(&[("name", SHORT)])),
        (
            format!("{connection}/settings/recording"),
            form(&[("privacy", "balanced"), ("mask_text_selector", "[title='<xsscanary xsscanary=1>']")]),
        ),
        (
            format!("{connection}/settings/widget"),
            form(&[
                ("offered", "1"),
                ("title", SHORT),
                ("greeting", LONG),
                ("suggestions", SHORT),
                ("accent", "#00695c"),
                ("theme", "dark"),
                ("position", "end"),
                ("start", "chat"),
                ("consent", "ask"),
                ("privacy_url", "https://a.example/'\"><xsscanary xsscanary=1>"),
            ]),
        ),
        (
            format!("{connection}/settings/answers"),
            form(&[
                ("kind", "openai"),
                ("openai.url", "https://a.example/v1?'\"><xsscanary xsscanary=1>"),
                ("openai.model", SHORT),
                ("openai.instructions", LONG),
                ("unanswered", LONG),
            ]),
        ),
        (format!("{session}/notes"), form(&[("at_ms", "100"), ("text", LONG), ("author", SHORT)])),
        (
            format!("{connection}/sessions/chosen"),
            form(&[("do", "tag"), ("session", SESSION), ("tag", SHORT)]),
        ),
        (format!("{connection}/views"), form(&[("name", SHORT), ("query", &form(&[("q", LONG)]))])),
        (format!("{connection}/plugins/loud/settings"), form(&[("word", LONG)])),
    ];
    for (path, sent) in forms {
        let answer = submit(server, &path, &sent).await;
        assert_eq!(answer.status, 303, "{path} takes it: {}", answer.text());
    }
    // These tell a secret once, so they are pages.
    let url = "https://a.example/'\"><xsscanary xsscanary=1>";
    for (path, sent) in [
        ("/tokens".to_owned(), form(&[("name", SHORT), ("scope", "read"), ("every", "1"), ("days", "7")])),
        (format!("{connection}/settings/webhooks"), form(&[("url", url), ("sessions", "1")])),
    ] {
        let answer = submit(server, &path, &sent).await;
        assert_eq!(answer.status, 200, "{path} takes it: {}", answer.text());
        check(&answer.text(), &path);
    }
    let shared =
        submit(server, &format!("{session}/share"), &form(&[("story", "1"), ("author", SHORT)])).await;
    assert_eq!(shared.status, 201, "{}", shared.text());
    let link = shared.json()["url"].as_str().expect("a link").to_owned();
    let token = link.rsplit('/').next().expect("a token").to_owned();
    (token, reported(server, "loud", report()).await)
}

fn encoded(text: &str) -> String {
    form(&[("", text)])[1..].replace('+', "%20")
}

/// The route's path, with what was stored in its places.
fn filled(route: &Route, server: &TestServer, token: &str, report: i64) -> String {
    let path = route
        .path
        .replace("{token}", token)
        .replace("{report}", &report.to_string())
        .replace("{plugin}", "loud")
        .replace("{visitor}", &encoded(SHORT))
        .replace("{*address}", &encoded(LONG));
    routes::filled(&path, server)
}

/// Attributes with an address that a browser goes to, fetches or runs.
const ADDRESSES: [&str; 8] =
    ["href", "src", "action", "formaction", "data", "poster", "xlink:href", "srcdoc"];

/// Fails where something of the data is more than text.
fn check(html: &str, place: &str) {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut element = String::new();
    for Ok(token) in Tokenizer::new_with_emitter(html, emitter) {
        match token {
            Token::StartTag(tag) => {
                element = String::from_utf8_lossy(&tag.name).into_owned();
                assert!(!element.contains("xsscanary"), "{place}: an element <{element}>");
                for (name, value) in &tag.attributes {
                    let (name, value) = (String::from_utf8_lossy(name), String::from_utf8_lossy(value));
                    let is_ours = !name.contains("xsscanary") && !name.starts_with("on") && name != "style";
                    assert!(is_ours, "{place}: an attribute {name}={value:?} of <{element}>");
                    let address = value.trim_start().to_lowercase();
                    let runs = ["javascript:", "vbscript:", "data:text"]
                        .iter()
                        .any(|scheme| address.starts_with(scheme));
                    let leads = ADDRESSES.contains(&&*name);
                    assert!(!(leads && runs), "{place}: {name}={value:?} of <{element}>");
                    assert!(!(element == "script" && name == "src" && value.contains("evil")), "{place}");
                    let is_link = element == "a" || name == "action";
                    let is_foreign = leads && address.contains("//evil.example") && !is_link;
                    assert!(!is_foreign, "{place}: {name}={value:?} of <{element}> would be fetched");
                }
            }
            Token::EndTag(_) => element.clear(),
            Token::String(text) if element == "script" || element == "style" => {
                // Data islands are JSON, in which no `<` stands; a script of ours knows no canary.
                let text = String::from_utf8_lossy(&text);
                assert!(!text.contains("<xsscanary"), "{place}: markup within <{element}>");
            }
            Token::Comment(text) => {
                assert!(!String::from_utf8_lossy(&text).contains("xsscanary"), "{place}: a comment");
            }
            _ => {}
        }
    }
}

/// Fails where a file that is kept could be more than it says; answers what kind it is.
fn check_file(answer: &Answer, place: &str) -> Option<String> {
    let disposition = answer.header("content-disposition")?;
    let name = disposition.strip_prefix("attachment; filename=\"").and_then(|rest| rest.strip_suffix('"'));
    let name = name.unwrap_or_else(|| panic!("{place}: {disposition}"));
    assert_plain(name, place);
    let kind = name.rsplit('.').next().expect("an end").to_owned();
    match &*kind {
        "csv" => check_table(&answer.text(), place),
        "zip" => {
            let entries = zip::ZipArchive::new(Cursor::new(&answer.body)).expect("an archive");
            entries.file_names().for_each(|entry| {
                entry.expect("a name").split('/').for_each(|part| assert_plain(part, place))
            });
        }
        "md" => check_markdown(&answer.text(), place),
        "json" => drop(answer.json()),
        _ => {}
    }
    Some(kind)
}

fn assert_plain(name: &str, place: &str) {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "._-".contains(char);
    assert!(name.chars().all(is_plain) && !name.starts_with('.') && !name.is_empty(), "{place}: {name:?}");
}

/// As somebody else's program would read it.
fn check_markdown(text: &str, place: &str) {
    use pulldown_cmark::{Event, Options, Parser, Tag};

    for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        let is_harmless = match &event {
            Event::Html(_) | Event::InlineHtml(_) | Event::Start(Tag::Image { .. }) => false,
            Event::Start(Tag::Link { dest_url, .. }) => !dest_url.contains("javascript:"),
            _ => true,
        };
        assert!(is_harmless, "{place}: {event:?}");
    }
}

/// No field of a table begins as a formula does, also in lines within a field.
fn check_table(table: &str, place: &str) {
    let mut rest = table;
    let mut fields = 0;
    while let Some(start) = rest.find('"') {
        let mut end = start + 1;
        while let Some(quote) = rest[end..].find('"') {
            end += quote + 1;
            if !rest[end..].starts_with('"') {
                break;
            }
            end += 1;
        }
        let field = &rest[start + 1..];
        assert!(!field.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', ' ']), "{place}: {field:.40}");
        fields += 1;
        rest = &rest[end..];
    }
    assert!(fields > 0, "{place} has fields");
}

/// The names of parameters that pages read, each with markup as its value.
fn hostile_query() -> String {
    let names = [
        "q",
        "url",
        "page",
        "visitor",
        "tag",
        "forgotten",
        "saved",
        "done",
        "view",
        "name",
        "plugin",
        "kind",
        "title",
        "greeting",
        "back",
        "from",
        "to",
        "last",
        "sort",
        "moment",
        "note",
        "t",
        "period",
        "start",
    ];
    form(&names.map(|name| (name, LONG)))
}

#[tokio::test]
async fn no_stored_text_is_markup_on_any_page() {
    let server = TestServer::start_with(|settings| put_plugin(&settings.plugins.folder)).await;
    let documents = server.settings.server.data_dir.join("documents/shop");
    fs::create_dir_all(&documents).expect("made");
    fs::write(documents.join("a.md"), format!("---\nurl: {ADDRESS}\n---\n# {LONG}\n{LONG}\n"))
        .expect("written");
    let (token, report) = store(&server).await;

    let (mut pages, mut telling, mut files) = (0, Vec::new(), HashSet::new());
    for route in web::routes(&server.app).iter().filter(|route| route.method == "GET") {
        if route.path.ends_with("/live") {
            continue; // It does not end, and is no document: `pages` and `activity` read it.
        }
        for query in [String::new(), hostile_query(), form(&[("q", LONG)])] {
            let path = filled(route, &server, &token, report);
            let address = if query.is_empty() { path } else { format!("{path}?{query}") };
            let answer = server.get(&address).await;
            assert!(answer.status < 500, "{address}: {}", answer.text());
            files.extend(check_file(&answer, &address));
            if looks_like_a_page(&answer, route) {
                check(&answer.text(), &address);
                pages += 1;
                if query.is_empty() && answer.text().contains("xsscanary") {
                    telling.push(route.path.clone());
                }
            }
        }
    }
    for path in [
        "/connections/{connection}/sessions",
        "/connections/{connection}/sessions/{session}",
        "/connections/{connection}/activity",
        "/connections/{connection}/visitors/{visitor}",
        "/connections/{connection}/reports",
        "/connections/{connection}/reports/{report}",
        "/connections/{connection}/plugins",
        "/connections/{connection}/plugins/{plugin}",
        "/connections/{connection}/settings",
        "/connections/{connection}/settings/widget",
        "/connections/{connection}/settings/answers",
        "/connections/{connection}/settings/webhooks",
        "/connections/{connection}/settings/webhooks/{webhook}",
        "/tokens",
        "/connections/{connection}/sessions/{session}/replay.html",
        "/share/{token}",
    ] {
        assert!(telling.iter().any(|told| told == path), "{path} shows what was stored: {telling:?}");
    }
    for kind in ["csv", "html", "json", "md", "ts", "zip"] {
        assert!(files.contains(kind), "a file of the kind {kind} was read: {files:?}");
    }
    println!("{pages} pages were read; {} of the routes show what was stored", telling.len());
}

/// Only what a browser would read as a document is one; all else says so.
fn looks_like_a_page(answer: &Answer, route: &Route) -> bool {
    let kind = answer.header("content-type").unwrap_or_default();
    let is_document = ["html", "xml", "svg"].iter().any(|each| kind.contains(each));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{}", route.path);
    is_document && route.surface != Surface::Asset
}

#[test]
fn the_reading_finds_what_it_looks_for() {
    for bad in [
        "<p><xsscanary>",
        "<p xsscanary=1>",
        "<p onclick='x'>",
        "<a href=' JavaScript:x'>",
        "<!-- xsscanary -->",
        "<script>'<xsscanary>'</script>",
        "<img src=https://evil.example/x>",
    ] {
        assert!(std::panic::catch_unwind(|| check(bad, "here")).is_err(), "{bad}");
    }
    check("<p title='<xsscanary>'>&lt;xsscanary></p><textarea><xsscanary></textarea>", "here");
}

#[tokio::test]
async fn names_of_users_are_text_wherever_they_are_shown() {
    let server = accounts::start().await;
    accounts::add(&server, "ada", Some(Role::Admin)).await;
    let ada = accounts::login(&server, "ada").await;
    let added = accounts::send(&server, "/users", &ada, &[("name", SHORT), ("role", "viewer")]).await;
    assert_eq!(added.status, 200, "{}", added.text());
    check(&added.text(), "the page with the link");
    let people = format!("/connections/{}/settings/people", server.connection.id);
    for path in ["/users", "/users/2", "/users/2/remove", "/audit", &people] {
        let page = accounts::get(&server, path, &ada).await;
        assert_eq!(page.status, 200, "{path}");
        check(&page.text(), path);
        assert!(page.text().contains("xsscanary"), "{path} shows the name");
    }
}
