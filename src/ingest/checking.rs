//! The threads that inflate and check uploads, and hand them to the store.
//!
//! What is checked goes to the writer from here, and the answer comes from there: no
//! other thread is woken on the way.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use super::budget::Share;
use super::gzip::{self, Inflater};
use super::lane::{self, Lane, Next};
use super::{Error, Limits, Receipt, Refused, Upload};
use crate::config::Live;
use crate::measure;
use crate::model::{self, Batch, ConnectionId, TimestampMs};
use crate::privacy::{self, Hidden, Streams};
use crate::rrweb::{self, event};
use crate::store::batches::{self, Appended};
use crate::store::{self, Store};

/// Bodies above this many bytes, as sent or once they are inflated, are large. No matter
/// how far a small one could be inflated: it gets no more memory than it says it needs.
pub(super) const LARGE_BYTES: usize = 128 * 1024;
pub(super) const LARGE_INFLATED_BYTES: usize = 2 * 1024 * 1024;

/// The UTF-8 byte order mark, which some clients put in front.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What a thread keeps for inflating while uploads come, in bytes.
const KEPT_SMALL: usize = LARGE_INFLATED_BYTES;
const KEPT_LARGE: usize = 4 * 1024 * 1024;

/// By how much the system prefers other threads to the one that checks large uploads.
const LARGE_NICENESS: i32 = 4;

/// Longer user agents are cut: nothing honest is longer.
const MAX_USER_AGENT_CHARS: usize = 512;

/// Who may receive no more today comes again within this time, in seconds.
const MAX_QUOTA_WAIT_SECONDS: i64 = 3600;
const DAY_SECONDS: i64 = 24 * 60 * 60;

type Answer = oneshot::Sender<Result<Receipt, Error>>;

/// The lanes to the threads. They end when it is dropped.
pub(super) struct Checking {
    small: Lane<(Upload, Answer)>,
    large: Lane<(Upload, Answer)>,
}

impl Checking {
    /// Starts so many threads for small uploads, and one for large ones.
    pub fn start(threads: usize, checker: &Checker, capacity: usize) -> std::io::Result<Self> {
        let checking = Self { small: Lane::new(capacity), large: Lane::new(capacity) };
        for number in 0..threads {
            let (lane, checker) = (checking.small.clone(), checker.clone());
            start_thread(&format!("ingest-{number}"), move || checker.work(&lane, KEPT_SMALL))?;
        }
        let (lane, checker) = (checking.large.clone(), checker.clone());
        start_thread("ingest-large", move || {
            // It works at the same time as others, and they are waited for by more people.
            let _ = rustix::process::nice(LARGE_NICENESS);
            checker.work(&lane, KEPT_LARGE);
        })?;
        Ok(checking)
    }

    /// Checks and stores an upload; the answer comes when it is on disk.
    pub fn put(&self, upload: Upload) -> Result<oneshot::Receiver<Result<Receipt, Error>>, Error> {
        let (answer, settled) = oneshot::channel();
        let lane = if is_large(upload.body.bytes()) { &self.large } else { &self.small };
        lane.put((upload, answer)).map_err(|refused| match refused {
            lane::Refused::Full => Error::Refused(Refused::Busy),
            lane::Refused::Closed => Error::Store(store::Error::Closed),
        })?;
        Ok(settled)
    }
}

impl Drop for Checking {
    fn drop(&mut self) {
        self.small.close();
        self.large.close();
    }
}

fn is_large(sent: &[u8]) -> bool {
    sent.len() > LARGE_BYTES || gzip::claimed_size(sent) > LARGE_INFLATED_BYTES
}

fn start_thread(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}

/// What a thread needs.
#[derive(Clone)]
pub(super) struct Checker {
    pub store: Store,
    pub live: Live,
    /// What is known of the pages that are being recorded.
    pub streams: Streams,
}

impl Checker {
    fn work(&self, lane: &Lane<(Upload, Answer)>, kept: usize) {
        let mut inflater = Inflater::default();
        loop {
            match lane.next() {
                Next::Upload((upload, answer)) => {
                    self.take(upload, answer, &mut inflater);
                    inflater.shrink(kept);
                }
                Next::Quiet => inflater.shrink(0),
                Next::Closed => return,
            }
        }
    }

    /// A check that panics costs its upload, not the thread. The client may have gone away
    /// while its upload waited.
    fn take(&self, upload: Upload, answer: Answer, inflater: &mut Inflater) {
        let (connection, daily_bytes) = (upload.connection, upload.daily_bytes);
        let limits = Limits::from(&self.live.now().ingest);
        let checked = catch_unwind(AssertUnwindSafe(|| check(upload, &limits, &self.streams, inflater)));
        let refused = match checked {
            Ok(Ok((batch, share))) => return self.append(connection, batch, daily_bytes, share, answer),
            Ok(Err(refused)) => Error::Refused(refused),
            Err(_) => Error::CheckFailed,
        };
        let _ = answer.send(Err(refused));
    }

