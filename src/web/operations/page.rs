//! The page.

use std::cmp::Reverse;

use serde::Serialize;

use super::backups::{self, Backups};
use super::pace::{self, Came};
use super::{LIVE_URL, config, live};
use crate::measure::{self, Seen};
use crate::model::TimestampMs;
use crate::store::usage::{self, FileSizes};
use crate::store::work::{self, Work};
use crate::web::page::{Frame, notice};
use crate::web::plugins::paused;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response, format, health, kinds};
use crate::{clock, disk};

/// So many routes are listed: the slowest.
const SLOWEST: usize = 10;

/// The drawing of the last hour, in its own units.
const BAR: u64 = 10;
const CHART_HEIGHT: u64 = 48;

#[derive(Serialize)]
struct OperationsPage {
    #[serde(flatten)]
    frame: Frame,
    live_url: &'static str,
    version: i64,
    totals: Vec<Figure>,
    /// Why the server cannot do its work.
    troubles: Vec<&'static str>,
    chart: Chart,
    uploads: Vec<Figure>,
    refusals: Vec<Refusal>,
    writing: Vec<Figure>,
    work: Vec<Figure>,
    plugins: Vec<Plugin>,
    routes: Vec<Slow>,
    backup: Backups,
    reload: Option<config::Reload>,
    settings: Vec<config::Row>,
}

#[derive(Serialize)]
struct Figure {
    name: &'static str,
    value: String,
    meaning: String,
}

/// The last hour as its template draws it: one bar for each minute.
#[derive(Serialize)]
struct Chart {
    words: String,
    most: String,
    width: u64,
    height: u64,
    bars: Vec<Bar>,
    rows: Vec<ChartRow>,
}

#[derive(Serialize)]
struct Bar {
    words: String,
    x: u64,
    width: u64,
    taken_y: u64,
    taken: u64,
    refused_y: u64,
    refused: u64,
}

/// What a bar says, for who cannot see it.
#[derive(Serialize)]
struct ChartRow {
    time: String,
    taken: u64,
    refused: u64,
}

#[derive(Serialize)]
struct Refusal {
    title: &'static str,
    /// Where it is explained, if it is.
    url: Option<String>,
    count: String,
}

#[derive(Serialize)]
struct Plugin {
    name: String,
    runs: String,
    failed: String,
    is_paused: bool,
    middle: String,
    high: String,
    longest: String,
}

#[derive(Serialize)]
struct Slow {
    method: String,
    route: String,
    requests: String,
    failed: String,
    middle: String,
    high: String,
    longest: String,
}

/// Answers with the page.
pub async fn show(app: App, _: Request) -> Result<Response, Problem> {
    pace::look(&app);
    let now = app.clock.now();
    let (work, files) = app.store.read(|conn| Ok((work::now(conn)?, usage::file_sizes(conn)?))).await?;
    let folder = app.settings.server.data_dir.clone();
    let free = tokio::task::spawn_blocking(move || disk::space(&folder).ok()).await.unwrap_or_default();
    let page = OperationsPage {
        frame: Frame { notice: notice(app.store.disk().room()), ..Frame::of_server(&app, "operations") },
        live_url: LIVE_URL,
        version: live::version(now),
        totals: totals(&app, now),
        troubles: health::reasons(&app).into_iter().map(health::Reason::sentence).collect(),
        chart: chart(&app.pace.minutes(now)),
        uploads: uploads(&app),
        refusals: refusals(&app),
        writing: writing(files, free.map(|(free, _)| free)),
        work: waiting(&work),
        plugins: plugins(&paused(&app).await?),
        routes: slowest(&app),
        backup: backups::look(&app, now).await,
        reload: config::reload(&app, now),
        settings: config::rows(&app),
    };
    app.templates.page("pages/operations.html", &page)
}

fn figure(name: &'static str, value: impl Into<String>, meaning: impl Into<String>) -> Figure {
    Figure { name, value: value.into(), meaning: meaning.into() }
}

fn totals(app: &App, now: TimestampMs) -> Vec<Figure> {
    let uptime = app.clock.uptime();
    let started = now - i64::try_from(uptime.as_millis()).unwrap_or(i64::MAX);
    let last = app.backups.said().last;
    let backup = last.map_or_else(|| "none".to_owned(), |made| format::relative(made.at, now));
    vec![
        figure("Version", env!("CARGO_PKG_VERSION"), "Of the program that runs"),
        figure("Up for", long(uptime.as_secs()), format!("Since {}", format::exact(started))),
        figure("Connections open", format::grouped(measure::CONNECTIONS.get()), "Of browsers and proxies"),
        figure("Live pages", format::grouped(measure::LISTENERS.get()), "Pages that listen for changes"),
        figure("Last backup", backup, "Of those that the server makes"),
    ]
}

