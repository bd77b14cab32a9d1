//! Plays one row, and holds the server to what must hold after every row.

use std::io::Write;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use hindsight::config::Settings;
use hindsight::model::Connection;
use hindsight::store::connections::{self, Rules};
use hindsight::store::{Db, erasing, write_keys};
use tokio::runtime::Handle;

use crate::cases::{
    Case, Expected, HangUp, Parallel, Pipeline, Raw, RulesOfRow, Send, Sql, Stalled, Step, unhex,
};
use crate::client::{Client, connect, read_answer};
use crate::server::{Answer, NOW, TestServer, add_connection, page_load};
use crate::witness::{check_log_is_free, fingerprint, forget_peak, memory_kib, take_log, until};

/// After a row memory is back within this of what it was before.
const KEPT_KIB: u64 = 32 * 1024;

/// All that is refused is refused within this time, unless it is slow on purpose.
const IN_TIME: Duration = Duration::from_secs(10);

/// A server with what the rows need of it.
pub struct Stage {
    pub server: TestServer,
    database: Db,
    runtime: Handle,
}

impl Stage {
    pub fn new(runtime: &Handle, case: Option<&Case>) -> Self {
        let environment = case.iter().flat_map(|case| &case.settings).map(|(key, value)| {
            let name = format!("HINDSIGHT_{}", key.to_uppercase().replace('.', "__"));
            (name, value.to_string())
        });
        let changed = Settings::load(None, environment.collect()).expect("settings that exist");
        let server = runtime.block_on(TestServer::start_with(|settings| {
            let data_dir = settings.server.data_dir.clone();
            *settings = changed;
            settings.server.data_dir = data_dir;
        }));
        let database = Db::open(server.settings.server.data_dir.join("hindsight.db")).expect("opened");
        Self { server, database, runtime: runtime.clone() }
    }

    fn write<T: std::marker::Send + 'static>(
        &self,
        work: impl FnOnce(&Db) -> hindsight::store::Result<T> + std::marker::Send + 'static,
    ) -> T {
        self.runtime.block_on(self.server.store.write(work)).expect("the store writes")
    }
}

/// Plays the row; panics with its name where something does not hold.
pub fn play(stage: &Stage, case: &Case, number: usize) {
    let mut row = Row {
        stage,
        what: format!("{} {}", case.id, case.input),
        session: format!("session-of-case-{number:04}"),
        own: None,
        number,
        client: Client::new(stage.server.address),
    };
    take_log();
    let before = memory_kib("VmRSS");
    forget_peak();
    for (number, step) in case.steps.iter().enumerate() {
        row.what = format!("{} {} (step {number})", case.id, case.input);
        row.step(step);
    }
    let peak = memory_kib("VmHWM").saturating_sub(before) / 1024;
    assert!(case.peak_mib.is_none_or(|limit| peak <= limit), "{}: took {peak} MiB", row.what);
    if !row.stage.server.stopping.has_stopped() {
        row.check_good_batch(case.ends_session);
    }
    check_log_is_free(&stage.database, &row.what);
    until(&format!("{}: memory is not given back", row.what), || memory_kib("VmRSS") <= before + KEPT_KIB);
    // What the log is spared in one minute must not be missing in the next row.
    stage.server.clock.advance(Duration::from_secs(61));
}

struct Row<'a> {
    stage: &'a Stage,
    what: String,
    session: String,
    /// A connection of the row's own, to be paused and the like.
    own: Option<Connection>,
    number: usize,
    client: Client,
}