    fn append(
        &self,
        connection: ConnectionId,
        batch: Batch,
        daily_bytes: Option<i64>,
        share: Share,
        answer: Answer,
    ) {
        let rules = self.rules(&batch, daily_bytes);
        let received_at = batch.received_at;
        let (events, bytes) = (batch.facts.events, batch.body.len());
        self.store.send_sized(
            batch.body.len(),
            move |conn| batches::append_in_place(conn, connection, batch, &rules),
            move |appended| {
                drop(share);
                if let Ok(Appended::Stored { .. }) = &appended {
                    measure::EVENTS.add(events.unsigned_abs());
                    measure::BYTES.add(bytes as u64);
                }
                let receipt =
                    appended.map_err(Error::Store).and_then(|appended| receipt(appended, received_at));
                let _ = answer.send(receipt);
            },
        );
    }

    fn rules(&self, batch: &Batch, daily_bytes: Option<i64>) -> batches::Rules {
        let settings = self.live.now();
        let sessions = &settings.sessions;
        batches::Rules {
            reopen_since: batch.received_at - i64::from(sessions.reopen_within_seconds) * 1000,
            session_ms: i64::from(sessions.max_hours) * 60 * 60 * 1000,
            session_bytes: i64::try_from(sessions.max_bytes).unwrap_or(i64::MAX),
            session_batches: i64::from(sessions.max_batches),
            daily_bytes,
        }
    }
}

fn receipt(appended: Appended, received_at: TimestampMs) -> Result<Receipt, Error> {
    match appended {
        Appended::Stored { next, playable, reopened } => {
            Ok(Receipt { duplicate: false, next, needs_snapshot: !playable, reopened })
        }
        Appended::Duplicate { next } => {
            Ok(Receipt { duplicate: true, next, needs_snapshot: false, reopened: false })
        }
        Appended::Conflict => Err(Refused::SeqConflict.into()),
        Appended::SeqJump => Err(Refused::SeqJump.into()),
        Appended::Closed => Err(Refused::SessionClosed.into()),
        Appended::Full => Err(Refused::SessionLimit.into()),
        Appended::OverQuota => Err(Refused::QuotaExceeded { after_seconds: tomorrow(received_at) }.into()),
    }
}

/// The seconds until the next day (UTC), or an hour if that is longer.
fn tomorrow(now: TimestampMs) -> u32 {
    let left = DAY_SECONDS - now.div_euclid(1000).rem_euclid(DAY_SECONDS);
    u32::try_from(left.clamp(1, MAX_QUOTA_WAIT_SECONDS)).expect("at most an hour")
}

/// Inflates and checks one upload. The bytes that are stored are the ones that came, but
/// for what is to be hidden; plain ones are compressed, so that all that is stored has one
/// form. The hash is of what was sent in any case. The body's share of the budget has to be
/// held until they are stored.
fn check(
    upload: Upload,
    limits: &Limits,
    streams: &Streams,
    inflater: &mut Inflater,
) -> Result<(Batch, Share), Refused> {
    let (sent, share) = upload.body.into_parts();
    let stream = (upload.connection, upload.session.clone(), upload.stream.clone());
    let hide = |json: &str, events: &[rrweb::Event<'_>]| {
        streams.with(stream, |marks| privacy::hide(json, events, &upload.rules, marks))
    };
    if sent.iter().all(u8::is_ascii_whitespace) {
        return Err(Refused::EmptyBody);
    }
    let hash = upload.hash.unwrap_or_else(|| Sha256::digest(&sent).into());
    let is_gzip = upload.labelled_gzip || gzip::is_gzip(&sent);
    let (mut facts, hidden) = if is_gzip {
        read(inflater.inflate(&sent, limits.gzip)?, limits, hide)?
    } else {
        read(&sent, limits, hide)?
    };
    let (body, hidden) = match hidden {
        // It is compressed anew when its session is finished; until then time counts.
        Some(hidden) => (gzip::deflate_fast(hidden.json.as_bytes()), hidden.counts),
        None if is_gzip => (sent, privacy::Counts::new()),
        None => (gzip::deflate(without_mark(&sent)), privacy::Counts::new()),
    };
    facts.country = upload.country;
    facts.hidden = hidden.into_iter().collect();
    let batch = Batch {
        session: upload.session,
        stream: upload.stream,
        seq: upload.seq,
        body,
        hash,
        facts,
        end: upload.end,
        user_agent: user_agent(&upload.user_agent),
        sent_at: upload.sent_at,
        received_at: upload.received_at,
    };
    Ok((batch, share))
}

/// A user agent of a length that can be shown.
pub fn user_agent(sent: &str) -> String {
    sent.chars().take(MAX_USER_AGENT_CHARS).collect()
}

