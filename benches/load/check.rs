//! Whether all that was acknowledged is stored, once and as it was sent.
//!
//! Every session is asked for its number of events, the Sessions page for its totals,
//! and some sessions are exported and compared with what was sent, event by event, but
//! for what is hidden.
//! How the server stores them is not known here.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::{Context as _, bail};
use hindsight::config::Settings;
use hindsight::ingest::gzip;
use hindsight::model::{ConnectionId, SessionId};
use hindsight::rrweb::{self, Event};
use hindsight::store::{Scope, Store, sessions};

use crate::client::Client;
use crate::corpus::{Batch, Corpus, Hiding, LIMITS};
use crate::process::{Server, hindsight, output};
use crate::visit::{Ack, Tally, session_id};

/// The connection that is recorded to.
const CONNECTION: ConnectionId = ConnectionId(1);

/// Compares the server's data with what it acknowledged; `sample` sessions are exported.
/// Returns what was compared, in words. The server is running and was new.
pub fn check(server: &Server, corpus: &Corpus, tally: &Tally, sample: usize) -> anyhow::Result<String> {
    let mut acked: BTreeMap<u32, Vec<Ack>> = BTreeMap::new();
    for ack in &tally.acks {
        acked.entry(ack.session).or_default().push(*ack);
    }
    let sessions = acked.len();
    acked.retain(|session, _| !tally.unknown.contains(session));
    let expected: Vec<(u32, Vec<&Batch>)> =
        acked.into_iter().map(|(session, acks)| (session, batches_of(corpus, &acks))).collect();

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(check_counts(server, &expected))?;
    if tally.unknown.is_empty() {
        let events = expected.iter().flat_map(|(_, batches)| batches).map(|batch| batch.events).sum();
        runtime.block_on(check_totals(server, sessions as i64, events))?;
    }
    let step = expected.len().div_ceil(sample.max(1)).max(1);
    let mut exported = 0;
    for (session, batches) in expected.iter().step_by(step).take(sample) {
        check_export(server, *session, batches).with_context(|| session_id(*session))?;
        exported += 1;
    }
    Ok(format!(
        "stored: {} batches of {} sessions, each counted once; {exported} sessions exported and equal; \
         {} with an upload of unknown fate left out",
        expected.iter().map(|(_, batches)| batches.len()).sum::<usize>(),
        expected.len(),
        tally.unknown.len()
    ))
}

fn batches_of<'a>(corpus: &'a Corpus, acks: &[Ack]) -> Vec<&'a Batch> {
    acks.iter()
        .map(|ack| &corpus.recordings[usize::from(ack.recording)].batches[usize::from(ack.batch)])
        .collect()
}

/// Each session holds as many events as its acknowledged batches.
async fn check_counts(server: &Server, expected: &[(u32, Vec<&Batch>)]) -> anyhow::Result<()> {
    let settings = Settings::load(None, BTreeMap::new())?;
    let (store, closing) = Store::open_existing(server.data.path(), &settings.store)?;
    let outcome = async {
        for (session, batches) in expected {
            let id: SessionId = session_id(*session).parse()?;
            let found = store
                .read(move |conn| sessions::find(conn, &Scope::everything(), CONNECTION, &id))
                .await?
                .with_context(|| format!("session {} was acknowledged and is lost", session_id(*session)))?;
            let events: i64 = batches.iter().map(|batch| batch.events).sum();
            if found.events != events {
                bail!("session {} has {} events, not {events}", found.id, found.events);
            }
        }
        Ok(())
    };
    let outcome = outcome.await;
    closing.close();
    outcome
}

/// The Sessions page says how many sessions and events there are.
async fn check_totals(server: &Server, sessions: i64, events: i64) -> anyhow::Result<()> {
    let mut client = Client::connect(server.process.address).await?;
    let answer = client.get(&format!("/connections/{CONNECTION}/sessions"), "Accept: text/html\r\n").await?;
    let page = String::from_utf8_lossy(client.body(&answer)).into_owned();
    for (name, wanted) in [("total", sessions), ("events", events)] {
        let text = page.split_once(&format!("data-total=\"{name}\">")).map(|(_, rest)| rest);
        let text = text.and_then(|rest| rest.split('<').next()).context("the page has no totals")?;
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        if digits.parse() != Ok(wanted) {
            bail!("the Sessions page says {name} {text}, not {wanted}");
        }
    }
    Ok(())
}

/// What `hindsight export` writes are the events that were sent.
fn check_export(server: &Server, session: u32, batches: &[&Batch]) -> anyhow::Result<()> {
    let exported = output(hindsight(server.data.path()).args(["export", &session_id(session)]))?;
    let found = Fingerprints::of(std::str::from_utf8(&exported)?)?;
    let (mut sent, mut hiding) = (Fingerprints::default(), Hiding::default());
    for batch in batches {
        let json = String::from_utf8(gzip::inflate(&batch.body, gzip::Limits::STORED)?)?;
        sent.add(&hiding.hide(batch.stream, &json)?.unwrap_or(json))?;
    }
    if found != sent {
        bail!("the export holds other events than were sent, or what must not be stored");
    }
    Ok(())
}

/// How often each event occurs, but for its timestamp: an export may shift that.
#[derive(Default, PartialEq, Eq)]
struct Fingerprints(HashMap<u64, u32>);

impl Fingerprints {
    fn of(json: &str) -> anyhow::Result<Self> {
        let mut fingerprints = Self::default();
        fingerprints.add(json)?;
        Ok(fingerprints)
    }

    fn add(&mut self, json: &str) -> anyhow::Result<()> {
        for event in rrweb::events(json, &LIMITS)? {
            *self.0.entry(fingerprint(&event)).or_default() += 1;
        }
        Ok(())
    }
}

fn fingerprint(event: &Event<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    event.json[..event.timestamp_span.start].hash(&mut hasher);
    event.json[event.timestamp_span.end..].hash(&mut hasher);
    hasher.finish()
}
