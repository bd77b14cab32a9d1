//! The Storage page: what recordings take, of which connection, and how long there is room.

use serde::Serialize;
use warp::http::Method;

use super::outlook::Outlook;
use super::page::{Frame, notice, sessions_url};
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::{App, Response, format, retention};
use crate::disk;
use crate::model::{ConnectionId, TimestampMs};
use crate::store::usage::{self, FileSizes, Usage};

/// Where the page is.
pub const URL: &str = "/storage";

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What counts as lately, for the growth.
const RECENT_DAYS: i64 = 7;

/// The width of the drawing of the disk, in its own units.
const DISK_WIDTH: i64 = 1000;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![Route::new(Method::GET, URL, Access::Server, Surface::Page, page)]
}

#[derive(Serialize)]
struct StoragePage {
    #[serde(flatten)]
    frame: Frame,
    /// What was done on the page before.
    done: Option<String>,
    figures: Vec<Figure>,
    disk: Option<Disk>,
    outlook: String,
    /// Growth in words.
    growth: String,
    rows: Vec<Row>,
    /// The server's own rule for how long sessions are kept.
    server_keeps: String,
    limit: Option<String>,
}

#[derive(Serialize)]
struct Figure {
    name: &'static str,
    value: String,
    meaning: &'static str,
}

/// The disk as its template draws it.
#[derive(Serialize)]
struct Disk {
    words: String,
    width: i64,
    parts: Vec<DiskPart>,
}

#[derive(Serialize)]
struct DiskPart {
    kind: &'static str,
    words: String,
    x: i64,
    width: i64,
}

/// A connection.
#[derive(Serialize)]
struct Row {
    name: String,
    url: String,
    sessions: String,
    events: String,
    size: String,
    share: String,
    per_day: String,
    oldest_exact: String,
    oldest: String,
    keeps: String,
    retention_url: String,
}

async fn page(app: App, request: Request) -> Result<Response, Problem> {
    let saved: Option<ConnectionId> = request.query("saved")?.and_then(|text| text.parse().ok());
    let (scope, now) = (app.scope(), app.clock.now());
    let since = now - RECENT_DAYS * DAY_MS;
    let (usage, files) = app
        .store
        .read(move |conn| Ok((usage::by_connection(conn, &scope, since)?, usage::file_sizes(conn)?)))
        .await?;
    let folder = app.settings.server.data_dir.clone();
    let space = tokio::task::spawn_blocking(move || disk::space(&folder).ok()).await.unwrap_or_default();
    let space = space.map(|(free, total)| (whole(free), whole(total)));
    let state = State { app: &app, usage, files, space, now };
    app.templates.page("pages/storage.html", &state.page(saved))
}

/// What the page is told from.
struct State<'a> {
    app: &'a App,
    usage: Vec<Usage>,
    files: FileSizes,
    /// Free and total bytes of the disk.
    space: Option<(i64, i64)>,
    now: TimestampMs,
}

