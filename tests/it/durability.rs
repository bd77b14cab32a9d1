//! What was answered is stored, exactly once, however the process ends.
//!
//! A short form by default. The long one, with its seed printed:
//! `CRASH_ROUNDS=50 cargo test --test it durability -- --nocapture`; the same again
//! with `CRASH_SEED=...`.

use std::collections::{HashMap, VecDeque};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hindsight::ingest::gzip;
use hindsight::store::{Db, ledger};
use sha2::{Digest, Sha256};

use crate::command_line::{Process, folder, run, stdout};
use crate::server::{Answer, NOW, parse, request};

const ROUNDS: u64 = 5;
const CLIENTS: u64 = 8;

/// How soon a server that was killed must answer again. The short form runs beside
/// other tests, which says nothing about the server.
const READY_WITHIN: Duration = Duration::from_secs(2);
const READY_WITHIN_BESIDE_OTHERS: Duration = Duration::from_secs(20);

/// Sessions are finished as soon as they end, so that finishing is killed as well.
pub const AT_ONCE: [(&str, &str); 1] = [("HINDSIGHT_SESSIONS__ENDED_GRACE_SECONDS", "0")];

/// One request to a server in another process. `None` when it was cut off.
pub fn send(url: &str, bytes: &[u8]) -> Option<Answer> {
    let mut socket = TcpStream::connect(url.trim_start_matches("http://")).ok()?;
    socket.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    // A server may answer, and stop reading, before all is sent.
    let written = socket.write_all(bytes);
    let mut answer = Vec::new();
    let read = socket.read_to_end(&mut answer);
    let whole = answer.windows(4).any(|window| window == b"\r\n\r\n");
    (whole && (written.is_ok() || read.is_ok())).then(|| parse(&answer))
}

pub fn get(url: &str, path: &str) -> Answer {
    send(url, &request("GET", path, &["Accept: text/html"], b"")).expect("an answer")
}

/// Posts to a server in another process; the status of its answer, if there was one.
pub fn post(url: &str, path: &str, body: &[u8]) -> Option<u16> {
    send(url, &request("POST", path, &[], body)).map(|answer| answer.status)
}

