//! A disk that is full, read-only, or fails: nothing is answered that is not stored,
//! pages go on, and when the disk is well again so is the server.
//!
//! Mounts are made in a user namespace, so no rights are needed. The tests marked as
//! ignored are started there by the others; where there are neither user namespaces
//! nor root, they are skipped, and say so.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::command_line::{Process, folder, run, stderr, stdout};
use crate::durability::{Books, Client, Dice, check, get, key_of, send};
use crate::erasing::until;
use crate::health::not_ready;
use crate::server::{Answer, request};

/// Where the file system is mounted, for a test in its own namespace.
const MOUNTED: &str = "HINDSIGHT_TEST_MOUNT";

/// Runs one of the ignored tests of this file where it may mount.
fn inside(test: &str) {
    let probe = Command::new("unshare").args(["-rm", "true"]).stderr(Stdio::null()).status();
    if !probe.is_ok_and(|status| status.success()) {
        println!("skipped: `unshare -rm` does not work here, so nothing can be mounted");
        return;
    }
    let mount = folder();
    let output = Command::new("unshare")
        .arg("-rm")
        .arg(std::env::current_exe().expect("a test program"))
        .args(["--ignored", "--nocapture", "--exact", &format!("full_disk::{test}")])
        .env(MOUNTED, mount.path())
        .output()
        .expect("unshare runs");
    let said = stdout(&output);
    println!("{said}");
    assert!(output.status.success() && said.contains("1 passed"), "{}", stderr(&output));
}

/// A file system of 96 MiB, in a namespace of its own.
fn mounted() -> PathBuf {
    let path = PathBuf::from(std::env::var_os(MOUNTED).expect("this test is started by another one"));
    mount(&["-t", "tmpfs", "-o", "size=96m,mode=700", "tmpfs"], &path);
    path
}

fn mount(arguments: &[&str], at: &Path) {
    let status = Command::new("mount").args(arguments).arg(at).status().expect("mount runs");
    assert!(status.success(), "mount {arguments:?}");
}

/// A compiler that is started while strace attaches stops for good.
const NO_PLUGINS: [(&str, &str); 1] = [("HINDSIGHT_PLUGINS__ENABLED", "false")];

const SMALL_DISK: [(&str, &str); 2] =
    [("HINDSIGHT_DISK__LOW_WATER_BYTES", "16777216"), ("HINDSIGHT_DISK__BALLAST_BYTES", "8388608")];

/// Without a mark, only the ballast is left when the disk is full.
const NO_MARK: [(&str, &str); 2] =
    [("HINDSIGHT_DISK__LOW_WATER_BYTES", "0"), ("HINDSIGHT_DISK__BALLAST_BYTES", "8388608")];

/// Takes up so many MiB, or all there is.
fn fill(data: &Path, mebibytes: usize) -> PathBuf {
    use std::io::Write;
    let path = data.join("filler");
    let mut file = std::fs::File::create(&path).expect("created");
    for _ in 0..mebibytes {
        if file.write_all(&vec![1; 1 << 20]).is_err() {
            break;
        }
    }
    path
}

fn kind(answer: &Answer) -> String {
    answer.json()["type"].as_str().expect("a type").trim_start_matches("/problems/").to_owned()
}

/// One more upload, of a session of its own.
fn upload(server: &Process, key: &str, name: &str) -> Answer {
    let body = crate::server::page_load(crate::server::NOW, "https://shop.example/", name);
    let path = format!("/ingest/{key}/session-{name:0>12}/stream-000000000/0");
    send(&server.url, &request("POST", &path, &[], body.as_bytes())).expect("an answer")
}

/// Posts from several clients until the server answers `enough` more, or stops taking any.
fn load(
    server: &Process,
    key: &str,
    clients: &mut [Client],
    books: &Mutex<Books>,
    is_over: impl Fn() -> bool,
) {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for client in clients {
            let (url, over) = (&server.url, &over);
            scope.spawn(move || client.post_until(over, url, key, books));
        }
        let deadline = Instant::now() + Duration::from_secs(120);
        while !is_over() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        over.store(true, Ordering::SeqCst);
    });
}

fn clients(dice: &mut Dice, largest: usize) -> Vec<Client> {
    (0..4).map(|number| Client::new(number, dice, largest)).collect()
}

#[test]
fn a_disk_that_fills_up_stops_recording_and_nothing_else() {
    inside("inside_uploads_stop_at_the_mark");
}