impl State<'_> {
    fn page(&self, saved: Option<ConnectionId>) -> StoragePage {
        let saved = self.usage.iter().find(|each| Some(each.connection.id) == saved);
        let per_day = self.usage.iter().map(|each| self.per_day(each)).sum::<i64>();
        StoragePage {
            frame: Frame {
                notice: notice(self.app.store.disk().room()),
                ..Frame::of_server(self.app, "storage")
            },
            done: saved.map(|each| {
                format!("Saved. Sessions of {} are kept {}.", each.connection.name, self.keeps(each))
            }),
            figures: self.figures(),
            disk: self.space.map(|(free, total)| disk_drawing(free, total, self.files.file + self.files.log)),
            outlook: self.outlook(per_day).sentence(),
            growth: format!("{} per day", format::bytes(per_day)),
            rows: self.usage.iter().map(|each| self.row(each)).collect(),
            server_keeps: retention::words(i64::from(self.app.settings.retention.keep_days)),
            limit: Some(self.budget()).filter(|budget| *budget > 0).map(format::bytes),
        }
    }

    fn figures(&self) -> Vec<Figure> {
        let figure = |name, bytes, meaning| Figure { name, value: format::bytes(bytes), meaning };
        vec![
            figure("Recordings", self.taken(), "What sessions take, with the stylesheets they share"),
            figure("Database file", self.files.file, "Recordings, lists and the search"),
            figure("Free in it", self.files.free, "Taken by the next recordings, or given back to the disk"),
            figure("Write-ahead log", self.files.log, "Beside the file; folded into it again and again"),
        ]
    }

    fn row(&self, each: &Usage) -> Row {
        Row {
            name: each.connection.name.clone(),
            url: sessions_url(each.connection.id),
            sessions: format::grouped(each.sessions),
            events: format::grouped(each.events),
            size: format::bytes(each.bytes),
            share: share(each.bytes, self.taken()),
            per_day: format::bytes(self.per_day(each)),
            oldest_exact: each.oldest.map(format::exact).unwrap_or_default(),
            oldest: each.oldest.map(|oldest| format::relative(oldest, self.now)).unwrap_or_default(),
            keeps: self.keeps(each),
            retention_url: retention::url(each.connection.id),
        }
    }

    fn taken(&self) -> i64 {
        self.usage.iter().map(|each| each.bytes).sum()
    }

    /// What is left on the disk when uploads are refused.
    fn low_water(&self) -> i64 {
        whole(self.app.settings.disk.low_water_bytes)
    }

    fn budget(&self) -> i64 {
        whole(self.app.settings.retention.max_bytes)
    }

    fn keeps(&self, each: &Usage) -> String {
        match each.keep_days {
            Some(days) => retention::words(days),
            None => format!(
                "{}, as the server does",
                retention::words(i64::from(self.app.settings.retention.keep_days))
            ),
        }
    }

    /// What a connection grows by in a day. Of a server that has recorded for less than
    /// the days that count as lately, only its own days count.
    fn per_day(&self, each: &Usage) -> i64 {
        let oldest = self.usage.iter().filter_map(|each| each.oldest).min().unwrap_or(self.now);
        let days = ((self.now - oldest).max(0) / DAY_MS + 1).clamp(1, RECENT_DAYS);
        each.recent_bytes / days
    }

    fn outlook(&self, per_day: i64) -> Outlook {
        let server_days = i64::from(self.app.settings.retention.keep_days);
        let level = |each: &Usage| match (self.per_day(each), each.keep_days.unwrap_or(server_days)) {
            (0, _) => Some(each.bytes),
            (_, 0) => None,
            (per_day, days) => Some(per_day.saturating_mul(days)),
        };
        let used = self.files.file - self.files.free;
        let budget = Some(self.budget()).filter(|budget| *budget > 0);
        Outlook {
            per_day,
            taken: self.taken(),
            levels_at: self.usage.iter().map(level).sum(),
            disk_room: self.space.map(|(free, _)| free + self.files.free - self.low_water()),
            budget: budget.map(|budget| (budget, budget - used)),
        }
    }
}

fn disk_drawing(free: i64, total: i64, ours: i64) -> Disk {
    let other = (total - free - ours).max(0);
    let width = |bytes: i64| match bytes {
        0 => 0,
        bytes => (i128::from(bytes) * i128::from(DISK_WIDTH) / i128::from(total.max(1))).max(2) as i64,
    };
    let (ours_width, other_width) = (width(ours), width(other));
    let part = |kind, bytes, what, x, width| DiskPart {
        kind,
        words: format!("{what}: {}", format::bytes(bytes)),
        x,
        width,
    };
    Disk {
        words: format!("{} free of {}", format::bytes(free), format::bytes(total)),
        width: DISK_WIDTH,
        parts: vec![
            part("ours", ours, "Hindsight", 0, ours_width),
            part("other", other, "Other files", ours_width, other_width),
        ],
    }
}

fn share(bytes: i64, all: i64) -> String {
    match i128::from(bytes) * 100 / i128::from(all.max(1)) {
        0 if bytes > 0 => "<1%".to_owned(),
        percent => format!("{percent}%"),
    }
}

fn whole(bytes: impl TryInto<i64>) -> i64 {
    bytes.try_into().unwrap_or(i64::MAX)
}
