//! The figures: all that are promised, in the format that Prometheus reads, and nowhere that
//! visitors reach.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::command_line::{Process, folder};
use crate::durability::{get, key_of, send};
use crate::server::{NOW, page_load, request};

/// A server that shows its figures at a free port; returns where.
fn start(data: &Path) -> (Process, String) {
    // Nobody is told which port was taken, so one is found first.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr();
    let address = free.expect("bound").to_string();
    let settings = [("HINDSIGHT_METRICS__LISTEN", address.as_str()), ("HINDSIGHT_PLUGINS__ENABLED", "false")];
    (Process::start_with(data, &[], &settings), format!("http://{address}"))
}

/// The samples by their names with labels.
fn samples(text: &str) -> BTreeMap<&str, f64> {
    let mut samples = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').expect("a name and a value");
        let before = samples.insert(name, value.parse::<f64>().expect("a number"));
        assert!(before.is_none(), "{name} stands there twice");
    }
    samples
}

fn upload(server: &Process, key: &str, session: &str, seq: &str) -> u16 {
    let body = page_load(NOW, "https://shop.example/secret-page?q=private", "hello");
    let path = format!("/ingest/{key}/{session}/stream-000000000/{seq}");
    send(&server.url, &request("POST", &path, &[], body.as_bytes())).expect("an answer").status
}

#[test]
fn figures_tell_what_happened_and_to_no_visitor() {
    let data = folder();
    let (server, figures) = start(data.path());
    let key = key_of(data.path());
    assert_eq!(upload(&server, &key, "session-000000stored", "0"), 200);
    assert_eq!(upload(&server, &key, "session-000000stored", "0"), 200);
    assert_eq!(upload(&server, "hk_nobody-has-this-one", "session-000000stored", "1"), 401);
    assert_eq!(get(&server.url, "/connections/1/sessions?q=private").status, 200);
    assert_eq!(get(&server.url, "/connections/1/sessions/session-nobody-has").status, 404);
    assert_eq!(get(&server.url, "/nowhere/private").status, 404);

    let answer = get(&figures, "/metrics");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = answer.text();
    let samples = samples(&text);
    for (name, value) in [
        ("hindsight_ready", 1.0),
        ("hindsight_not_ready{reason=\"disk-low\"}", 0.0),
        ("hindsight_uploads_total{result=\"stored\"}", 1.0),
        ("hindsight_uploads_total{result=\"duplicate\"}", 1.0),
        ("hindsight_uploads_total{result=\"refused\"}", 1.0),
        ("hindsight_uploads_refused_total{reason=\"unknown-key\"}", 1.0),
        ("hindsight_events_total", 3.0),
        ("hindsight_upload_duration_seconds_count", 2.0),
        ("hindsight_upload_duration_seconds_bucket{le=\"+Inf\"}", 2.0),
        ("hindsight_upload_queue", 0.0),
        ("hindsight_upload_queue_bytes", 0.0),
        ("hindsight_sessions{state=\"active\"}", 1.0),
        ("hindsight_commit_failures_total", 0.0),
        ("hindsight_http_requests_total{method=\"POST\",route=\"/ingest/{*address}\",status=\"200\"}", 2.0),
        (
            "hindsight_http_requests_total{method=\"GET\",route=\"/connections/{connection}/sessions\",status=\"200\"}",
            1.0,
        ),
        ("hindsight_http_requests_total{method=\"\",route=\"unmatched\",status=\"404\"}", 1.0),
    ] {
        assert_eq!(samples.get(name), Some(&value), "{name} in\n{text}");
    }
    for name in ["hindsight_database_bytes", "hindsight_disk_free_bytes", "process_open_fds"] {
        assert!(samples[name] > 0.0, "{name}");
    }
    for private in ["private", "secret", "shop.example", "session-0", "session-nobody", &key, "Default"] {
        assert!(!text.contains(private), "{private} stands in\n{text}");
    }
    assert_eq!(get(&server.url, "/metrics").status, 404, "visitors do not see them");
    assert_eq!(get(&figures, "/readyz").status, 404, "there is nothing else");
    is_read_by_promtool(&text);
}

/// What Prometheus itself says of the format and the names, where it is installed.
fn is_read_by_promtool(text: &str) {
    let child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        println!("skipped: promtool is not installed (Debian: `apt install prometheus`)");
        return;
    };
    child.stdin.take().expect("piped").write_all(text.as_bytes()).expect("taken");
    let output = child.wait_with_output().expect("it ends");
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
}

#[test]
fn who_does_not_want_figures_has_no_port_for_them() {
    let data = folder();
    let server = Process::start(data.path());
    assert_eq!(get(&server.url, "/metrics").status, 404);
    let taken = server.url.trim_start_matches("http://").to_owned();
    let output = crate::command_line::hindsight(folder().path())
        .env("HINDSIGHT_METRICS__LISTEN", &taken)
        .args(["serve", "--listen", "127.0.0.1:0"])
        .output()
        .expect("the program starts");
    assert!(!output.status.success());
    let said = crate::command_line::stderr(&output);
    assert!(said.contains(&format!("cannot listen on {taken} for the figures")), "{said}");
}

/// All names of figures in a text.
fn names(text: &str) -> BTreeSet<String> {
    let is_name = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let words = text.split(|char| !is_name(char));
    let ours = words.filter(|word| word.starts_with("hindsight_") || word.starts_with("process_"));
    ours.map(str::to_owned).collect()
}

#[test]
fn the_dashboard_and_the_alerts_name_figures_that_there_are() {
    let data = folder();
    let (_server, figures) = start(data.path());
    let text = get(&figures, "/metrics").text();
    let shown: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    // These are there only once there is something to say.
    let later =
        ["hindsight_config_last_reload_successful", "hindsight_backup_last_success_timestamp_seconds"];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations");
    for file in ["grafana.json", "alerts.yml"] {
        let named = names(&std::fs::read_to_string(folder.join(file)).expect("the file"));
        assert!(named.len() > 5, "{file}: {named:?}");
        for name in named {
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|ending| name.strip_suffix(ending));
            let is_shown =
                shown.contains(name.as_str()) || family.is_some_and(|family| shown.contains(family));
            assert!(is_shown || later.contains(&name.as_str()), "{file}: there is no {name}");
        }
    }
    let board = std::fs::read_to_string(folder.join("grafana.json")).expect("the file");
    serde_json::from_str::<serde_json::Value>(&board).expect("JSON");
    match Command::new("promtool").arg("check").arg("rules").arg(folder.join("alerts.yml")).output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => println!("skipped: promtool is not installed (Debian: `apt install prometheus`)"),
    }
}