fn uploads(app: &App) -> Vec<Figure> {
    let took = measure::UPLOAD_SECONDS.seen();
    let ((waiting, most), (taken, all)) = (app.ingest.queue(), app.ingest.budget.taken());
    let refused: u64 = app.refusals.counts().values().sum();
    vec![
        figure("Stored", count(measure::UPLOADS_STORED.get()), "Uploads since the start"),
        figure("Events", count(measure::EVENTS.get()), "In them"),
        figure("Received", format::bytes(whole(measure::BYTES.get())), "As it is stored"),
        figure("Sent again", count(measure::UPLOADS_REPEATED.get()), "Uploads that had been stored before"),
        figure("Refused", count(refused), "Uploads and questions since the start"),
        figure(
            "Answered in",
            spread(&took),
            "From an upload's head to its commit: half of them, and 95 of 100",
        ),
        figure("Waiting", format!("{waiting} of {most}"), "Uploads between their last byte and their commit"),
        figure(
            "In memory",
            format!("{} of {}", format::bytes(whole(taken)), format::bytes(whole(all))),
            "Bytes of uploads that arrive or wait",
        ),
    ]
}

fn refusals(app: &App) -> Vec<Refusal> {
    let mut counts: Vec<_> = app.refusals.counts().into_iter().collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    let refusal = |(reason, number): (&'static str, u64)| {
        let kind = kinds::ALL.iter().find(|kind| kind.name == reason);
        Refusal {
            title: kind.map_or("The client went away", |kind| kind.title),
            url: kind.map(|kind| format!("/problems/{}", kind.name)),
            count: count(number),
        }
    };
    counts.into_iter().map(refusal).collect()
}

fn writing(files: FileSizes, free: Option<u64>) -> Vec<Figure> {
    let (commits, folding) = (measure::COMMIT_SECONDS.seen(), measure::CHECKPOINT_SECONDS.seen());
    let free = free.map_or_else(|| "unknown".to_owned(), |free| format::bytes(whole(free)));
    vec![
        figure("Database", format::bytes(files.file), "The file"),
        figure("Write-ahead log", format::bytes(files.log), "Folded into the file again and again"),
        figure("Free on the disk", free, "Where the data folder is"),
        figure("Commits", count(commits.count()), "Transactions since the start"),
        figure("One takes", spread(&commits), "Half of them, and 95 of 100"),
        figure("Longest", took(Some(commits.max_us)), "Transaction since the start"),
        figure("Failed", count(measure::COMMITS_FAILED.get()), "Transactions that were not committed"),
        figure("Folding in", spread(&folding), "Of the write-ahead log: half of the times, and 95 of 100"),
    ]
}

fn waiting(work: &Work) -> Vec<Figure> {
    let finishing = measure::FINISH_SECONDS.seen();
    vec![
        figure("Active sessions", format::grouped(work.active), "Of which more is expected"),
        figure(
            "To be finished",
            format::grouped(work.finishing),
            "Sessions that are over and not in their final form",
        ),
        figure("Finishing takes", spread(&finishing), "One session: half of them, and 95 of 100"),
        figure("For plugins", format::grouped(work.analysis), "Sessions that plugins are to look at"),
        figure("For webhooks", format::grouped(work.webhooks), "Events that they are to be told"),
        figure("Answered", count(measure::ANSWERS_GIVEN.get()), "Questions since the start"),
        figure("Not answered", count(measure::ANSWERS_FAILED.get()), "Questions that failed since the start"),
    ]
}

fn plugins(paused: &[String]) -> Vec<Plugin> {
    let plugin = |(name, runs): (String, std::sync::Arc<measure::Runs>)| {
        let cpu = runs.cpu.seen();
        Plugin {
            is_paused: paused.contains(&name),
            name,
            runs: count(runs.done.get() + runs.failed.get()),
            failed: count(runs.failed.get()),
            middle: took(cpu.percentile(50)),
            high: took(cpu.percentile(95)),
            longest: took(Some(cpu.max_us)),
        }
    };
    measure::PLUGINS.all().into_iter().map(plugin).collect()
}

/// The routes that 5 of 100 waited longest for.
fn slowest(app: &App) -> Vec<Slow> {
    let rows = app.traffic.rows().iter().map(|row| (row, row.took()));
    let mut rows: Vec<_> = rows.filter(|(_, took)| took.count() > 0).collect();
    rows.sort_by_key(|(_, took)| Reverse((took.percentile(95), took.max_us)));
    let slow = |(row, seen): (&crate::web::traffic::Row, Seen)| Slow {
        method: row.method.clone(),
        route: row.path.clone(),
        requests: count(seen.count()),
        failed: count(row.by_status().filter(|(status, _)| *status >= 500).map(|(_, count)| count).sum()),
        middle: took(seen.percentile(50)),
        high: took(seen.percentile(95)),
        longest: took(Some(seen.max_us)),
    };
    rows.into_iter().take(SLOWEST).map(slow).collect()
}