/// What a batch says once it says no more than it may, and what it became if it is another.
fn read(
    json: &[u8],
    limits: &Limits,
    hide: impl FnOnce(&str, &[rrweb::Event<'_>]) -> Result<Option<Hidden>, rrweb::Error>,
) -> Result<(model::BatchFacts, Option<Hidden>), Refused> {
    let text = std::str::from_utf8(without_mark(json))
        .map_err(|error| Refused::NotUtf8 { at: error.valid_up_to() })?;
    if text.trim_ascii().is_empty() {
        return Err(Refused::EmptyBody);
    }
    let mut events = rrweb::events(text, &limits.events)?;
    let hidden = hide(text, &events)?;
    let Some(changed) = &hidden else { return Ok((event::facts(&events), None)) };
    // Of an event without words nothing that facts are made of has changed, but its length.
    let mut longer = 0;
    for (index, place) in &changed.changed {
        let event = &mut events[*index];
        if event.has_words() {
            *event = event::one(&changed.json[place.clone()])?;
        } else {
            longer += place.len() as i64 - event.json.len() as i64;
        }
    }
    let mut facts = event::facts(&events);
    facts.json_bytes += longer;
    Ok((facts, hidden))
}

fn without_mark(json: &[u8]) -> &[u8] {
    json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(body: &[u8]) -> Upload {
        Upload {
            daily_bytes: None,
            sent_at: None,
            rules: Default::default(),
            connection: ConnectionId(1),
            session: "session-000000001".parse().expect("an id"),
            stream: "stream-0000000001".parse().expect("an id"),
            seq: 0,
            end: false,
            user_agent: "u".repeat(10_000),
            country: String::new(),
            received_at: 0,
            body: body.to_vec().into(),
            labelled_gzip: false,
            hash: None,
        }
    }

    fn checked(body: &[u8]) -> Result<Batch, Refused> {
        let defaults = crate::config::Settings::load(None, Default::default()).expect("defaults");
        let limits = Limits::from(&defaults.ingest);
        check(upload(body), &limits, &Streams::default(), &mut Inflater::default()).map(|(batch, _)| batch)
    }

    const EVENTS: &[u8] = br#"[{"type":0,"data":{},"timestamp":5}]"#;

    #[test]
    fn a_body_is_stored_as_it_came_or_compressed() {
        let sent = gzip::deflate(EVENTS);
        assert_eq!(checked(&sent).expect("gzip").body, sent);
        let plain = checked(EVENTS).expect("plain");
        assert_eq!(gzip::inflate(&plain.body, gzip::Limits::STORED).expect("gzip"), EVENTS);
        assert_eq!(plain.facts.first_at, 5);
        assert_eq!(plain.user_agent.len(), MAX_USER_AGENT_CHARS);
    }

    #[test]
    fn what_becomes_large_is_large() {
        let page = |bytes: usize| gzip::deflate(&vec![b' '; bytes]);
        assert!(!is_large(&page(LARGE_INFLATED_BYTES)) && is_large(&page(LARGE_INFLATED_BYTES + 1)));
        assert!(!is_large(&[b' '; LARGE_BYTES]) && is_large(&[b' '; LARGE_BYTES + 1]));
    }

    #[test]
    fn who_is_over_the_quota_waits_for_tomorrow_but_an_hour_at_most() {
        let day_ms = DAY_SECONDS * 1000;
        for (now, wait) in [(0, 3600), (day_ms - 10_000, 10), (day_ms - 1, 1), (day_ms, 3600)] {
            assert_eq!(tomorrow(now), wait, "{now}");
        }
    }

    #[test]
    fn what_is_told_of_a_batch_is_what_is_stored_of_it() {
        let batch = br#"[{"type":4,"data":{"href":"https://a.example/?otp=7","width":1,"height":1},"timestamp":5},
            {"type":2,"data":{"node":{"type":0,"childNodes":[{"type":2,"tagName":"input","attributes":{"type":"password","value":"a long secret"},"childNodes":[],"id":2}],"id":1}},"timestamp":6},
            {"type":5,"data":{"tag":"hindsight.navigate","payload":{"href":"https://a.example/?otp=8"}},"timestamp":7}]"#;
        let Batch { body, mut facts, .. } = checked(batch).expect("a batch");
        let json =
            String::from_utf8(gzip::inflate(&body, gzip::Limits::STORED).expect("gzip")).expect("text");
        assert!(!json.contains("otp=7") && !json.contains("a long secret"), "{json}");
        assert_eq!(std::mem::take(&mut facts.hidden), [("secret", 3)]);
        let limits = rrweb::Limits { depth: 32, events: 3, event_bytes: 1024 };
        let read_again = rrweb::events(&json, &limits);
        assert_eq!(facts, event::facts(&read_again.expect("a batch")));
    }

    #[test]
    fn a_byte_order_mark_is_stripped() {
        let marked = [BYTE_ORDER_MARK, EVENTS].concat();
        let stored = checked(&marked).expect("accepted").body;
        assert_eq!(gzip::inflate(&stored, gzip::Limits::STORED).expect("gzip"), EVENTS);
    }

    #[test]
    fn what_is_not_text_is_told_with_its_place() {
        assert_eq!(checked(b"[\"\xff\"]").expect_err("not UTF-8"), Refused::NotUtf8 { at: 2 });
        assert_eq!(checked(b"\xed\xa0\x80").expect_err("a surrogate"), Refused::NotUtf8 { at: 0 });
        for empty in [&b""[..], b" \n", &gzip::deflate(b""), &gzip::deflate(b"  ")] {
            assert_eq!(checked(empty).expect_err("empty"), Refused::EmptyBody);
        }
    }
}