/// A number from the environment.
pub fn number_from(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

/// Random numbers that are the same for the same seed (splitmix64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// With the seed that the variable names, or one of its own, which is printed.
    pub fn from(variable: &str) -> Self {
        let seed = number_from(variable).unwrap_or_else(|| getrandom::u64().expect("randomness"));
        println!("{variable}={seed}");
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// From 200 bytes to 2 MiB: each order of magnitude as often as the others.
    fn size(&mut self) -> usize {
        let exponent = self.below(10_000) as f64 / 10_000.0;
        (200.0 * (2.0 * 1024.0 * 1024.0 / 200.0_f64).powf(exponent)) as usize
    }

    /// Text that gzip makes little of.
    fn text(&mut self, bytes: usize) -> String {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let words = std::iter::repeat_with(|| self.next()).flat_map(u64::to_le_bytes);
        words.take(bytes * 4 / 3).map(|byte| char::from(LETTERS[usize::from(byte & 63)])).collect()
    }
}

/// One batch: where it belongs and what it is.
#[derive(Clone)]
pub struct Sent {
    session: String,
    stream: String,
    seq: i64,
    end: bool,
    body: Vec<u8>,
}

impl Sent {
    fn path(&self, key: &str) -> String {
        let end = if self.end { "?end=1" } else { "" };
        format!("/ingest/{key}/{}/{}/{}{end}", self.session, self.stream, self.seq)
    }

    fn place(&self) -> Place {
        (self.session.clone(), self.stream.clone(), self.seq)
    }
}

pub type Place = (String, String, i64);

/// What the clients know: what they sent, and which of it was answered.
#[derive(Default)]
pub struct Books {
    sent: HashMap<Place, [u8; 32]>,
    answered: HashMap<Place, [u8; 32]>,
}

impl Books {
    pub fn answered(&self) -> usize {
        self.answered.len()
    }

    pub fn hash(&self, place: &Place) -> Option<&[u8; 32]> {
        self.sent.get(place)
    }
}

/// A visitor who sends a session after the other, and each batch until it is answered.
pub struct Client {
    dice: Dice,
    name: String,
    sessions: u64,
    /// Batches of the current session that are still to come, and the next one's number.
    left: u64,
    seq: i64,
    waiting: VecDeque<Sent>,
    largest: usize,
}

impl Client {
    pub fn new(number: u64, dice: &mut Dice, largest: usize) -> Self {
        let name = format!("client-{number:05}");
        Self {
            dice: Dice::new(dice.next()),
            name,
            sessions: 0,
            left: 0,
            seq: 0,
            waiting: VecDeque::new(),
            largest,
        }
    }

    pub fn post_until(&mut self, over: &AtomicBool, url: &str, key: &str, books: &Mutex<Books>) {
        while !over.load(Ordering::SeqCst) {
            if self.waiting.is_empty() {
                self.make(books);
            }
            let batch = self.waiting.front().expect("one was made").clone();
            match post(url, &batch.path(key), &batch.body) {
                Some(200) => {
                    let hash = Sha256::digest(&batch.body).into();
                    books.lock().expect("nobody panicked").answered.insert(batch.place(), hash);
                    if !self.dice.percent(5) {
                        self.waiting.pop_front();
                    }
                }
                // Busy, or killed: once more.
                None | Some(429 | 503) => std::thread::yield_now(),
                Some(status) => panic!("{} {} is answered with {status}", batch.stream, batch.seq),
            }
        }
    }

    fn make(&mut self, books: &Mutex<Books>) {
        if self.left == 0 {
            self.sessions += 1;
            self.left = 2 + self.dice.below(10);
            self.seq = 0;
        }
        let count = if self.left > 1 && self.dice.percent(5) { 2 } else { 1 };
        for _ in 0..count {
            self.left -= 1;
            let batch = self.batch();
            self.seq += 1;
            let hash = Sha256::digest(&batch.body).into();
            books.lock().expect("nobody panicked").sent.insert(batch.place(), hash);
            // Of two the later one is sent first.
            self.waiting.push_front(batch);
        }
    }

    fn batch(&mut self) -> Sent {
        let (session, stream) =
            (format!("{}-{:06}", self.name, self.sessions), format!("{}-stream", self.name));
        let (seq, size) = (self.seq, self.dice.size().min(self.largest));
        let at = NOW + seq * 1000;
        let snapshot = r#"{"type":0,"childNodes":[],"id":1}"#;
        let json = format!(
            r#"[{{"type":2,"data":{{"node":{snapshot},"initialOffset":{{"left":0,"top":0}}}},"timestamp":{at}}},
            {{"type":5,"data":{{"tag":"test","payload":{{"mark":"{session}/{seq}","fill":"{}"}}}},"timestamp":{}}}]"#,
            self.dice.text(size),
            at + 1
        );
        let body = gzip::deflate_fast(json.as_bytes());
        Sent { session, stream, seq, end: self.left == 0, body }
    }
}

#[test]
fn every_answered_batch_survives_being_killed() {
    let data = folder();
    let long = number_from("CRASH_ROUNDS");
    let mut dice = Dice::from("CRASH_SEED");
    run(data.path(), &["connection", "add", "Shop"]);
    let key = key_of(data.path());
    let books = Mutex::new(Books::default());
    let mut clients: Vec<Client> =
        (0..CLIENTS).map(|number| Client::new(number, &mut dice, usize::MAX)).collect();
    let mut slowest = Duration::ZERO;
    for round in 0..long.unwrap_or(ROUNDS) {
        let started = Instant::now();
        let server = Process::start_with(data.path(), &[], &AT_ONCE);
        slowest = slowest.max(started.elapsed());
        let life = Duration::from_millis(100 + dice.below(2900));
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let (url, over, key, books) = (server.url.clone(), &over, &key, &books);
            for client in &mut clients {
                let url = url.clone();
                scope.spawn(move || client.post_until(over, &url, key, books));
            }
            // When it is killed is what the test is about.
            std::thread::sleep(life);
            server.kill();
            over.store(true, Ordering::SeqCst);
        });
        let answered = books.lock().expect("nobody panicked").answered();
        println!("round {round}: killed after {life:?}, {answered} batches answered so far");
    }
    println!("ready again within {slowest:?}");
    let books = books.into_inner().expect("nobody panicked");
    assert!(books.answered() > 20, "only {} batches were answered", books.answered());
    let allowed = if long.is_some() { READY_WITHIN } else { READY_WITHIN_BESIDE_OTHERS };
    assert!(slowest < allowed, "a server took {slowest:?} to be ready again");
    // Starting once more recovers what the last kill left behind.
    Process::start_with(data.path(), &[], &AT_ONCE).stop();
    check(data.path(), &books);
    assert_eq!(stdout(&run(data.path(), &["check"])), "ok");
}

