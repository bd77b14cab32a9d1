//! A visit to a page, and what was seen of the script and its requests.

use std::time::{Duration, Instant};

use anyhow::bail;
use serde::Deserialize;
use serde_json::{Value, json};

use super::browser::Browser;

/// What follows a stored batch within this time is still looked at.
const AFTERMATH: Duration = Duration::from_millis(800);

/// Asks the page what only it knows: its script elements, and stylesheets that it may not read.
const LOOK: &str = r#"(() => {
  const scripts = [...document.querySelectorAll("script[src]")].map((script) => {
    const url = new URL(script.src, document.baseURI);
    const read = (name) => script.dataset[name] ?? url.searchParams.get(name) ?? "";
    return { src: url.href, connection: read("connection"), start: read("start"), sample: read("sample") };
  });
  const sheets = [...document.styleSheets].filter((sheet) => {
    try { void sheet.cssRules; return false; } catch { return true; }
  }).map((sheet) => sheet.href ?? "");
  return { scripts, sheets };
})()"#;

/// A script element of the page.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Script {
    /// Its address.
    pub src: String,
    /// The write key that it names.
    pub connection: String,
    /// When it starts to record.
    pub start: String,
    /// What share of visits it records.
    pub sample: String,
}

/// A request of the page.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    id: String,
    /// Its method.
    pub method: String,
    /// Where it went.
    pub url: String,
    /// How it was answered.
    pub status: Option<i64>,
    /// Why it was not: `csp`, `mixed-content`, or the browser's words.
    pub failure: Option<String>,
    /// The answer, where it was asked for.
    pub body: Option<Value>,
}

/// What was seen.
#[derive(Debug, Default, Deserialize)]
pub struct Visit {
    /// Script elements with an address.
    pub scripts: Vec<Script>,
    /// Stylesheets that the page may not read.
    pub sheets: Vec<String>,
    /// Requests, in their order.
    #[serde(skip)]
    pub requests: Vec<Seen>,
    /// What the recorder said on the console.
    #[serde(skip)]
    pub said: Vec<String>,
    /// Directives of the page's policy that stopped something, with what.
    #[serde(skip)]
    pub violations: Vec<(String, String)>,
}

impl Visit {
    /// Opens the page, and stays until a batch was answered or the time is up.
    pub fn make(
        browser: &mut Browser,
        url: &str,
        ingest_path: &str,
        patience: Duration,
    ) -> anyhow::Result<Self> {
        let target = browser.call(None, "Target.createTarget", &json!({ "url": "about:blank" }))?;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.call(None, "Target.attachToTarget", &attach)?;
        let session = session["sessionId"].as_str().unwrap_or_default().to_owned();
        let session = Some(session.as_str());
        for domain in ["Network.enable", "Page.enable", "Runtime.enable", "Audits.enable"] {
            browser.call(session, domain, &json!({}))?;
        }
        let went = browser.call(session, "Page.navigate", &json!({ "url": url }))?;
        if let Some(error) = went["errorText"].as_str().filter(|text| !text.is_empty()) {
            bail!("{url} cannot be opened: {error}");
        }
        let mut visit = Self::default();
        let deadline = Instant::now() + patience;
        let mut end = deadline;
        while Instant::now() < end {
            for told in browser.listen(Duration::from_millis(100)) {
                visit.take(&told);
            }
            if visit.is_answered(ingest_path) {
                end = end.min(Instant::now() + AFTERMATH);
            }
        }
        visit.read_answers(browser, session, ingest_path);
        let look = json!({ "expression": LOOK, "returnByValue": true });
        let looked = browser.call(session, "Runtime.evaluate", &look)?;
        let page: Self = serde_json::from_value(looked["result"]["value"].clone()).unwrap_or_default();
        visit.scripts = page.scripts;
        visit.sheets = page.sheets;
        Ok(visit)
    }

    fn is_answered(&self, ingest_path: &str) -> bool {
        let is_done = |seen: &Seen| seen.status.is_some() || seen.failure.is_some();
        self.requests
            .iter()
            .any(|seen| seen.method == "POST" && path_of(&seen.url).starts_with(ingest_path) && is_done(seen))
    }

    /// Takes in what the browser told.
    fn take(&mut self, told: &Value) {
        let params = &told["params"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match told["method"].as_str().unwrap_or_default() {
            "Network.requestWillBeSent" => self.requests.push(Seen {
                id: text(&params["requestId"]),
                method: text(&params["request"]["method"]),
                url: text(&params["request"]["url"]),
                ..Seen::default()
            }),
            "Network.responseReceived" => {
                let status = params["response"]["status"].as_i64();
                self.change(&params["requestId"], |seen| seen.status = status);
            }
            "Network.loadingFailed" => {
                let blocked = text(&params["blockedReason"]);
                let words = if blocked.is_empty() { text(&params["errorText"]) } else { blocked };
                self.change(&params["requestId"], |seen| seen.failure = Some(words));
            }
            "Audits.issueAdded" => {
                let issue = &params["issue"]["details"]["contentSecurityPolicyIssueDetails"];
                if issue.is_object() {
                    self.violations.push((text(&issue["violatedDirective"]), text(&issue["blockedURL"])));
                }
            }
            "Runtime.consoleAPICalled" => {
                let words: Vec<String> = params["args"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|argument| text(argument.get("value").unwrap_or(&argument["description"])))
                    .collect();
                if words.first().is_some_and(|first| first == "hindsight:") {
                    self.said.push(words[1..].join(" "));
                }
            }
            _ => {}
        }
    }

    fn change(&mut self, id: &Value, change: impl FnOnce(&mut Seen)) {
        if let Some(seen) = self.requests.iter_mut().rev().find(|seen| Some(seen.id.as_str()) == id.as_str())
        {
            change(seen);
        }
    }

    /// Reads what the server answered to the script's requests.
    fn read_answers(&mut self, browser: &mut Browser, session: Option<&str>, ingest_path: &str) {
        for seen in &mut self.requests {
            if seen.status.is_none() || !path_of(&seen.url).starts_with(ingest_path) {
                continue;
            }
            let asked = browser.call(session, "Network.getResponseBody", &json!({ "requestId": seen.id }));
            let body = asked.ok().and_then(|answer| serde_json::from_str(answer["body"].as_str()?).ok());
            seen.body = body;
        }
    }
}

/// The path of an address; "" when it has none.
pub fn path_of(address: &str) -> String {
    url::Url::parse(address).map(|url| url.path().to_owned()).unwrap_or_default()
}