#[test]
#[ignore = "started by another test, in a namespace of its own"]
fn inside_uploads_stop_at_the_mark() {
    let data = mounted();
    let filler = fill(&data, 30);
    let server = Process::start_with(&data, &[], &SMALL_DISK);
    until("a ballast", || std::fs::metadata(data.join("ballast")).is_ok_and(|file| file.len() == 8 << 20));
    let key = key_of(&data);
    let books = Mutex::new(Books::default());
    let mut dice = Dice::from("DISK_SEED");
    let refused = || {
        let answer = upload(&server, &key, "probe");
        answer.status == 503 && kind(&answer) == "storage-full"
    };
    let mut clients = clients(&mut dice, usize::MAX);
    load(&server, &key, &mut clients, &books, refused);

    let answer = upload(&server, &key, "refused");
    assert_eq!((answer.status, kind(&answer).as_str()), (503, "storage-full"), "{}", answer.text());
    assert_eq!(answer.header("retry-after"), Some("300"));
    let answered = books.lock().expect("nobody panicked").answered();
    assert!(answered > 5, "{answered}");
    load(&server, &key, &mut clients, &books, {
        let until = Instant::now() + Duration::from_secs(1);
        move || Instant::now() > until
    });
    assert_eq!(books.lock().expect("nobody panicked").answered(), answered, "nothing is taken any more");
    let page = get(&server.url, "/connections/1/sessions");
    assert!(page.status == 200 && page.text().contains("disk is nearly full"));
    assert_eq!(not_ready(&server), Some(vec!["disk-low".to_owned()]));

    let erased = run(&data, &["erase", "--session", "session-0000000probe", "--yes"]);
    assert_eq!(stdout(&erased), "erased 1 session", "{}", stderr(&erased));
    std::fs::remove_file(filler).expect("removed");
    let freed = Instant::now();
    until("taken again", || upload(&server, &key, "again").status == 200);
    println!("taken again {:?} after there was room", freed.elapsed());
    assert!(freed.elapsed() < Duration::from_secs(5));
    let page = get(&server.url, "/connections/1/sessions");
    assert!(!page.text().contains("Recording is paused"));
    assert_eq!(not_ready(&server), None);
    server.stop();
    assert_eq!(stdout(&run(&data, &["check"])), "ok");
    check(&data, &books.into_inner().expect("nobody panicked"));
    for session in ["session-00000refused", "session-0000000again"] {
        let exported = run(&data, &["export", session]).status.success();
        assert_eq!(exported, session.ends_with("again"), "{session}");
    }
}

#[test]
fn a_disk_that_is_full_all_the_same_has_its_ballast() {
    inside("inside_the_ballast_is_given_up");
}

#[test]
#[ignore = "started by another test, in a namespace of its own"]
fn inside_the_ballast_is_given_up() {
    let data = mounted();
    let ballast = data.join("ballast");
    let server = Process::start_with(&data, &[], &NO_MARK);
    until("a ballast", || ballast.exists());
    let key = key_of(&data);
    for name in ["first", "second", "third"] {
        assert_eq!(upload(&server, &key, name).status, 200);
    }
    let filler = fill(&data, 96);
    let mut uploads = 0;
    until("full", || {
        uploads += 1;
        upload(&server, &key, &format!("more{uploads}")).status == 503
    });
    assert!(!ballast.exists(), "it was given up");
    assert_eq!(get(&server.url, "/connections/1/sessions").status, 200);
    let erased = run(&data, &["erase", "--session", "session-0000000first", "--yes"]);
    assert!(erased.status.success(), "{}", stderr(&erased));
    std::fs::remove_file(&filler).expect("removed");
    until("taken again", || upload(&server, &key, "again").status == 200);
    until("a ballast again", || ballast.exists());
    server.stop();

    // Not even the index of the log can be made at the next start.
    fill(&data, 96);
    let server = Process::start_with(&data, &[], &NO_MARK);
    assert!(!ballast.exists(), "it was given up for the start");
    assert_eq!(get(&server.url, "/connections/1/sessions").status, 200);
    std::fs::remove_file(&filler).expect("removed");
    server.stop();
    assert_eq!(stdout(&run(&data, &["check"])), "ok");
    assert!(run(&data, &["export", "session-0000000again"]).status.success());
}

#[test]
fn a_folder_that_cannot_be_written_can_be_looked_at() {
    inside("inside_a_read_only_folder_is_served");
}

