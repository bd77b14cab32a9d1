//! `replay`: opening and delivering recordings, a small one and a large one.
//!
//! The large one begins with the same page load as the small one and goes on with
//! others, so that what a viewer waits for differs only by what is behind it.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::bail;
use clap::Args;
use hindsight::ingest::gzip;
use serde_json::Value;

use crate::client::{Answer, Client};
use crate::corpus::{read_json, recording_files};
use crate::floors::cpu_of;
use crate::joined::Joined;
use crate::meter;
use crate::process::Server;
use crate::table::{Table, grouped, median};

/// Bytes of JSON of the two recordings.
const SMALL_BYTES: usize = 100_000;
const LARGE_BYTES: usize = 40_000_000;

/// How long the server may take to finish what was imported.
const FINISH_TIME: Duration = Duration::from_secs(120);

/// A manifest that stays the same for so long is the last.
const SETTLED: Duration = Duration::from_secs(2);

/// The CPU clock of a process counts in hundredths of a second, so deliveries are repeated.
const DELIVERY_TIME: Duration = Duration::from_secs(1);

/// What browsers ask for: the first on plain HTTP, the second where they take zstd.
const CODINGS: [&str; 2] = ["gzip", "zstd"];

/// What the command takes.
#[derive(Args)]
pub struct Arguments {
    /// How often each recording is opened in a round.
    #[arg(long, default_value_t = 50)]
    openings: usize,
    /// How often all is measured; results are medians.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

/// A recording that the server has.
struct Recording {
    joined: Joined,
    manifest: String,
    /// The paths of its parts, in the order they play.
    parts: Vec<String>,
}

/// Runs the command.
pub fn run(recordings: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let files = recording_files(recordings)?;
    let mut texts = files.iter().map(|path| read_json(path)).collect::<anyhow::Result<Vec<_>>>()?;
    texts.sort_by_key(|text| text.len().abs_diff(SMALL_BYTES));
    let small = Joined::new(&texts, SMALL_BYTES)?;
    let large = Joined::new(&texts, LARGE_BYTES)?;
    println!("load average {}", meter::load_average());
    let server = Server::start(&[])?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut client = Client::connect(server.process.address).await?;
        let small = import(&server, &mut client, small).await?;
        let large = import(&server, &mut client, large).await?;
        let recordings = [small, large];
        open_both(&mut client, &recordings, arguments).await?;
        deliver_both(&server, &mut client, &recordings, arguments.rounds).await
    })
}

async fn import(server: &Server, client: &mut Client, joined: Joined) -> anyhow::Result<Recording> {
    let session = joined.import(server.data.path())?;
    let manifest = format!("/connections/1/sessions/{session}/manifest.json");
    let parts = part_paths(&settle(client, &manifest).await?);
    if parts.is_empty() {
        bail!("{manifest} names no parts");
    }
    Ok(Recording { joined, manifest, parts })
}

