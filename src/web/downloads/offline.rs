//! A page that plays a session by itself: one file, without a server, without network.
//!
//! The player and the recording are inside. Its policy lets the one script run whose hash
//! it names, and nothing be fetched from anywhere; what the visitor recorded is drawn in a
//! frame that inherits this, is sandboxed without scripts, and was sanitised before.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::super::held_back::find_shown;
use super::super::manifest::Manifest;
use super::super::problem::Problem;
use super::super::replay::playback;
use super::super::request::Request;
use super::super::row::{Beside, Row};
use super::super::{App, Response, story};
use super::sending::{File, Sink, send};
use super::{name_of, source};
use crate::export::{self, Source};
use crate::ingest::gzip;
use crate::model::{Session, StyleHash};
use crate::pieces;
use crate::playback::{Part, Playback};
use crate::store::recordings::{self, Form};

/// The page's name in the bundle.
const SCRIPT: &str = "offline.js";
const STYLES: &str = "offline.css";

#[derive(Serialize)]
struct OfflinePage<'a> {
    session: &'a Row,
}

/// The file.
pub async fn file(app: App, request: Request) -> Result<Response, Problem> {
    let session = find_shown(&app, &request).await?;
    let playback = playback(&app, &session).await?;
    let name = name_of(&session, "html");
    app.downloads(&session, "replay.html");
    let source = source(&app, &session);
    let lines = story::lines(&app, &session, &playback).await?;
    let head = head(&app, &session)?;
    let row = Row::of(session.clone(), Beside::default(), app.clock.now());
    let body = app.templates.render("pages/offline.html", &OfflinePage { session: &row })?;
    let data = data("story", &lines)? + &data("manifest", &Manifest::numbered(&session, playback.clone()))?;
    let script = app.assets.text(SCRIPT).unwrap_or_default();
    let end = format!("<script>{script}</script>\n</body>\n</html>\n");
    send(File { name, content_type: "text/html; charset=utf-8" }, async move |sink: Sink| {
        sink.send(head + &body + &data).await?;
        write_recording(&source, &playback, &sink).await?;
        Ok(sink.send(end).await?)
    })
}

/// The policy stands before all that it is about.
fn head(app: &App, session: &Session) -> Result<String, Problem> {
    let hash = STANDARD.encode(Sha256::digest(app.assets.text(SCRIPT).ok_or_else(Problem::internal)?));
    let styles = app.assets.text(STYLES).ok_or_else(Problem::internal)?;
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"content-security-policy\" content=\"default-src 'none'; script-src 'sha256-{hash}'; \
         style-src 'unsafe-inline'; img-src data: blob:; font-src data:; media-src data: blob:; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n\
         <title>Session {} · Hindsight</title>\n<style>{styles}</style>\n</head>\n<body>\n",
        session.id
    ))
}

/// JSON in an element that is not shown and not run. Nothing in it can end the element.
fn data(id: &str, value: &impl Serialize) -> Result<String, Problem> {
    let json = serde_json::to_string(value).map_err(|error| {
        tracing::error!(%error, "a part of a file was not written");
        Problem::internal()
    })?;
    Ok(format!("<script type=\"application/json\" id=\"{id}\">{}</script>\n", json.replace('<', "\\u003c")))
}

/// Each piece as base64 of gzip, which every browser inflates by itself; each stylesheet once.
async fn write_recording(source: &Source, playback: &Playback, sink: &Sink) -> anyhow::Result<()> {
    let mut written: Vec<StyleHash> = Vec::new();
    let parts = playback.streams.iter().flat_map(|stream| stream.parts.iter().map(|part| (&stream.id, part)));
    for (number, (stream, part)) in parts.enumerate() {
        for hash in &part.styles {
            if !written.contains(hash) {
                written.push(*hash);
                if let Some(sheet) = style(source, *hash).await? {
                    sink.send(packed(&format!("styles/{hash}"), &sheet)).await?;
                }
            }
        }
        let piece = compressed(source, stream, part).await?;
        sink.send(packed(&format!("parts/{number}"), &piece)).await?;
    }
    Ok(())
}

fn packed(name: &str, bytes: &[u8]) -> String {
    let mut text = format!("<script type=\"text/plain\" data-piece=\"{name}\">");
    STANDARD.encode_string(bytes, &mut text);
    text + "</script>\n"
}

/// A batch is stored as the browser sent it, which is what is wanted here.
async fn compressed(source: &Source, stream: &str, part: &Part) -> Result<Vec<u8>, export::Error> {
    let body = source.stored(stream, part).await?;
    Ok(match part.form {
        Form::Batch => body,
        Form::Segment(_) => gzip::deflate(pieces::segment_without_styles(&body)?.as_bytes()),
    })
}

async fn style(source: &Source, hash: StyleHash) -> anyhow::Result<Option<Vec<u8>>> {
    let Source { store, scope, connection, .. } = source.clone();
    let found = store.read(move |conn| recordings::style(conn, &scope, connection, &hash)).await?;
    Ok(found.map(|frame| pieces::style(&frame)).transpose()?.map(|css| gzip::deflate(css.as_bytes())))
}
