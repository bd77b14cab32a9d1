//! All figures, put together when they are asked for.

use super::process;
use super::text::{Kind, Text};
use crate::disk;
use crate::measure;
use crate::store::usage;
use crate::store::work::{self as queues, Work};
use crate::web::App;
use crate::web::health::{self, Reason};
use crate::web::plugins::paused;

/// The figures as text.
pub async fn figures(app: &App) -> String {
    let mut text = Text::default();
    server(&mut text, app);
    uploads(&mut text, app);
    writing(&mut text);
    files(&mut text, app).await;
    work(&mut text, app).await;
    plugins(&mut text, app).await;
    outgoing(&mut text);
    requests(&mut text, app);
    backups(&mut text, app);
    process::add(&mut text);
    text.finish()
}

fn server(text: &mut Text, app: &App) {
    let version = env!("CARGO_PKG_VERSION");
    text.family("hindsight_build_info", Kind::Gauge, "Which version runs; always 1.")
        .add(&[("version", version)], 1);
    let reasons = health::reasons(app);
    text.gauge("hindsight_ready", "Whether the server can do its work.", u8::from(reasons.is_empty()));
    let mut not_ready = text.family("hindsight_not_ready", Kind::Gauge, "Why it cannot, by reason.");
    for reason in Reason::ALL {
        not_ready.add(&[("reason", reason.name())], u8::from(reasons.contains(&reason)));
    }
    text.gauge("hindsight_connections_open", "Connections that are open.", measure::CONNECTIONS.get());
    text.gauge("hindsight_listeners", "Pages that listen for changes.", measure::LISTENERS.get());
    if let Some(reload) = app.reloads.last() {
        text.gauge(
            "hindsight_config_last_reload_successful",
            "Whether the settings could be read when they changed last.",
            u8::from(reload.outcome.is_ok()),
        );
        text.gauge(
            "hindsight_config_last_reload_timestamp_seconds",
            "When the settings changed last.",
            seconds(reload.at),
        );
    }
}

fn uploads(text: &mut Text, app: &App) {
    let refused = app.refusals.counts();
    let mut uploads =
        text.family("hindsight_uploads_total", Kind::Counter, "Uploads by what became of them.");
    uploads.add(&[("result", "stored")], measure::UPLOADS_STORED.get());
    uploads.add(&[("result", "duplicate")], measure::UPLOADS_REPEATED.get());
    uploads.add(&[("result", "refused")], refused.values().sum::<u64>());
    let help = "Uploads that were refused, and questions, by reason.";
    let mut by_reason = text.family("hindsight_uploads_refused_total", Kind::Counter, help);
    for (reason, count) in refused {
        by_reason.add(&[("reason", reason)], count);
    }
    text.counter("hindsight_events_total", "Events that were stored.", measure::EVENTS.get());
    text.counter("hindsight_upload_bytes_total", "Bytes of uploads that were stored.", measure::BYTES.get());
    text.durations(
        "hindsight_upload_duration_seconds",
        "From an upload's head to its commit.",
        &measure::UPLOAD_SECONDS.seen(),
    );
    let ((waiting, most), (taken, all)) = (app.ingest.queue(), app.ingest.budget.taken());
    text.gauge("hindsight_upload_queue", "Uploads between their last byte and their commit.", waiting);
    text.gauge("hindsight_upload_queue_limit", "How many there may be.", most);
    text.gauge("hindsight_upload_queue_bytes", "Bytes of uploads in memory.", taken);
    text.gauge("hindsight_upload_queue_limit_bytes", "How many there may be.", all);
}

fn writing(text: &mut Text) {
    text.durations(
        "hindsight_commit_duration_seconds",
        "One transaction of the writer, its work included.",
        &measure::COMMIT_SECONDS.seen(),
    );
    text.counter(
        "hindsight_commit_writes_total",
        "Pieces of work in transactions.",
        measure::COMMIT_WRITES.get(),
    );
    text.counter(
        "hindsight_commit_failures_total",
        "Transactions that were not committed.",
        measure::COMMITS_FAILED.get(),
    );
    text.durations(
        "hindsight_checkpoint_duration_seconds",
        "Folding the write-ahead log into the database.",
        &measure::CHECKPOINT_SECONDS.seen(),
    );
}

async fn files(text: &mut Text, app: &App) {
    if let Ok(sizes) = app.store.read(usage::file_sizes).await {
        text.gauge("hindsight_database_bytes", "The database file.", sizes.file);
        text.gauge("hindsight_database_free_bytes", "What of it holds nothing.", sizes.free);
        text.gauge("hindsight_wal_bytes", "The write-ahead log.", sizes.log);
    }
    let folder = app.settings.server.data_dir.clone();
    let space = tokio::task::spawn_blocking(move || disk::space(&folder).ok()).await.unwrap_or_default();
    if let Some((free, total)) = space {
        text.gauge("hindsight_disk_free_bytes", "Room on the data folder's disk.", free);
        text.gauge("hindsight_disk_bytes", "The size of that disk.", total);
    }
    text.gauge(
        "hindsight_disk_low_water_bytes",
        "With less room than this uploads are refused.",
        app.settings.disk.low_water_bytes,
    );
}

