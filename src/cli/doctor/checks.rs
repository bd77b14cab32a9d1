//! What a visit says about a page, each finding with its remedy.

use serde_json::Value;

use super::visit::{Script, Seen, Visit, path_of};
use crate::model::checkup::{Check, Outcome};

/// What the page is held against.
pub struct Expected {
    /// Where the loader is on the server.
    pub script_path: String,
    /// Where the widget is on the server.
    pub widget_path: String,
    /// Where uploads go on the server.
    pub ingest_path: String,
    /// The write key of the connection that was named.
    pub write_key: Option<String>,
}

/// Where the recorder's own script is.
const RECORDER: &str = "/assets/recorder.";

/// All that can be said, in the order in which it happens on the page.
pub fn checks(visit: &Visit, expected: &Expected) -> Vec<Check> {
    let Some(script) = element(visit, expected) else {
        return vec![missing(expected)];
    };
    let mut checks = vec![Check::new(
        "element",
        Outcome::Good,
        format!("The page has the script element: {}.", script.src),
    )];
    checks.extend(key(script, expected));
    let server = origin(&script.src);
    let loaded = loaded("script", "The script", find(visit, |seen| seen.url == script.src), &server);
    let is_loaded = loaded.outcome == Outcome::Good;
    checks.push(loaded);
    if !is_loaded {
        return checks;
    }
    let is_ours = |seen: &Seen| path_of(&seen.url).starts_with(&format!("{}/", expected.ingest_path));
    let settings =
        find(visit, |seen| seen.method == "GET" && is_ours(seen) && !seen.url.contains("blocked="));
    checks.push(match (settings, stopped(visit, &server)) {
        (None, Some(directive)) => not_allowed("settings", directive, &server),
        _ => answered(settings, &server),
    });
    let batch = find(visit, |seen| seen.method == "POST" && is_ours(seen));
    checks.extend(start(script, settings, batch.is_some()));
    if let Some(recorder) = find(visit, |seen| path_of(&seen.url).starts_with(RECORDER)) {
        checks.push(loaded_recorder(recorder, &server));
    }
    checks.extend(batches(batch, &checks, &server));
    checks.extend(sheets(visit));
    let said = |words: &String| {
        Check::new("console", Outcome::Weak, format!("The script says on the console: {words}"))
    };
    checks.extend(visit.said.iter().map(said));
    checks
}

fn element<'v>(visit: &'v Visit, expected: &Expected) -> Option<&'v Script> {
    let is_ours = |script: &&Script| {
        let path = path_of(&script.src);
        !script.connection.is_empty() || path == expected.script_path || path == expected.widget_path
    };
    visit.scripts.iter().find(is_ours)
}

fn missing(expected: &Expected) -> Check {
    let key = expected.write_key.as_deref().unwrap_or("WRITE_KEY");
    Check::new("element", Outcome::Bad, "The page has no script element of Hindsight.")
        .remedy("Put this line into its <head>. The Install page of the connection has it with the right address.")
        .line(format!("<script async src=\"https://YOUR-HINDSIGHT{}\" data-connection=\"{key}\"></script>", expected.script_path))
}

fn key(script: &Script, expected: &Expected) -> Option<Check> {
    if script.connection.is_empty() {
        return Some(
            Check::new("key", Outcome::Bad, "The script element names no connection.")
                .remedy("Add the write key to it; where attributes are dropped, to its address.")
                .line("data-connection=\"WRITE_KEY\""),
        );
    }
    let wanted = expected.write_key.as_ref()?;
    Some(if *wanted == script.connection {
        Check::new("key", Outcome::Good, "Its write key is the connection's.")
    } else {
        Check::new("key", Outcome::Bad, "Its write key is not the one that the connection has.")
            .remedy("Put the connection's present key into the page.")
            .line(format!("data-connection=\"{wanted}\""))
    })
}

fn find(visit: &Visit, wanted: impl Fn(&Seen) -> bool) -> Option<&Seen> {
    visit.requests.iter().find(|seen| wanted(seen))
}