impl Row<'_> {
    fn step(&mut self, step: &Step) {
        match step {
            Step::Send(send) => self.send(send),
            Step::Parallel(parallel) => self.parallel(parallel),
            Step::Raw(raw) => self.raw(raw),
            Step::HangUp(hang_up) => self.hang_up(hang_up),
            Step::Pipeline(pipeline) => self.pipeline(pipeline),
            Step::Stalled(stalled) => self.stalled(stalled),
            Step::Stop(expected) => self.stop(expected),
            Step::AdvanceSeconds(seconds) => self.stage.server.clock.advance(Duration::from_secs(*seconds)),
            Step::DiskFull(is_full) => self.fill_disk(*is_full),
            Step::CatchUp(false) | Step::Erase(false) | Step::Revoke(false) => {}
            Step::CatchUp(true) => self.stage.runtime.block_on(self.stage.server.catch_up()),
            Step::Erase(true) => self.erase(),
            Step::Pause(paused) => self.set_rules(&RulesOfRow { paused: *paused, ..RulesOfRow::default() }),
            Step::Revoke(true) => self.revoke(),
            Step::Rules(rules) => self.set_rules(rules),
            Step::Sql(sql) => self.sql(sql),
        }
    }

    /// Sends one request and holds its answer against the table.
    fn send(&mut self, send: &Send) {
        let bytes = self.request(send, 0);
        let (before, counts) = (self.fingerprint(), self.counts());
        let started = Instant::now();
        let answer = self.client.send(&bytes);
        let answer = answer.unwrap_or_else(|| panic!("{}: no answer", self.what));
        assert!(started.elapsed() < IN_TIME, "{}: answered after {:?}", self.what, started.elapsed());
        self.check(&answer, &send.expected);
        if answer.status < 400 {
            return;
        }
        assert!(self.fingerprint() == before, "{}: something is left behind", self.what);
        let echoed = send.body.iter().map(|piece| piece.text.as_str()).filter(|text| text.len() >= 8);
        for sent in echoed.chain([self.session.as_str(), &self.stage.server.connection.write_key]) {
            assert!(!answer.text().contains(sent), "{}: repeats {sent:?}", self.what);
        }
        if answer.header("access-control-allow-origin").is_some() {
            self.check_refusal(&answer, send, &counts);
        }
    }

    fn request(&mut self, send: &Send, n: u64) -> Vec<u8> {
        let path = send.path.as_deref().unwrap_or("/ingest/{key}/{session}/{stream}/0");
        send.request(&self.filled(path, n))
    }

    fn filled(&mut self, text: &str, n: u64) -> String {
        let own = if text.contains("{own}") { self.own().write_key } else { String::new() };
        text.replace("{key}", &self.stage.server.connection.write_key)
            .replace("{own}", &own)
            .replace("{session}", &self.session)
            .replace("{stream}", "stream-bad-000000")
            .replace("{n}", &n.to_string())
            .replace("{long}", &"x".repeat(9000))
    }

    fn check(&self, answer: &Answer, expected: &Expected) {
        let (what, text) = (&self.what, answer.text());
        assert_eq!(answer.status, expected.status, "{what}: {text}");
        if let Some(part) = &expected.answer {
            assert!(text.contains(part.as_str()), "{what}: {text} lacks {part}");
        }
        if let Some(line) = &expected.header {
            assert!(answer.headers.contains(line), "{what}: {line} is not in {:?}", answer.headers);
        }
        if let Some(name) = &expected.no_header {
            assert_eq!(answer.header(name), None, "{what}");
        }
        if expected.closes {
            assert_eq!(answer.header("connection"), Some("close"), "{what}");
        }
        if let Some(kind) = &expected.r#type {
            self.check_problem(answer, kind, expected);
        } else {
            assert!(answer.status < 400, "{what}: the table names no type");
        }
    }

    fn check_problem(&self, answer: &Answer, kind: &str, expected: &Expected) {
        let (what, problem) = (&self.what, answer.json());
        let text = |field: &str| problem[field].as_str().unwrap_or_default().to_owned();
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}");
        let is_one = kind.split('|').any(|kind| text("type") == format!("/problems/{kind}"));
        assert!(is_one, "{what}: {} is not {kind}: {}", text("type"), text("detail"));
        assert_eq!(problem["status"], expected.status, "{what}");
        assert!(!text("title").is_empty() && !text("detail").is_empty(), "{what}");
        if let Some(retry) = &expected.retry {
            assert_eq!(&text("retry"), retry, "{what}");
        }
        if let Some(detail) = &expected.detail {
            assert!(text("detail").contains(detail.as_str()), "{what}: {}", text("detail"));
        }
        if matches!(answer.status, 429 | 503) {
            let (least, most) = expected.retry_after.unwrap_or((1, 3600));
            let after: u32 = answer.header("retry-after").and_then(|after| after.parse().ok()).unwrap_or(0);
            assert!((least..=most).contains(&after), "{what}: Retry-After is {after}");
        }
    }

    /// A refused upload is counted, and told to the log in one line that gives nothing away.
    fn check_refusal(&self, answer: &Answer, send: &Send, before: &Counts) {
        let problem = answer.json();
        let kind = problem["type"].as_str().unwrap_or_default().trim_start_matches("/problems/").to_owned();
        let id = problem["request_id"].as_str().unwrap_or_default();
        assert_eq!(answer.header("x-request-id"), Some(id), "{}", self.what);
        let counted = |counts: &Counts| counts.get(kind.as_str()).copied().unwrap_or(0);
        assert_eq!(counted(&self.counts()), counted(before) + 1, "{}: counted as {kind}", self.what);
        let log = take_log();
        let lines: Vec<&String> = log.iter().filter(|line| line.contains(id)).collect();
        assert_eq!(lines.len(), 1, "{}: {log:?}", self.what);
        assert!(lines[0].contains(&format!("reason=\"{kind}\"")), "{}: {}", self.what, lines[0]);
        let key = &self.stage.server.connection.write_key;
        let texts = send.body.iter().map(|piece| piece.text.as_str()).filter(|text| text.len() >= 8);
        for secret in texts.chain([key.as_str(), "127.0.0.1", &self.session]) {
            assert!(log.iter().all(|line| !line.contains(secret)), "{}: {secret:?} in {log:?}", self.what);
        }
    }

    fn check_good_batch(&mut self, elsewhere: bool) {
        let session = if elsewhere { format!("{}-next", self.session) } else { self.session.clone() };
        let path = self.stage.server.batch_path(&session, "stream-good-00000", 0);
        let body = page_load(NOW, "https://shop.example/", "fine");
        let good =
            format!("POST {path} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let answer = self.client.send(good.as_bytes());
        let answer =
            answer.unwrap_or_else(|| panic!("{}: a good batch afterwards gets no answer", self.what));
        assert_eq!(answer.status, 200, "{}: a good batch afterwards: {}", self.what, answer.text());
        assert_eq!(answer.json()["stored"], true, "{}", self.what);
    }

    fn parallel(&mut self, parallel: &Parallel) {
        let answers = self.all_at_once(parallel.times, &parallel.send);
        for answer in &answers {
            self.check(answer, &parallel.send.expected);
        }
        for (part, count) in &parallel.answers {
            let found = answers.iter().filter(|answer| answer.text().contains(part.as_str())).count() as u64;
            assert_eq!(found, *count, "{}: answers with {part}", self.what);
        }
    }

    fn all_at_once(&mut self, times: u64, send: &Send) -> Vec<Answer> {
        let requests: Vec<Vec<u8>> = (0..times).map(|n| self.request(send, n)).collect();
        let address = self.stage.server.address;
        let sending: Vec<_> = requests
            .into_iter()
            .map(|request| {
                std::thread::spawn(move || Client::new(address).send(&request).expect("an answer"))
            })
            .collect();
        sending.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    }

    fn raw(&mut self, raw: &Raw) {
        let text = self.filled(&raw.text, 0).into_bytes();
        let bytes = [text, unhex(&raw.hex)].concat().repeat(raw.times.max(1));
        let before = self.fingerprint();
        let mut socket = connect(self.stage.server.address);
        let mut writer = socket.try_clone().expect("a second handle");
        let every = raw.every_ms;
        let writing = std::thread::spawn(move || {
            let mut more = writer.write_all(&bytes).is_ok();
            while let (true, Some(pause)) = (more, every) {
                std::thread::sleep(Duration::from_millis(pause));
                more = writer.write_all(b" ").is_ok();
            }
        });
        let answer = read_answer(&mut socket);
        let status = answer.as_ref().map_or(0, |answer| answer.status);
        assert!(raw.statuses.contains(&status), "{}: answered {status}", self.what);
        let _ = socket.shutdown(std::net::Shutdown::Both);
        writing.join().expect("no panic");
        let Some(answer) = answer else { return };
        let text = answer.text();
        assert!(!text.contains("<html"), "{}: {text}", self.what);
        for part in raw.answer.iter().chain(&raw.r#type) {
            assert!(text.contains(part.as_str()), "{}: {text} lacks {part}", self.what);
        }
        assert!(
            raw.never.as_ref().is_none_or(|never| !text.contains(never.as_str())),
            "{}: {text}",
            self.what
        );
        if status >= 400 {
            let closes = answer.header("connection") == Some("close");
            assert!(closes, "{}: the connection stays open: {:?}", self.what, answer.headers);
            assert!(self.fingerprint() == before, "{}: something is left behind", self.what);
        }
    }

    fn hang_up(&mut self, hang_up: &HangUp) {
        let mut bytes = self.request(&hang_up.send, 0);
        bytes.truncate(bytes.len() - hang_up.missing);
        let (before, counts) = (self.fingerprint(), self.counts());
        let mut socket = connect(self.stage.server.address);
        socket.write_all(&bytes).expect("sent");
        if hang_up.missing == 0 {
            // Stored, and the answer is lost on its way.
            until(&format!("{}: nothing is stored", self.what), || self.fingerprint() != before);
        }
        drop(socket);
        if let Some(reason) = &hang_up.counted {
            let count = |counts: &Counts| counts.get(reason.as_str()).copied().unwrap_or(0);
            until(&format!("{}: not counted", self.what), || count(&self.counts()) == count(&counts) + 1);
            assert!(self.fingerprint() == before, "{}: something is left behind", self.what);
            let log = take_log();
            assert!(!log.iter().any(|line| line.contains("level=ERROR")), "{}: {log:?}", self.what);
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline) {
        let mut socket = connect(self.stage.server.address);
        let requests: Vec<u8> = (0..pipeline.times).flat_map(|n| self.request(&pipeline.send, n)).collect();
        let mut writer = socket.try_clone().expect("a second handle");
        let writing = std::thread::spawn(move || writer.write_all(&requests));
        for n in 0..pipeline.times {
            let answer = read_answer(&mut socket).unwrap_or_else(|| panic!("{}: no answer {n}", self.what));
            self.check(&answer, &pipeline.send.expected);
            let seq = format!("\"seq\":{n},");
            assert!(answer.text().contains(&seq), "{}: {} is not answer {n}", self.what, answer.text());
        }
        writing.join().expect("no panic").expect("all was taken");
    }

    fn stalled(&mut self, stalled: &Stalled) {
        let (release, wait) = mpsc::channel::<()>();
        let (begun, has_begun) = mpsc::channel();
        let store = self.stage.server.store.clone();
        self.stage.runtime.spawn(async move {
            let stand_still = move |_: &Db| {
                begun.send(()).expect("the row waits for it");
                let _ = wait.recv();
                Ok(())
            };
            store.write(stand_still).await.expect("nothing fails");
        });
        has_begun.recv().expect("the writer stands still");
        let before = self.counts().values().sum::<u64>();
        let requests: Vec<Vec<u8>> = (0..stalled.times).map(|n| self.request(&stalled.send, n)).collect();
        let address = self.stage.server.address;
        let sending: Vec<_> = requests
            .into_iter()
            .map(|request| {
                std::thread::spawn(move || Client::new(address).send(&request).expect("an answer"))
            })
            .collect();
        until(&format!("{}: not refused", self.what), || {
            self.counts().values().sum::<u64>() == before + stalled.refused
        });
        release.send(()).expect("the writer waits");
        let answers: Vec<Answer> =
            sending.into_iter().map(|thread| thread.join().expect("no panic")).collect();
        let (refused, stored): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status >= 400);
        assert_eq!(refused.len() as u64, stalled.refused, "{}", self.what);
        refused.into_iter().for_each(|answer| self.check(answer, &stalled.expected));
        stored.into_iter().for_each(|answer| self.check(answer, &stalled.send.expected));
    }

    /// Stops the server between the two halves of a request's head. Whether the server
    /// has seen the first half is its own matter, so a connection that it had not is tried again.
    fn stop(&mut self, expected: &Expected) {
        for _ in 0..20 {
            let stage = Stage::new(&self.stage.runtime, None);
            let path = stage.server.batch_path(&self.session, "stream-bad-000000", 0);
            let mut socket = connect(stage.server.address);
            socket.write_all(format!("POST {path} HTTP/1.1\r\n").as_bytes()).expect("sent");
            stage.runtime.block_on(stage.server.get("/problems/busy"));
            stage.server.stopper.stop();
            let rest = socket.write_all(b"Host: test\r\nContent-Length: 2\r\n\r\n[]");
            if let Some(answer) = rest.ok().and_then(|()| read_answer(&mut socket)) {
                return self.check(&answer, expected);
            }
        }
        panic!("{}: never answered", self.what);
    }

    fn fill_disk(&mut self, is_full: bool) {
        self.stage.write(move |conn| {
            let pages: i64 = conn.pragma_query_value(None, "page_count", |row| row.get(0))?;
            let most = if is_full { pages } else { 1 << 30 };
            Ok(conn.pragma_update(None, "max_page_count", most)?)
        });
        if !is_full {
            // What the server does by itself every two seconds.
            self.stage.server.store.disk().tend(&self.stage.server.settings.disk);
        }
    }

    fn erase(&mut self) {
        let (connection, now) = (self.stage.server.connection.id, self.stage.server.clock.now());
        let session = erasing::Selection::Session(self.session.parse().expect("an id"));
        let erased = self.stage.write(move |conn| erasing::erase(conn, connection, &session, now));
        assert_eq!(erased.erased, 1, "{}", self.what);
    }

    fn own(&mut self) -> Connection {
        let name: &'static str = Box::leak(format!("Own{}", self.number).into_boxed_str());
        let store = &self.stage.server.store;
        self.own.get_or_insert_with(|| self.stage.runtime.block_on(add_connection(store, name))).clone()
    }

    fn set_rules(&mut self, rules: &RulesOfRow) {
        let (own, rules) = (self.own().id, rules.clone());
        let rules = Rules {
            paused: rules.paused,
            allowed_origins: rules.allowed_origins,
            honour_gpc: rules.honour_gpc,
            keep_days: None,
            daily_bytes: rules.daily_bytes,
        };
        self.stage.write(move |conn| connections::set_rules(conn, own, &rules));
    }

    fn revoke(&mut self) {
        let (own, key) = (self.own().id, format!("hk_next_{}", self.number));
        self.stage.write(move |conn| write_keys::replace(conn, own, &key, NOW, NOW));
    }

    fn sql(&mut self, sql: &Sql) {
        let find = "SELECT id FROM session WHERE public_id = ?1";
        let session: Option<i64> =
            self.stage.database.query_row(find, [&self.session], |row| row.get(0)).ok();
        let query = sql.query.replace("{session}", &session.unwrap_or(-1).to_string());
        let value = self.stage.database.query_row(&query, [], |row| Ok(format!("{:?}", row.get_ref(0)?)));
        let value = value.unwrap_or_else(|error| panic!("{}: {query}: {error}", self.what));
        let plain = value.trim_start_matches(|c: char| c.is_alphabetic()).trim_matches(['(', ')']).to_owned();
        let plain = if plain.is_empty() { value } else { plain };
        assert_eq!(plain, sql.gives, "{}: {query}", self.what);
    }

    fn fingerprint(&self) -> [u8; 32] {
        fingerprint(&self.stage.database)
    }

    fn counts(&self) -> Counts {
        self.stage.server.app.refusals.counts()
    }
}

type Counts = std::collections::BTreeMap<&'static str, u64>;
