//! `hindsight doctor`: opens a page in Chromium, and says why it is not recorded.

mod browser;
mod checks;
mod visit;

use std::io::Write;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use serde::Serialize;

use super::Reported;
use crate::config::Settings;
use crate::model::checkup::{Check, Outcome, worst};
use crate::store::connections;
use browser::Browser;
use checks::Expected;
use visit::Visit;

/// The longest that can be waited, in seconds.
const MAX_WAIT: u64 = 300;

/// What the command takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The page. The visit to it is recorded like any other.
    #[arg(value_name = "URL")]
    url: String,
    /// The connection that the page is to record to.
    #[arg(long, value_name = "NAME")]
    connection: Option<String>,
    /// How long to wait for the first batch, in seconds.
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=MAX_WAIT))]
    wait: u64,
    /// Prints what was found as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    url: &'a str,
    /// Whether nothing is in the way.
    ok: bool,
    checks: &'a [Check],
}

/// Runs the command. Ends with 1 when something is in the way.
pub async fn run(settings: Settings, arguments: Arguments) -> anyhow::Result<()> {
    let url = address(&arguments.url)?;
    let write_key = match &arguments.connection {
        Some(name) => Some(key_of(&settings, name).await?),
        None => None,
    };
    let program = browser::find().context(
        "no Chromium is installed; install one (`apt install chromium`), or name it with CHROME=/path/to/chrome",
    )?;
    let expected = Expected {
        script_path: settings.recorder.script_path.clone(),
        widget_path: settings.recorder.widget_path.clone(),
        ingest_path: settings.recorder.ingest_path.clone(),
        write_key,
    };
    let patience = Duration::from_secs(arguments.wait);
    let (page, ingest_path) = (url.clone(), expected.ingest_path.clone());
    let visit = tokio::task::spawn_blocking(move || {
        let mut browser = Browser::start(&program)?;
        Visit::make(&mut browser, &page, &ingest_path, patience)
    });
    let checks = checks::checks(&visit.await.context("looking at the page failed")??, &expected);
    let ok = worst(&checks).is_none_or(|check| check.outcome != Outcome::Bad);
    let mut out = std::io::stdout();
    if arguments.json {
        serde_json::to_writer_pretty(&mut out, &Report { url: &url, ok, checks: &checks })?;
        writeln!(out)?;
    } else {
        print(&mut out, &url, ok, &checks)?;
    }
    if ok { Ok(()) } else { Err(Reported.into()) }
}

fn print(out: &mut impl Write, url: &str, ok: bool, checks: &[Check]) -> std::io::Result<()> {
    let verdict = if ok { "is recorded" } else { "is not recorded" };
    writeln!(out, "{url} {verdict}.\n")?;
    for check in checks {
        let mark = match check.outcome {
            Outcome::Good => "ok  ",
            Outcome::Unknown => "note",
            Outcome::Weak => "weak",
            Outcome::Bad => "BAD ",
        };
        writeln!(out, "{mark}  {}", check.found)?;
        if !check.remedy.is_empty() {
            writeln!(out, "      {}", check.remedy)?;
        }
        for line in check.line.lines() {
            writeln!(out, "        {line}")?;
        }
    }
    Ok(())
}

/// The page's address, with https where no scheme is named.
fn address(text: &str) -> anyhow::Result<String> {
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    match url::Url::parse(&whole) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url.into()),
        _ => bail!("{text:?} is no address of a page; write one such as https://shop.example/cart"),
    }
}

async fn key_of(settings: &Settings, name: &str) -> anyhow::Result<String> {
    let (store, closing) = super::open_to_read(settings)?;
    let wanted = name.trim().to_owned();
    let found = store.read(move |conn| connections::named(conn, &wanted)).await;
    closing.close();
    let found = found?.with_context(|| {
        format!("there is no connection named {name:?}; `hindsight connection list` shows those there are")
    })?;
    Ok(found.write_key)
}