/// Whether a script arrived.
fn loaded(name: &'static str, what: &str, request: Option<&Seen>, server: &str) -> Check {
    match request {
        Some(Seen { failure: Some(failure), .. }) => obstacle(name, what, failure, server),
        Some(Seen { status: Some(200..=299 | 304), .. }) => Check::new(name, Outcome::Good, format!("{what} loaded.")),
        Some(Seen { status: Some(404), url, .. }) => Check::new(name, Outcome::Bad, format!("{what} is not at {url} (404)."))
            .remedy("Compare the address with the one on the connection's Install page; [recorder] script_path may be another."),
        Some(Seen { status: Some(status), .. }) => Check::new(name, Outcome::Bad, format!("{what} was answered with {status}."))
            .remedy("See what stands between the page and the server."),
        _ => Check::new(name, Outcome::Bad, format!("{what} was asked for and never answered."))
            .remedy("See that the server runs, and that this machine reaches it."),
    }
}

fn loaded_recorder(request: &Seen, server: &str) -> Check {
    loaded("recorder", "The recorder", Some(request), server)
}

/// Why the browser sent nothing, or got nothing.
fn obstacle(name: &'static str, what: &str, failure: &str, server: &str) -> Check {
    let bad = |found: String| Check::new(name, Outcome::Bad, found);
    match failure {
        "csp" => bad(format!("{what} is blocked by the page's Content-Security-Policy."))
            .remedy("Add this to the policy that the site sends.")
            .line(format!("script-src {server}; connect-src {server}")),
        "mixed-content" => bad(format!("{what} is blocked: the page comes by https, the script by http."))
            .remedy("Give the server https, say so in config.toml, and use that address in the page.")
            .line("[server]\npublic_url = \"https://hindsight.example\""),
        "inspector" | "net::ERR_BLOCKED_BY_CLIENT" => bad(format!("{what} is blocked by an ad blocker."))
            .remedy("Names such as these are blocked less often; choose them in config.toml.")
            .line("[recorder]\nscript_path = \"/h.js\"\ningest_path = \"/h\""),
        other => bad(format!("{what} did not load: {other}."))
            .remedy("See that the server runs at this address, and that nothing in between refuses it.")
            .line(server),
    }
}

/// The directive of the page's policy that stopped a request to the server. Such a request is
/// not even begun, so the browser tells of no failure.
fn stopped<'v>(visit: &'v Visit, server: &str) -> Option<&'v str> {
    let of_server = |(_, url): &&(String, String)| url.starts_with(server);
    visit.violations.iter().find(of_server).map(|(directive, _)| directive.as_str())
}

fn not_allowed(name: &'static str, directive: &str, server: &str) -> Check {
    let found = format!("The page's Content-Security-Policy ({directive}) stops requests to the server.");
    Check::new(name, Outcome::Bad, found)
        .remedy("Add this to the policy that the site sends.")
        .line(format!("script-src {server}; connect-src {server}"))
}

/// What the server said about the connection.
fn answered(request: Option<&Seen>, server: &str) -> Check {
    let name = "settings";
    let Some(request) = request else {
        return Check::new(name, Outcome::Bad, "The script did not ask what to record.")
            .remedy("A page inside of another of the same site leaves that to the one around it. Otherwise look at the console: something threw.");
    };
    if let Some(failure) = &request.failure {
        return obstacle(name, "Asking what to record", failure, server);
    }
    let body = request.body.as_ref();
    match request.status {
        Some(200) => match body.and_then(|body| body["recording"]["off"].as_str()) {
            Some("recording-disabled") => Check::new(name, Outcome::Bad, "The connection is paused.")
                .remedy("Resume it in its settings, or so:")
                .line("hindsight connection set NAME --resume"),
            Some(_) => Check::new(
                name,
                Outcome::Bad,
                "This browser asks not to be recorded (Sec-GPC), and the connection honours that.",
            ),
            None => Check::new(name, Outcome::Good, "The server answered what to record."),
        },
        Some(status) => refusal(name, "Asking what to record", status, body),
        None => Check::new(name, Outcome::Bad, "Asking what to record was never answered.")
            .remedy("See that the server runs, and that nothing in between holds requests back."),
    }
}