async fn work(text: &mut Text, app: &App) {
    if let Ok(work) = app.store.read(queues::now).await {
        let Work { active, completed, finishing, analysis, webhooks } = work;
        let mut sessions = text.family("hindsight_sessions", Kind::Gauge, "Sessions by their state.");
        sessions.add(&[("state", "active")], active);
        sessions.add(&[("state", "completed")], completed);
        text.gauge("hindsight_finish_queue", "Completed sessions that are to be finished.", finishing);
        text.gauge("hindsight_plugin_queue", "Sessions that plugins are to look at.", analysis);
        text.gauge("hindsight_webhook_queue", "Events that webhooks are to be told.", webhooks);
    }
    text.durations(
        "hindsight_finish_duration_seconds",
        "Finishing one session.",
        &measure::FINISH_SECONDS.seen(),
    );
    text.counter(
        "hindsight_finish_failures_total",
        "Attempts to finish a session that failed.",
        measure::FINISHES_FAILED.get(),
    );
}

async fn plugins(text: &mut Text, app: &App) {
    if let Ok(paused) = paused(app).await {
        let help = "Whether a plugin failed so often that it is paused.";
        let mut is_paused = text.family("hindsight_plugin_paused", Kind::Gauge, help);
        for entry in app.plugins.plugins().entries() {
            is_paused.add(&[("plugin", &entry.id)], u8::from(paused.contains(&entry.id)));
        }
    }
    let plugins = measure::PLUGINS.all();
    let mut runs =
        text.family("hindsight_plugin_runs_total", Kind::Counter, "Runs of plugins by how they ended.");
    for (plugin, each) in &plugins {
        runs.add(&[("plugin", plugin), ("result", "done")], each.done.get());
        runs.add(&[("plugin", plugin), ("result", "failed")], each.failed.get());
    }
    let mut cpu =
        text.family("hindsight_plugin_cpu_seconds", Kind::Histogram, "CPU time of runs of plugins.");
    for (plugin, each) in &plugins {
        cpu.durations(&[("plugin", plugin)], &each.cpu.seen());
    }
}

fn outgoing(text: &mut Text) {
    let mut answers =
        text.family("hindsight_answers_total", Kind::Counter, "Questions by what became of them.");
    answers.add(&[("result", "answered")], measure::ANSWERS_GIVEN.get());
    answers.add(&[("result", "failed")], measure::ANSWERS_FAILED.get());
    let help = "Requests to webhooks by what became of them.";
    let mut webhooks = text.family("hindsight_webhook_requests_total", Kind::Counter, help);
    webhooks.add(&[("result", "taken")], measure::WEBHOOKS_TAKEN.get());
    webhooks.add(&[("result", "failed")], measure::WEBHOOKS_FAILED.get());
}

/// Of routes that were used.
fn requests(text: &mut Text, app: &App) {
    let rows = || app.traffic.rows().iter().filter(|row| row.by_status().next().is_some());
    let mut requests =
        text.family("hindsight_http_requests_total", Kind::Counter, "Requests by route and status.");
    for row in rows() {
        for (status, count) in row.by_status() {
            let status = if status == 0 { "other".to_owned() } else { status.to_string() };
            requests.add(&[("method", &row.method), ("route", &row.path), ("status", &status)], count);
        }
    }
    let help = "From a request's head to that of its answer.";
    let mut took = text.family("hindsight_http_request_duration_seconds", Kind::Histogram, help);
    for row in rows() {
        took.durations(&[("method", &row.method), ("route", &row.path)], &row.took());
    }
}

fn backups(text: &mut Text, app: &App) {
    let said = app.backups.said();
    let mut backups = text.family("hindsight_backups_total", Kind::Counter, "Scheduled backups by result.");
    backups.add(&[("result", "done")], said.made);
    backups.add(&[("result", "failed")], said.failed);
    text.gauge(
        "hindsight_backup_failing",
        "Whether the latest scheduled backup failed.",
        u8::from(said.failure.is_some()),
    );
    if let Some(last) = said.last {
        text.gauge(
            "hindsight_backup_last_success_timestamp_seconds",
            "When the newest scheduled backup was made.",
            seconds(last.at),
        );
        text.gauge("hindsight_backup_last_size_bytes", "Its size.", last.bytes);
        if let Some(took_ms) = last.took_ms {
            text.gauge("hindsight_backup_last_duration_seconds", "How long it took.", took_ms as f64 / 1e3);
        }
    }
}

/// Milliseconds as seconds.
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1e3
}
