//! What is erased from the command line is gone from every file.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use hindsight::ingest::gzip;
use hindsight::store::Db;

use crate::command_line::{Process, folder, hindsight, run, stderr, stdout};
use crate::durability::{get, post};
use crate::server::NOW;

/// Sessions are finished as soon as they end.
const AT_ONCE: [(&str, &str); 1] = [("HINDSIGHT_SESSIONS__ENDED_GRACE_SECONDS", "0")];

/// A page load whose address, text and stylesheet hold a word.
fn page_with(word: &str) -> String {
    let css: String = (0..200).map(|rule| format!(".{word}-{rule} {{ color: red }} ")).collect();
    format!(
        r#"[{{"type":4,"data":{{"href":"https://shop.example/{word}","width":800,"height":600}},"timestamp":{NOW}}},
        {{"type":2,"data":{{"node":{{"type":0,"childNodes":[{{"type":2,"tagName":"html","attributes":{{}},"childNodes":[
        {{"type":2,"tagName":"style","attributes":{{"_cssText":"{css}"}},"childNodes":[],"id":5}},
        {{"type":3,"textContent":"the text {word}","id":4}}],"id":2}}],"id":1}},
        "initialOffset":{{"left":0,"top":0}}}},"timestamp":{}}},
        {{"type":5,"data":{{"tag":"hindsight.identify","payload":{{"id":"visitor-{word}"}}}},"timestamp":{}}}]"#,
        NOW + 1,
        NOW + 2,
    )
}

/// Records a session that ends, and returns the bytes that are stored of it at first.
fn record(server: &Process, key: &str, session: &str, word: &str) -> Vec<u8> {
    let body = gzip::deflate(page_with(word).as_bytes());
    let path = format!("/ingest/{key}/{session}/stream-of-{word}-0000/0?end=1");
    assert_eq!(post(&server.url, &path, &body), Some(200));
    body
}

/// Returns once it is so.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "never {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub fn count(data: &Path, sql: &str) -> i64 {
    let conn = Db::open(data.join("hindsight.db")).expect("opened");
    conn.busy_timeout(Duration::from_secs(5)).expect("set");
    conn.query_row(sql, [], |row| row.get(0)).expect("counted")
}

fn blobs(data: &Path, sql: &str) -> Vec<Vec<u8>> {
    let conn = Db::open(data.join("hindsight.db")).expect("opened");
    let mut statement = conn.prepare(sql).expect("a statement");
    let rows = statement.query_map([], |row| row.get(0)).expect("read");
    rows.collect::<Result<_, _>>().expect("bytes")
}

/// The files of the data folder that hold any of these bytes.
fn holding(data: &Path, needles: &[Vec<u8>]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(data).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            continue;
        }
        let bytes = std::fs::read(&path).expect("readable");
        for needle in needles {
            if memchr::memmem::find(&bytes, needle).is_some() {
                found.push(format!("{}: {:?}", path.display(), String::from_utf8_lossy(needle)));
            }
        }
    }
    found
}

/// From the middle of compressed bytes: what stands before says only that they are compressed.
fn middle(bytes: &[u8]) -> Vec<u8> {
    bytes[bytes.len() / 2..][..24.min(bytes.len() / 2)].to_vec()
}

/// Two finished sessions; returns the traces of the first in the files.
fn two_sessions(data: &Path) -> (Process, Vec<Vec<u8>>) {
    let server = Process::start_with(data, &[], &AT_ONCE);
    let key = stdout(&run(data, &["connection", "list"]));
    let key = key.split('\t').next().expect("a key").to_owned();
    let body = record(&server, &key, "session-secret-00", "xylophone");
    record(&server, &key, "session-public-00", "marimba");
    until("finished", || count(data, "SELECT count(*) FROM session WHERE finished_at IS NOT NULL") == 2);
    let mut traces = vec![b"xylophone".to_vec(), middle(&body)];
    let segments = "SELECT segment.body FROM segment JOIN stream ON stream.id = segment.id >> 20
                    WHERE stream.public_id LIKE '%xylophone%'";
    let styles = "SELECT body FROM style ORDER BY id LIMIT 1";
    for stored in [blobs(data, segments), blobs(data, styles)].concat() {
        traces.push(middle(&stored));
    }
    assert_eq!(traces.len(), 4, "one segment, and its stylesheet");
    (server, traces)
}