/// The write key of the first connection.
pub fn key_of(data: &Path) -> String {
    let list = stdout(&run(data, &["connection", "list"]));
    list.split('\t').next().expect("a key").to_owned()
}

/// Holds what is stored against what was sent and answered.
pub fn check(data: &Path, books: &Books) {
    let conn = Db::open(data.join("hindsight.db")).expect("opened");
    let mut stored = stored(&conn);
    stored.retain(|(session, ..), _| session.starts_with("client-"));
    for (place, hash) in &books.answered {
        let found = stored.get(place).unwrap_or_else(|| panic!("{place:?} was answered and is lost"));
        assert!(found.len() == 1 && hash.starts_with(&found[0]), "{place:?} is stored as {found:x?}");
    }
    for (place, found) in &stored {
        let sent = books.sent.get(place).unwrap_or_else(|| panic!("{place:?} was never sent"));
        assert!(found.len() == 1 && sent.starts_with(&found[0]), "{place:?} is stored as {found:x?}");
    }
    let mut sessions: Vec<&String> = stored.keys().map(|(session, ..)| session).collect();
    sessions.sort();
    sessions.dedup();
    for session in &sessions {
        let exported = stdout(&run(data, &["export", session]));
        let mut marks: Vec<String> = exported
            .split(r#""mark":""#)
            .skip(1)
            .map(|rest| rest.split('"').next().expect("an end").to_owned())
            .collect();
        marks.sort();
        let mut expected: Vec<String> = stored
            .keys()
            .filter(|(of, ..)| of == *session)
            .map(|(session, _, seq)| format!("{session}/{seq}"))
            .collect();
        expected.sort();
        assert_eq!(marks, expected, "the events of {session}");
    }
    println!(
        "{} batches sent, {} answered, {} stored in {} sessions",
        books.sent.len(),
        books.answered.len(),
        stored.len(),
        sessions.len()
    );
}

/// Each batch that is stored, by the start of its hash: as it came, or in the ledger of segments.
pub fn stored(conn: &Db) -> HashMap<Place, Vec<[u8; 8]>> {
    let mut stored: HashMap<Place, Vec<[u8; 8]>> = HashMap::new();
    let mut statement = conn
        .prepare(
            "SELECT session.public_id, stream.public_id, batch.id & 1048575, batch.hash
             FROM batch JOIN stream ON stream.id = batch.id >> 20 JOIN session ON session.id = session_id",
        )
        .expect("a statement");
    let mut rows = statement.query([]).expect("read");
    while let Some(row) = rows.next().expect("a row") {
        let place = (row.get(0).expect("a text"), row.get(1).expect("a text"), row.get(2).expect("a number"));
        let hash: [u8; 32] = row.get(3).expect("a hash");
        stored.entry(place).or_default().push(*hash.first_chunk().expect("it is longer"));
    }
    let mut statement = conn
        .prepare(
            "SELECT session.public_id, stream.public_id, ledger
             FROM stream JOIN session ON session.id = session_id WHERE ledger IS NOT NULL",
        )
        .expect("a statement");
    let mut rows = statement.query([]).expect("read");
    while let Some(row) = rows.next().expect("a row") {
        let (session, stream): (String, String) = (row.get(0).expect("a text"), row.get(1).expect("a text"));
        for entry in ledger::read(&row.get::<_, Vec<u8>>(2).expect("a ledger")) {
            stored.entry((session.clone(), stream.clone(), entry.seq)).or_default().push(entry.hash);
        }
    }
    stored
}
