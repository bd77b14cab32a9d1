//! What was answered survives a power cut, as far as the disk honours fsync.
//!
//! A server is traced under load. For random moments its files are put together again
//! from what had been synced by then, and a random part of what had only been written,
//! torn at sectors; from these the database must recover, whole, with every batch that
//! had been answered. A short form by default; the long one, with its seed printed:
//! `POWER_CUTS=100 cargo test --test it power_loss -- --nocapture`.

mod trace;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hindsight::store::Db;

use crate::command_line::{Process, folder, hindsight, run, stdout};
use crate::durability::{AT_ONCE, Books, Client, Dice, Place, key_of, number_from, stored};
use trace::{Event, What};

const CUTS: u64 = 10;

/// Batches that are answered while the server is traced.
const ENOUGH: usize = 150;

/// What a disk writes whole.
const SECTOR: usize = 512;

const CALLS: &str = "trace=pwrite64,write,writev,sendto,fsync,fdatasync,ftruncate,unlink,rename,openat";

#[test]
fn every_answered_batch_survives_a_power_cut() {
    let cuts = number_from("POWER_CUTS").unwrap_or(CUTS);
    let Some(found) = survey("power-loss", cuts) else { return };
    assert_eq!((found.lost, found.damaged), (0, 0));
    assert!(found.cost_something > 0, "nothing was ever cut off");
}

#[test]
fn a_disk_that_is_not_waited_for_loses_batches_and_stays_whole() {
    let Some(found) = survey("crash", 12) else { return };
    assert!(found.lost > 0, "the cuts would not show it if nobody waited for the disk");
    assert_eq!(found.damaged, 0);
}

/// What some cuts have shown.
#[derive(Default)]
struct Found {
    /// Batches that were answered and are not there.
    lost: usize,
    /// Databases that are not whole.
    damaged: usize,
    /// Cuts that took anything from the disk.
    cost_something: usize,
}

/// Traces a server under load and cuts its power at random moments. `None` where
/// processes may not be traced.
fn survey(durability: &str, cuts: u64) -> Option<Found> {
    if let Err(reason) = may_trace() {
        println!("skipped: {reason}");
        return None;
    }
    let mut dice = Dice::from("POWER_SEED");
    let data = folder();
    run(data.path(), &["connection", "add", "Shop"]);
    let before = std::fs::read(data.path().join("hindsight.db")).expect("closed and whole");
    let books = Mutex::new(Books::default());
    let trace = data.path().join("trace");
    traced(data.path(), durability, &trace, &mut dice, &books);
    let text = std::fs::read_to_string(&trace).expect("ASCII");
    let events = trace::read(&text, data.path());
    let last = text.lines().count();
    drop(text);
    let books = books.into_inner().expect("nobody panicked");
    let mut answers = events.iter().filter(|event| matches!(event.what, What::Answered { .. }));
    let first = answers.next().expect("there are some").began;
    assert!(answers.count() + 1 >= ENOUGH, "not all answers are in the trace");

    let mut found = Found::default();
    for _ in 0..cuts {
        let cut = first + dice.below((last - first) as u64) as usize;
        let mut disk = Disk::at(&events, cut, &before);
        found.cost_something += usize::from(disk.lose(&mut dice));
        let (checked, stored) = recovered(&disk);
        let (answered, lost) = lost(&events[..], cut, &books, &stored);
        println!("cut at {cut} of {last}: {answered} batches answered, {} stored, {checked}", stored.len());
        if let Some(first) = lost.first() {
            println!("  {} batches are lost, such as {first:?}", lost.len());
        }
        found.lost += lost.len();
        found.damaged += usize::from(checked != "ok");
    }
    Some(found)
}

/// How many batches were answered before the cut, and which of them are not stored as they were sent.
fn lost(
    events: &[Event],
    cut: usize,
    books: &Books,
    stored: &HashMap<Place, Vec<[u8; 8]>>,
) -> (usize, Vec<Place>) {
    let mut answered: Vec<Place> = events
        .iter()
        .filter(|event| event.began < cut)
        .filter_map(|event| match &event.what {
            What::Answered { session, seq } => {
                Some((session.clone(), format!("{}-stream", &session[..12]), *seq))
            }
            _ => None,
        })
        .collect();
    answered.sort();
    answered.dedup();
    let count = answered.len();
    answered.retain(|place| {
        let hash = books.hash(place).expect("what is answered was sent");
        !stored.get(place).is_some_and(|found| found.len() == 1 && hash.starts_with(&found[0]))
    });
    (count, answered)
}