#[test]
#[ignore = "started by another test, in a namespace of its own"]
fn inside_a_read_only_folder_is_served() {
    let data = mounted();
    let server = Process::start_with(&data, &[], &SMALL_DISK);
    let key = key_of(&data);
    assert_eq!(upload(&server, &key, "stored").status, 200);
    // What was answered is in the log only.
    server.kill();
    read_only_is_served(&data, &key);
    mount(&["-o", "remount,rw"], &data);
    Process::start_with(&data, &[], &SMALL_DISK).stop();
    assert!(!data.join("hindsight.db-wal").exists(), "the database was closed");
    read_only_is_served(&data, &key);
    mount(&["-o", "remount,rw"], &data);
    assert_eq!(upload(&Process::start_with(&data, &[], &SMALL_DISK), &key, "later").status, 200);
}

fn read_only_is_served(data: &Path, key: &str) {
    mount(&["-o", "remount,ro"], data);
    let refused = run(data, &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.status.code(), Some(74), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("cannot be written; make it writable, or look at what is there with"));
    let server = Process::start_with(data, &["--read-only"], &[]);
    let page = get(&server.url, "/connections/1/sessions");
    assert!(page.status == 200 && page.text().contains("session-000000stored"), "{}", page.text());
    assert!(page.text().contains("data can only be read"));
    assert_eq!(not_ready(&server), Some(vec!["read-only".to_owned()]));
    let answer = upload(&server, key, "refused");
    assert_eq!((answer.status, kind(&answer).as_str()), (503, "storage-error"), "{}", answer.text());
    assert!(run(data, &["export", "session-000000stored"]).status.success());
    assert_eq!(stdout(&run(data, &["check"])), "ok");
    server.stop();
}

/// Makes each write of a running server to its files fail, until it is dropped.
struct Failing(Child);

impl Failing {
    /// `None` where processes may not be traced.
    fn start(server: &Process, calls: &str, error: &str) -> Option<Self> {
        let said = folder();
        let log = said.path().join("log");
        let mut child = Command::new("strace")
            .args(["-f", "-e", &format!("trace={calls}"), "-e", "signal=none"])
            .args(["-e", &format!("inject={calls}:error={error}")])
            .args(["-o", "/dev/null", "-p", &server.child.id().to_string()])
            .stderr(std::fs::File::create(&log).expect("created"))
            .spawn()
            .ok()?;
        // It says when it is attached to all threads.
        loop {
            if std::fs::read_to_string(&log).expect("readable").contains(" attached") {
                return Some(Self(child));
            }
            if child.try_wait().expect("it is ours").is_some() {
                println!("skipped: strace may not attach here: {:?}", std::fs::read_to_string(&log));
                return None;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Failing {
    fn drop(&mut self) {
        // Asked to end, it lets the server go.
        let _ = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

#[test]
fn a_disk_that_fails_under_load_costs_what_was_not_answered_and_nothing_else() {
    let data = folder();
    let server = Process::start_with(data.path(), &[], &NO_PLUGINS);
    let key = key_of(data.path());
    let books = Mutex::new(Books::default());
    let mut dice = Dice::from("DISK_SEED");
    let mut clients = clients(&mut dice, 20_000);
    let answered = || books.lock().expect("nobody panicked").answered();
    let failures = [
        ("pwrite64,ftruncate", "EROFS"),
        ("fsync,fdatasync", "EIO"),
        ("pwrite64", "EIO"),
        ("pwrite64", "ENOSPC"),
    ];
    for (number, (calls, error)) in failures.into_iter().enumerate() {
        let name = format!("probe{number}");
        let before = answered();
        load(&server, &key, &mut clients, &books, || answered() >= before + 20);
        let Some(failing) = Failing::start(&server, calls, error) else { return };
        // The clients come again and again, and are refused.
        load(&server, &key, &mut clients, &books, {
            let until = Instant::now() + Duration::from_millis(300);
            move || Instant::now() > until
        });
        let answer = upload(&server, &key, &name);
        assert_eq!(answer.status, 503, "{error}: {}", answer.text());
        let expected = if error == "ENOSPC" { "storage-full" } else { "storage-error" };
        assert_eq!(kind(&answer), expected, "{error}");
        assert_eq!(get(&server.url, "/connections/1/sessions").status, 200, "{error}");
        let reasons = not_ready(&server).expect("a reason");
        assert!(reasons.contains(&"writes-failing".to_owned()), "{error}: {reasons:?}");
        drop(failing);
        until("taken again", || upload(&server, &key, &name).status == 200);
    }
    let before = answered();
    load(&server, &key, &mut clients, &books, || answered() >= before + 20);
    server.kill();
    Process::start(data.path()).stop();
    check(data.path(), &books.into_inner().expect("nobody panicked"));
    assert_eq!(stdout(&run(data.path(), &["check"])), "ok");
}