/// Waits until the session is completed and its manifest does not change any more.
async fn settle(client: &mut Client, path: &str) -> anyhow::Result<Value> {
    let deadline = Instant::now() + FINISH_TIME;
    let (mut last, mut since) = (Value::Null, Instant::now());
    while Instant::now() < deadline {
        let answer = get(client, path, "identity").await?;
        let manifest: Value = serde_json::from_slice(client.body(&answer))?;
        if manifest != last {
            (last, since) = (manifest, Instant::now());
        } else if last["status"] == "completed" && since.elapsed() > SETTLED {
            return Ok(last);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("the server did not finish {path} within {FINISH_TIME:?}");
}

fn part_paths(manifest: &Value) -> Vec<String> {
    let array = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let streams = array(&manifest["streams"]);
    let parts = streams.iter().flat_map(|stream| array(&stream["parts"]));
    parts.filter_map(|part| part["url"].as_str().map(str::to_owned)).collect()
}

async fn get(client: &mut Client, path: &str, coding: &str) -> anyhow::Result<Answer> {
    let answer = client.get(path, &format!("Accept-Encoding: {coding}\r\n")).await?;
    match answer.status {
        200 => Ok(answer),
        status => bail!("{path} was answered with {status}"),
    }
}

/// What opening a recording took.
#[derive(Clone, Copy, Default)]
struct Opening {
    manifest_us: f64,
    part_us: f64,
    manifest_bytes: usize,
    part_bytes: usize,
}

impl Opening {
    fn both_us(&self) -> f64 {
        self.manifest_us + self.part_us
    }
}

async fn open(client: &mut Client, recording: &Recording) -> anyhow::Result<Opening> {
    let start = Instant::now();
    let answer = get(client, &recording.manifest, CODINGS[0]).await?;
    let manifest_bytes = client.body(&answer).len();
    let manifest_us = start.elapsed().as_secs_f64() * 1e6;
    let answer = get(client, &recording.parts[0], CODINGS[0]).await?;
    let part_us = start.elapsed().as_secs_f64() * 1e6 - manifest_us;
    Ok(Opening { manifest_us, part_us, manifest_bytes, part_bytes: client.body(&answer).len() })
}

/// Opens both in turns.
async fn open_both(
    client: &mut Client,
    recordings: &[Recording; 2],
    arguments: &Arguments,
) -> anyhow::Result<()> {
    let mut opened: [Vec<Opening>; 2] = Default::default();
    for _ in 0..arguments.rounds * arguments.openings {
        for (recording, opened) in recordings.iter().zip(&mut opened) {
            opened.push(open(client, recording).await?);
        }
    }
    let columns =
        ["opening", "parts", "manifest", "manifest takes", "first part", "first part takes", "both"];
    let mut table = Table::new(&columns);
    for (recording, opened) in recordings.iter().zip(&opened) {
        let time = |of: &dyn Fn(&Opening) -> f64| format!("{:.2} ms", median(opened.iter().map(of)) / 1e3);
        let last = opened.last().copied().unwrap_or_default();
        table.row([
            recording.size(),
            recording.parts.len().to_string(),
            format!("{} B", grouped(last.manifest_bytes as f64)),
            time(&|opening| opening.manifest_us),
            format!("{} B", grouped(last.part_bytes as f64)),
            time(&|opening| opening.part_us),
            time(&Opening::both_us),
        ]);
    }
    table.print("Opening: the manifest, then the first part, on one connection");
    let [small, large] = &opened;
    let pairs = small.iter().zip(large);
    println!("large / small: {:.2}", median(pairs.map(|(small, large)| large.both_us() / small.both_us())));
    Ok(())
}

impl Recording {
    fn megabytes(&self) -> f64 {
        self.joined.json.len() as f64 / 1e6
    }

    fn size(&self) -> String {
        format!("{:.1} MB", self.megabytes())
    }

    /// CPU time of inflating the recording and compressing it again as fast as gzip can,
    /// in microseconds for each MB of JSON.
    fn recompress_us(&self) -> anyhow::Result<f64> {
        let spent = cpu_of(|| {
            for member in &self.joined.members {
                let json = gzip::inflate(member, gzip::Limits::STORED)?;
                std::hint::black_box(gzip::deflate_fast(&json));
            }
            Ok(())
        })?;
        Ok(spent.as_secs_f64() * 1e6 / self.megabytes())
    }
}

/// What delivering a recording took.
struct Delivery {
    /// How the server answered.
    coding: String,
    sent_bytes: usize,
    wall_ms: f64,
    /// CPU time of the server, in microseconds for each MB of JSON.
    server_us: f64,
    /// The same for decompressing and compressing it, without a server.
    recompress_us: f64,
}

async fn deliver(
    server: &Server,
    client: &mut Client,
    recording: &Recording,
    coding: &str,
) -> anyhow::Result<Delivery> {
    let pid = server.process.pid();
    let (start, before) = (Instant::now(), meter::process_cpu(pid)?);
    let (mut times, mut sent_bytes, mut answered) = (0, 0, String::new());
    while times == 0 || start.elapsed() < DELIVERY_TIME {
        sent_bytes = 0;
        for path in &recording.parts {
            let answer = get(client, path, coding).await?;
            sent_bytes += client.body(&answer).len();
            client.header(&answer, "content-encoding").unwrap_or("identity").clone_into(&mut answered);
        }
        times += 1;
    }
    let (wall, spent) = (start.elapsed(), meter::process_cpu(pid)?.saturating_sub(before));
    Ok(Delivery {
        coding: answered,
        sent_bytes,
        wall_ms: wall.as_secs_f64() * 1e3 / f64::from(times),
        server_us: spent.as_secs_f64() * 1e6 / recording.megabytes() / f64::from(times),
        recompress_us: recording.recompress_us()?,
    })
}

/// Delivers all parts of both in each coding, in turns.
async fn deliver_both(
    server: &Server,
    client: &mut Client,
    recordings: &[Recording; 2],
    rounds: usize,
) -> anyhow::Result<()> {
    let columns = [
        "delivering",
        "asked",
        "answered",
        "sent",
        "time",
        "server CPU / MB",
        "inflate + gzip -1 / MB",
        "ratio",
    ];
    let mut table = Table::new(&columns);
    for recording in recordings {
        let mut deliveries: [Vec<Delivery>; CODINGS.len()] = Default::default();
        for _ in 0..rounds {
            for (coding, deliveries) in CODINGS.iter().zip(&mut deliveries) {
                deliveries.push(deliver(server, client, recording, coding).await?);
            }
        }
        for (asked, deliveries) in CODINGS.iter().zip(&deliveries) {
            let of = |value: &dyn Fn(&Delivery) -> f64| median(deliveries.iter().map(value));
            let Some(last) = deliveries.last() else { continue };
            table.row([
                recording.size(),
                (*asked).to_owned(),
                last.coding.clone(),
                format!("{} B", grouped(last.sent_bytes as f64)),
                format!("{:.1} ms", of(&|delivery| delivery.wall_ms)),
                format!("{:.0} us", of(&|delivery| delivery.server_us)),
                format!("{:.0} us", of(&|delivery| delivery.recompress_us)),
                format!("{:.1}", of(&|delivery| delivery.recompress_us / delivery.server_us)),
            ]);
        }
    }
    table.print("Delivering all parts, one after the other");
    Ok(())
}