fn may_trace() -> Result<(), String> {
    let probe = Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).output();
    match probe {
        Err(error) => Err(format!("strace cannot be started: {error}")),
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!("strace does not work: {}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// Runs a server under load until enough is answered, then kills it.
fn traced(data: &Path, durability: &str, trace: &Path, dice: &mut Dice, books: &Mutex<Books>) {
    let key = key_of(data);
    let serve = hindsight(data);
    let mut command = Command::new("strace");
    command.args(["-f", "-y", "-xx", "-s", "1000000", "-e", "signal=none", "-e", CALLS, "-o"]).arg(trace);
    command.arg(serve.get_program()).args(serve.get_args()).args(["serve", "--listen", "127.0.0.1:0"]);
    command.current_dir(data).envs(AT_ONCE).stdin(Stdio::null());
    // What plugins are compiled to is long, and no recording.
    command.env("HINDSIGHT_PLUGINS__ENABLED", "false");
    command.env("HINDSIGHT_DISK__BALLAST_BYTES", "0").env("HINDSIGHT_STORE__DURABILITY", durability);
    let mut server = Process::spawn(&mut command);
    let killed = Killed::by_trace(trace);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for number in 0..4 {
            let mut client = Client::new(number, dice, 60_000);
            let (url, over, key) = (&server.url, &over, &key);
            scope.spawn(move || client.post_until(over, url, key, books));
        }
        let deadline = Instant::now() + Duration::from_secs(120);
        while books.lock().expect("nobody panicked").answered() < ENOUGH && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
        }
        over.store(true, Ordering::SeqCst);
    });
    drop(killed);
    // strace ends when the server has.
    server.child.wait().expect("it ends");
}

/// Kills the server itself, which strace would let go.
struct Killed(String);

impl Killed {
    fn by_trace(trace: &Path) -> Self {
        let text = std::fs::read_to_string(trace).expect("the trace has begun");
        Self(text.split(' ').next().expect("a process").to_owned())
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-KILL", &self.0]).status();
    }
}

/// The database's files as a power cut left them.
struct Disk<'a> {
    files: HashMap<&'static str, File>,
    /// What had been done to them, in order, and whether it is sure to be there.
    done: Vec<(&'a What, bool)>,
}

#[derive(Default, Clone)]
struct File {
    /// Whether its folder knows it for good.
    is_named: bool,
    bytes: Vec<u8>,
}

const FILES: [&str; 2] = ["hindsight.db", "hindsight.db-wal"];

impl<'a> Disk<'a> {
    /// What had been done when the power is cut at a line of the trace.
    fn at(events: &'a [Event], cut: usize, before: &[u8]) -> Self {
        let mut disk = Self { files: HashMap::new(), done: Vec::new() };
        disk.files.insert(FILES[0], File { is_named: true, bytes: before.to_vec() });
        disk.files.insert(FILES[1], File::default());
        let syncs: Vec<(&str, &Event)> = events
            .iter()
            .filter_map(|event| match &event.what {
                What::Synced { file } if event.ended < cut => Some((file.as_str(), event)),
                _ => None,
            })
            .collect();
        let is_synced = |place: &str, event: &Event| {
            syncs.iter().any(|(file, sync)| *file == place && event.ended < sync.began)
        };
        for event in events.iter().filter(|event| event.began < cut) {
            let (file, place) = match &event.what {
                What::Wrote { file, .. } | What::Cut { file, .. } => (file, file.as_str()),
                What::Created { file } => (file, ""),
                What::Synced { .. } | What::Answered { .. } => continue,
            };
            if !FILES.contains(&file.as_str()) {
                continue;
            }
            disk.done.push((&event.what, is_synced(place, event)));
        }
        disk
    }

    fn apply(&mut self, what: &What, mut keeps_sector: impl FnMut(usize) -> bool) {
        match what {
            What::Created { file } => self.file(file).is_named = true,
            What::Cut { file, to } => self.file(file).bytes.resize(*to, 0),
            What::Wrote { file, at, bytes } => {
                let target = &mut self.file(file).bytes;
                for (number, byte) in bytes.iter().enumerate() {
                    let place = at + number;
                    if !keeps_sector(place / SECTOR) {
                        continue;
                    }
                    if target.len() <= place {
                        target.resize(place + 1, 0);
                    }
                    target[place] = *byte;
                }
            }
            What::Synced { .. } | What::Answered { .. } => {}
        }
    }

    fn file(&mut self, name: &str) -> &mut File {
        self.files.get_mut(name).expect("one of the two")
    }

    /// Decides what becomes of what was not synced; says whether any of it is lost.
    fn lose(&mut self, dice: &mut Dice) -> bool {
        let chance = [0, 30, 70, 95][dice.below(4) as usize];
        let mut lost = false;
        for (what, is_sure) in std::mem::take(&mut self.done) {
            if is_sure {
                self.apply(what, |_| true);
                continue;
            }
            if !dice.percent(chance) {
                lost = true;
                continue;
            }
            let torn = dice.percent(20);
            let mut kept: HashMap<usize, bool> = HashMap::new();
            self.apply(what, |sector| *kept.entry(sector).or_insert_with(|| !torn || dice.percent(50)));
        }
        lost
    }
}

/// What `hindsight check` says of a disk, and what is stored there.
fn recovered(disk: &Disk<'_>) -> (String, HashMap<Place, Vec<[u8; 8]>>) {
    let data = folder();
    let path = |name: &str| -> PathBuf { data.path().join(name) };
    for (name, file) in &disk.files {
        if file.is_named {
            std::fs::write(path(name), &file.bytes).expect("written");
        }
    }
    let checked = stdout(&run(data.path(), &["check"]));
    let conn = Db::open(path(FILES[0])).expect("opened");
    let found = stored(&conn);
    (checked, found)
}