fn chart(minutes: &[(TimestampMs, Came)]) -> Chart {
    let (taken, refused) = minutes
        .iter()
        .fold((0, 0), |(taken, refused), (_, came)| (taken + came.taken, refused + came.refused));
    let most = minutes.iter().map(|(_, came)| came.taken + came.refused).max().unwrap_or(0);
    let height = |count: u64| match count {
        0 => 0,
        // What is seldom is seen as well.
        count => (count * CHART_HEIGHT / most.max(1)).max(1),
    };
    let bar = |(index, (at, came)): (u64, &(TimestampMs, Came))| {
        let (taken, refused) = (height(came.taken), height(came.refused));
        Bar {
            words: format!("{}: {} taken, {} refused", hour_and_minute(*at), came.taken, came.refused),
            x: index * BAR,
            width: BAR - 2,
            taken_y: CHART_HEIGHT.saturating_sub(taken),
            taken,
            refused_y: CHART_HEIGHT.saturating_sub(taken + refused),
            refused,
        }
    };
    let row = |(at, came): &(TimestampMs, Came)| ChartRow {
        time: hour_and_minute(*at),
        taken: came.taken,
        refused: came.refused,
    };
    let bytes = minutes.iter().map(|(_, came)| came.bytes).sum::<u64>();
    Chart {
        words: format!(
            "{} and {} in the last hour, {} refused",
            format::count(whole(taken), "upload"),
            format::bytes(whole(bytes)),
            format::grouped(whole(refused))
        ),
        most: format!("{} a minute at most", count(most)),
        width: minutes.len() as u64 * BAR,
        height: CHART_HEIGHT,
        bars: (0..).zip(minutes).map(bar).collect(),
        rows: minutes.iter().filter(|(_, came)| came.taken + came.refused > 0).map(row).collect(),
    }
}

/// In UTC.
fn hour_and_minute(at: TimestampMs) -> String {
    clock::rfc3339(at).split_once('T').map_or_else(String::new, |(_, time)| time.chars().take(5).collect())
}

/// Half of them took at most so long, and 95 of 100 so long.
fn spread(seen: &Seen) -> String {
    match (seen.percentile(50), seen.percentile(95)) {
        (Some(middle), Some(high)) => format!("{} / {}", took(Some(middle)), took(Some(high))),
        _ => "–".to_owned(),
    }
}

/// A duration in microseconds.
pub fn took(us: Option<u64>) -> String {
    match us {
        None => "–".to_owned(),
        Some(us) if us < 10_000 => format!("{:.1} ms", us as f64 / 1e3),
        Some(us) if us < 1_000_000 => format!("{} ms", us / 1000),
        Some(us) => format!("{:.1} s", us as f64 / 1e6),
    }
}

/// A long time, in its two largest units.
pub fn long(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes} min"),
        (0, hours) => format!("{hours} h {minutes} min"),
        (days, hours) => format!("{days} d {hours} h"),
    }
}

fn count(number: u64) -> String {
    format::grouped(whole(number))
}

/// A number that is never larger than what counters hold.
pub fn whole(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_times_are_short() {
        assert_eq!(
            [Some(120), Some(53_000), Some(1_250_000), None].map(took),
            ["0.1 ms", "53 ms", "1.2 s", "–"]
        );
        assert_eq!([59, 3_700, 200_000].map(long), ["0 min", "1 h 1 min", "2 d 7 h"]);
        assert_eq!(hour_and_minute(1_767_225_600_000), "00:00");
    }

    #[test]
    fn a_chart_of_an_hour_shows_what_was_refused_on_top() {
        let minutes: Vec<_> = (0..60)
            .map(|minute| {
                let came = Came { taken: if minute == 3 { 90 } else { 0 }, refused: 10, bytes: 1 };
                (minute * 60_000, came)
            })
            .collect();
        let chart = chart(&minutes);
        assert_eq!((chart.width, chart.bars.len(), chart.rows.len()), (600, 60, 60));
        let bar = &chart.bars[3];
        assert_eq!((bar.taken, bar.taken_y, bar.refused, bar.refused_y), (43, 5, 4, 1));
        assert_eq!(chart.most, "100 a minute at most");
        assert!(
            chart.words.starts_with("90 uploads and 60 B in the last hour, 600 refused"),
            "{}",
            chart.words
        );
    }
}
