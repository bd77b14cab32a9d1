//! The log: on standard error, as text or JSON, and its level, which may change.

use std::io::IsTerminal;
use std::sync::OnceLock;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, reload};

use crate::config::{Log, LogFormat};

static FILTER: OnceLock<reload::Handle<EnvFilter, Registry>> = OnceLock::new();

/// Begins to log.
pub fn start(settings: &Log) -> anyhow::Result<()> {
    let (filter, handle) = reload::Layer::new(EnvFilter::builder().parse(&settings.level)?);
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match settings.format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    tracing_subscriber::registry().with(filter).with(lines).init();
    // A program starts its log once.
    let _ = FILTER.set(handle);
    Ok(())
}

/// Goes by another level from now on.
pub fn set_level(level: &str) {
    let (Some(handle), Ok(filter)) = (FILTER.get(), EnvFilter::builder().parse(level)) else { return };
    if let Err(error) = handle.reload(filter) {
        tracing::error!(%error, "the level of the log was not changed");
    }
}