/// What the server refused, in its own words.
fn refusal(name: &'static str, what: &str, status: i64, body: Option<&Value>) -> Check {
    let kind = body.and_then(|body| body["type"].as_str()).unwrap_or_default();
    let detail = body.and_then(|body| body["detail"].as_str()).unwrap_or("no reason was given");
    let check = Check::new(name, Outcome::Bad, format!("{what} was refused with {status}: {detail}."));
    match kind {
        "/problems/origin-not-allowed" => check.remedy(
            "Add the page's origin to the allowed origins of the connection, under General in its settings.",
        ),
        "/problems/unknown-key" | "/problems/key-revoked" => {
            check.remedy("Put the snippet from the connection's Install page into the page.")
        }
        "" => check.remedy("The answer is not the server's own: see what stands in front of it."),
        _ => check.remedy("Remove the cause that the server names."),
    }
}

/// Why this visit may rightly be without a recording.
fn start(script: &Script, settings: Option<&Seen>, has_batch: bool) -> Option<Check> {
    let recording = settings.and_then(|seen| seen.body.as_ref()).map(|body| &body["recording"]);
    let owner = |name: &str| recording.map(|recording| recording[name].clone()).unwrap_or_default();
    let waits = !matches!(script.start.as_str(), "" | "load") || owner("start") == "manual";
    if waits && !has_batch {
        return Some(
            Check::new("start", Outcome::Bad, "Recording waits for hindsight.start(), and the page has not called it.")
                .remedy("Call it once the visitor has agreed, or let recording start with the page (data-start, and Recording in the settings).")
                .line("hindsight.start()"),
        );
    }
    let shares = [script.sample.parse().unwrap_or(1.0_f64), owner("sample").as_f64().unwrap_or(1.0)];
    let share = shares[0].min(shares[1]);
    (share < 1.0).then(|| {
        let found = format!(
            "A share of {share} of the visits is recorded{}.",
            if has_batch { "" } else { "; this one is not among them" }
        );
        Check::new("sample", Outcome::Unknown, found)
    })
}

fn batches(batch: Option<&Seen>, before: &[Check], server: &str) -> Vec<Check> {
    let Some(batch) = batch else {
        // Where the reason is known, it is enough.
        let is_explained = before.iter().any(|check| check.outcome == Outcome::Bad || check.name == "sample");
        let nothing = Check::new("batch", Outcome::Bad, "Nothing was sent in the time that was waited.")
            .remedy("Look at the page's console for what the script says, or wait longer with --wait.");
        return if is_explained { Vec::new() } else { vec![nothing] };
    };
    if let Some(failure) = &batch.failure {
        return vec![obstacle("batch", "The first batch", failure, server)];
    }
    match (batch.status, &batch.body) {
        (Some(200), body) => {
            let wants = body.as_ref().is_some_and(|body| body["snapshot"] == true);
            let snapshot = if wants {
                Check::new(
                    "snapshot",
                    Outcome::Weak,
                    "The first picture of the page did not arrive; the server has asked for another one.",
                )
                .remedy("See that a proxy in front lets large bodies pass; with nginx:")
                .line("client_max_body_size 10m;")
            } else {
                Check::new("snapshot", Outcome::Good, "The recording can be played from its start.")
            };
            vec![Check::new("batch", Outcome::Good, "The first batch was sent and stored."), snapshot]
        }
        (Some(413), None) => vec![
            Check::new(
                "batch",
                Outcome::Bad,
                "The first batch is too large for what stands in front of the server (413).",
            )
            .remedy("Let large bodies pass; with nginx:")
            .line("client_max_body_size 10m;"),
        ],
        (Some(status), body) => vec![refusal("batch", "The first batch", status, body.as_ref())],
        (None, _) => vec![
            Check::new(
                "batch",
                Outcome::Weak,
                "The first batch was not answered in the time that was waited.",
            )
            .remedy("Wait longer with --wait."),
        ],
    }
}

fn sheets(visit: &Visit) -> Option<Check> {
    let first = visit.sheets.first()?;
    let found = format!(
        "Stylesheets of other sites cannot be read, so replays may look bare: {}.",
        visit.sheets.join(", ")
    );
    Some(
        Check::new("stylesheets", Outcome::Weak, found)
            .remedy("Let the site that has them answer with the header Access-Control-Allow-Origin: *, and load them with crossorigin.")
            .line(format!("<link rel=\"stylesheet\" href=\"{first}\" crossorigin=\"anonymous\">")),
    )
}

fn origin(address: &str) -> String {
    url::Url::parse(address).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}