#[test]
fn an_erased_session_is_in_no_file_while_the_server_runs() {
    let data = folder();
    let (server, traces) = two_sessions(data.path());
    assert!(!holding(data.path(), &traces[..1]).is_empty(), "it is found before");
    let erased = run(data.path(), &["erase", "--session", "session-secret-00", "--yes"]);
    assert!(erased.status.success(), "{}", stderr(&erased));
    assert_eq!(stdout(&erased), "erased 1 session");
    assert_eq!(holding(data.path(), &traces), Vec::<String>::new());
    let elsewhere = "SELECT count(*) FROM session WHERE public_id = 'session-secret-00'";
    assert_eq!(count(data.path(), elsewhere), 0);
    let noted = "SELECT count(*) FROM audit WHERE subject = 'session-secret-00'";
    assert_eq!(count(data.path(), noted), 1, "what was erased is named in the audit log alone");
    let page = get(&server.url, "/connections/1/sessions").text();
    assert!(page.contains("marimba") && !page.contains("xylophone"), "{page}");
    assert_eq!(stdout(&run(data.path(), &["check"])), "ok");
}

#[test]
fn an_erased_visitor_is_in_no_file_without_a_server() {
    let data = folder();
    let (server, traces) = two_sessions(data.path());
    server.kill();
    let nobody = run(data.path(), &["erase", "--visitor", "nobody", "--yes"]);
    assert_eq!(stdout(&nobody), "no session is selected: nothing was erased");
    let erased = run(data.path(), &["erase", "--visitor", "visitor-xylophone", "--yes"]);
    assert!(erased.status.success(), "{}", stderr(&erased));
    assert_eq!(holding(data.path(), &traces), Vec::<String>::new());
    assert_eq!(count(data.path(), "SELECT count(*) FROM session"), 1);
    assert_eq!(stdout(&run(data.path(), &["check"])), "ok");
}

#[test]
fn a_removed_connection_is_gone_with_all_it_held() {
    let data = folder();
    let (server, traces) = two_sessions(data.path());
    run(data.path(), &["connection", "add", "Stays"]);
    let list = stdout(&run(data.path(), &["connection", "list"]));
    let name = list.lines().next().and_then(|line| line.split('\t').nth(1)).expect("a name").to_owned();
    let removed = run(data.path(), &["connection", "remove", &name, "--yes"]);
    assert!(removed.status.success(), "{}", stderr(&removed));
    assert!(stdout(&removed).ends_with("with 2 sessions"), "{}", stdout(&removed));
    assert_eq!(holding(data.path(), &traces), Vec::<String>::new());
    assert_eq!(stdout(&run(data.path(), &["connection", "list"])).lines().count(), 1);
    server.stop();
    run(data.path(), &["connection", "remove", "Stays", "--yes"]);
    for table in ["connection", "session", "stream", "batch", "segment", "style", "activity"] {
        assert_eq!(count(data.path(), &format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
}

#[test]
fn a_range_of_time_is_erased_and_nothing_unasked() {
    let data = folder();
    let (_server, _) = two_sessions(data.path());
    let erase = |arguments: &[&str]| {
        let mut command = hindsight(data.path());
        command.arg("erase").args(arguments).stdin(Stdio::null()).output().expect("it runs")
    };
    let unasked = erase(&["--all"]);
    assert!(!unasked.status.success());
    assert!(stderr(&unasked).contains("Erase 2 sessions, for good? Nobody can be asked here: say --yes"));
    assert_eq!(erase(&[]).status.code(), Some(2), "what to erase must be said");
    assert_eq!(erase(&["--all", "--from", "2026-01-01"]).status.code(), Some(2));
    assert_eq!(erase(&["--from", "never"]).status.code(), Some(2));
    let unknown = erase(&["--session", "session-not-there", "--yes"]);
    assert!(stderr(&unknown).contains("there is no session session-not-there"), "{}", stderr(&unknown));
    assert_eq!(
        stdout(&erase(&["--to", "2020-01-01", "--yes"])),
        "no session is selected: nothing was erased"
    );
    assert_eq!(stdout(&erase(&["--from", "2020-01-01T00:00:00Z", "--yes"])), "erased 2 sessions");
}
