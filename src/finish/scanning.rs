//! Looking through recordings for what should not be in them, one session at a time.
//!
//! What is found is not kept: only where it stands, its kind, and a sample that is of no
//! use to anybody.

use std::collections::BTreeMap;

use super::passes::{Error, Passes};
use crate::masking::Texts;
use crate::model::ConnectionId;
use crate::model::span::{Place, Span};
use crate::privacy::leaks::{self, Leak};
use crate::rrweb::Event;
use crate::stop::Stopping;
use crate::store::leaks::{self as stored, Found, Scan};
use crate::store::{self, Store, finishing, runs};

/// Of one session no more places are told: it is bad enough then.
const MOST_PLACES: usize = 500;

/// Longer texts are looked at as far as this, in bytes.
const LONGEST_TEXT: usize = 1024 * 1024;

/// Looks at the next session of a scan. False: there is none left.
pub async fn step(store: &Store, scan: &Scan, stopping: &Stopping) -> store::Result<bool> {
    let asked = scan.clone();
    let Some(session) = store.read(move |conn| stored::next_session(conn, &asked)).await? else {
        return Ok(false);
    };
    let connection = scan.connection;
    let (found, bytes) = match look(store, connection, session, stopping).await {
        Ok((found, bytes)) => (Some(found), bytes),
        Err(Error::Stopping) => return Ok(true),
        Err(Error::Store(error)) => return Err(error),
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                session,
                "a session could not be scanned"
            );
            (None, 0)
        }
    };
    store.write(move |conn| stored::advance(conn, connection, session, bytes, found.as_deref())).await?;
    Ok(true)
}

async fn look(
    store: &Store,
    connection: ConnectionId,
    session: i64,
    stopping: &Stopping,
) -> Result<(Vec<Found>, i64), Error> {
    let read =
        move |conn: &store::Db| Ok((runs::subject(conn, session)?, finishing::sources(conn, session)?));
    let (Some(subject), sources) = store.read(read).await? else { return Ok((Vec::new(), 0)) };
    let mut looking = Looking { page: page_of(&subject.landing_url), ..Looking::default() };
    let passes = Passes::new(store, connection, stopping);
    passes
        .each(&sources, |stream, event| {
            looking.read(stream, event);
            Ok(())
        })
        .await?;
    Ok((looking.found(), subject.json_bytes))
}

/// Where something stands in a session.
type Spot = (Leak, String, String, String);

#[derive(Default)]
struct Looking {
    texts: Texts,
    page: String,
    found: BTreeMap<Spot, (i64, String)>,
}

impl Looking {
    fn read(&mut self, stream: i64, event: &Event<'_>) {
        if let Some(url) = event.page_url() {
            self.page = page_of(&url);
        }
        let (page, found) = (&self.page, &mut self.found);
        self.texts.read(stream, event, |span| look_into(page, &span, found));
    }

    fn found(self) -> Vec<Found> {
        let one = |((kind, page, selector, field), (times, sample)): (Spot, (i64, String))| Found {
            kind: kind.name(),
            page,
            selector,
            field,
            times,
            sample,
        };
        self.found.into_iter().map(one).collect()
    }
}

fn look_into(page: &str, span: &Span, found: &mut BTreeMap<Spot, (i64, String)>) {
    let end = span.text.floor_char_boundary(LONGEST_TEXT);
    let text = match span.place {
        Place::Url => percent_encoding::percent_decode_str(&span.text[..end]).decode_utf8_lossy(),
        _ => span.text[..end].into(),
    };
    for (part, kind) in leaks::find(&text) {
        let spot = (kind, page.to_owned(), span.selector.clone(), field_of(span));
        if found.len() >= MOST_PLACES && !found.contains_key(&spot) {
            return;
        }
        let entry = found.entry(spot).or_insert_with(|| (0, leaks::redacted(&text[part], kind)));
        entry.0 += 1;
    }
}

/// What kind of text it is: "text", "attribute title", "field email".
fn field_of(span: &Span) -> String {
    let place = match span.place {
        Place::Text => "text",
        Place::Attribute => "attribute",
        Place::InputValue => "field",
        Place::Url => "address",
        Place::Title => "title",
        Place::Console => "console",
        Place::Prompt => "prompt",
        Place::Reply => "reply",
        Place::Custom => "said by the site",
    };
    let name: String = span.name.chars().take(80).collect();
    if name.is_empty() { place.to_owned() } else { format!("{place} {name}") }
}

/// Host and path of an address, which is as much as may be kept of it.
fn page_of(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let open = url[..end].split_once("://").map_or(&url[..end], |(_, rest)| rest);
    let mut page: String = open.chars().take(300).collect();
    for (part, kind) in leaks::find(&page.clone()).into_iter().rev() {
        let sample = leaks::redacted(&page[part.clone()], kind);
        page.replace_range(part, &sample);
    }
    page
}
