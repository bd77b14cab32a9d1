//! Copies of the database: made beside a server, checked, put back.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hindsight::store::Db;
use tempfile::TempDir;

use crate::command_line::{Process, folder, hindsight, run, stderr, stdout};
use crate::durability::post;
use crate::erasing::{count, until};
use crate::server::{NOW, page_load};

/// A data folder with one imported session.
fn recorded() -> (TempDir, String) {
    let data = folder();
    let session = import(data.path(), "https://shop.example/first");
    (data, session)
}

fn import(data: &Path, url: &str) -> String {
    let file = data.join("visit.json");
    std::fs::write(&file, page_load(NOW, url, "hello")).expect("written");
    let imported = run(data, &["import", "visit.json"]);
    assert!(imported.status.success(), "{}", stderr(&imported));
    stdout(&imported).rsplit(' ').next().expect("an id").to_owned()
}

fn backed_up(data: &Path) -> PathBuf {
    let output = run(data, &["backup", "copy.db"]);
    assert!(output.status.success(), "{}", stderr(&output));
    data.join("copy.db")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn a_backup_beside_a_server_holds_what_was_answered_and_is_restored_elsewhere() {
    let (data, session) = recorded();
    let server = Process::start(data.path());
    let key = stdout(&run(data.path(), &["connection", "list"]));
    let key = key.split('\t').next().expect("a key");
    for seq in 0..20 {
        let body = page_load(NOW + seq, "https://shop.example/", "posted");
        let path = format!("/ingest/{key}/session-posted-00/stream-000000000/{seq}");
        assert_eq!(post(&server.url, &path, body.as_bytes()), Some(200));
    }
    let copy = backed_up(data.path());
    let elsewhere = folder();
    let restored = run(elsewhere.path(), &["restore", text(&copy)]);
    assert!(restored.status.success(), "{}", stderr(&restored));
    assert!(stdout(&restored).contains("2 sessions; its newest batch is of 20"), "{}", stdout(&restored));
    for session in [&session, "session-posted-00"] {
        let (was, is) = (run(data.path(), &["export", session]), run(elsewhere.path(), &["export", session]));
        assert!(was.status.success() && was.stdout == is.stdout, "{session}");
    }
    assert_eq!(stdout(&run(elsewhere.path(), &["check"])), "ok");
}

#[test]
fn a_backup_names_its_size_and_digest_and_replaces_nothing_unasked() {
    let (data, _) = recorded();
    let output = run(data.path(), &["backup", "copy.db"]);
    let sums = std::fs::read_to_string(data.path().join("copy.db.sha256")).expect("written");
    let digest = sums.strip_suffix("  copy.db\n").expect("as sha256sum writes it");
    let bytes = std::fs::metadata(data.path().join("copy.db")).expect("written").len();
    assert_eq!(stdout(&output), format!("copy.db: {bytes} bytes, SHA-256 {digest}"));
    let again = run(data.path(), &["backup", "copy.db"]);
    assert!(!again.status.success() && stderr(&again).contains("--force"), "{}", stderr(&again));
    assert!(run(data.path(), &["backup", "copy.db", "--force"]).status.success());
    let itself = run(data.path(), &["backup", "hindsight.db", "--force"]);
    assert!(stderr(&itself).contains("is the database itself"), "{}", stderr(&itself));
    let nowhere = run(data.path(), &["backup", "no/such/folder.db"]);
    assert!(stderr(&nowhere).contains("cannot write no/such/folder.db"), "{}", stderr(&nowhere));
}

#[test]
fn backups_and_restores_are_noted_by_whoever_has_the_command_line() {
    let (data, _) = recorded();
    let copy = backed_up(data.path());
    let told = |data: &Path| stdout(&run(data, &["audit", "export"]));
    let entries = told(data.path());
    let made = entries.lines().find(|line| line.contains("backup-made")).expect("an entry");
    assert!(made.contains("command line") && made.contains("copy.db") && made.contains("sha256"), "{made}");
    let elsewhere = folder();
    assert!(run(elsewhere.path(), &["restore", text(&copy)]).status.success());
    let entries = told(elsewhere.path());
    assert!(entries.contains("backup-restored") && !entries.contains("backup-made"), "{entries}");
    assert!(stdout(&run(elsewhere.path(), &["audit", "verify"])).starts_with("ok"));
    assert_eq!(stdout(&run(elsewhere.path(), &["check"])), "ok");
}

#[cfg(unix)]
#[test]
fn a_backup_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let (data, _) = recorded();
    let mode = std::fs::metadata(backed_up(data.path())).expect("written").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_backup_that_is_killed_leaves_nothing_under_its_name() {
    let (data, _) = recorded();
    let conn = Db::open(data.path().join("hindsight.db")).expect("opened");
    // Loose bytes, so that copying takes a while.
    conn.execute_batch(
        "INSERT INTO stream (id, connection_id, public_id, first_event_at, last_event_at, last_seq)
         VALUES (1000, 1, 'large', 0, 0, 0);
         WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < 199)
         INSERT INTO batch SELECT (1000 << 20) | n, 0, 0, 0, 1, 0, 0, 200000, 0, randomblob(32), randomblob(200000)
         FROM number",
    )
    .expect("inserted");
    drop(conn);
    let mut killed = 0;
    for milliseconds in [5, 20, 40, 80] {
        let mut backup = hindsight(data.path()).args(["backup", "copy.db"]).spawn().expect("it starts");
        std::thread::sleep(Duration::from_millis(milliseconds));
        backup.kill().expect("it is ours");
        let ended = backup.wait().expect("it ends");
        let copy = data.path().join("copy.db");
        assert_eq!(copy.exists(), ended.success(), "after {milliseconds} ms");
        killed += i32::from(!ended.success());
    }
    assert!(killed > 0, "it was never killed in time");
    assert!(run(data.path(), &["backup", "copy.db", "--force"]).status.success());
}

#[test]
fn a_restore_keeps_what_was_there() {
    let (data, session) = recorded();
    let copy = backed_up(data.path());
    let later = import(data.path(), "https://shop.example/later");
    // A server that was killed leaves its log behind, which belongs to what is kept.
    let server = Process::start(data.path());
    run(data.path(), &["connection", "add", "In the log"]);
    let refused = run(data.path(), &["restore", text(&copy)]);
    assert_eq!(refused.status.code(), Some(75), "{}", stderr(&refused));
    server.kill();
    let restored = run(data.path(), &["restore", text(&copy)]);
    assert!(restored.status.success(), "{}", stderr(&restored));
    assert!(run(data.path(), &["export", &session]).status.success());
    assert!(!run(data.path(), &["export", &later]).status.success());

    let kept = stdout(&restored).rsplit("kept as ").next().expect("a path").to_owned();
    assert!(kept.contains("hindsight.db.before-restore-"), "{kept}");
    let again = run(data.path(), &["restore", &kept]);
    assert!(again.status.success(), "{}", stderr(&again));
    assert!(run(data.path(), &["export", &later]).status.success());
    assert!(stdout(&run(data.path(), &["connection", "list"])).contains("In the log"));
}

#[test]
fn a_damaged_database_is_kept_as_it_is_and_one_in_use_is_not_replaced() {
    let (data, session) = recorded();
    let copy = backed_up(data.path());
    let file = data.path().join("hindsight.db");
    let reader = Db::open(&file).expect("opened");
    let begun = reader.execute_batch("BEGIN; SELECT count(*) FROM session;");
    begun.expect("reading");
    let refused = run(data.path(), &["restore", text(&copy)]);
    assert_eq!(refused.status.code(), Some(75), "{}", stderr(&refused));
    drop(reader);

    std::fs::write(&file, "this was a database").expect("written");
    let restored = run(data.path(), &["restore", text(&copy)]);
    assert!(restored.status.success(), "{}", stderr(&restored));
    let kept = stdout(&restored).rsplit("kept as ").next().expect("a path").to_owned();
    assert_eq!(std::fs::read(kept).expect("kept"), b"this was a database");
    assert!(run(data.path(), &["export", &session]).status.success());
    assert_eq!(stdout(&run(data.path(), &["check"])), "ok");
}

/// Restores a file; the sentence with which that is refused.
fn refusal(data: &Path, file: &Path) -> String {
    let before = std::fs::read(data.join("hindsight.db")).expect("there");
    let output = run(data, &["restore", text(file)]);
    assert_eq!(output.status.code(), Some(65), "{}", stderr(&output));
    let sentence = stderr(&output);
    assert_eq!(sentence.lines().count(), 1, "{sentence}");
    assert_eq!(std::fs::read(data.join("hindsight.db")).expect("still there"), before);
    let left = std::fs::read_dir(data).expect("readable").filter(|entry| {
        let name = entry.as_ref().expect("readable").file_name();
        name.to_string_lossy().contains("before-restore") || name.to_string_lossy().contains("restoring")
    });
    assert_eq!(left.count(), 0);
    sentence
}

#[test]
fn a_file_that_is_no_whole_backup_is_refused_and_nothing_is_touched() {
    let (data, _) = recorded();
    let copy = backed_up(data.path());
    let whole = std::fs::read(&copy).expect("written");
    let wrong = data.path().join("wrong.db");
    let changed = |bytes: &[u8]| {
        std::fs::write(&wrong, bytes).expect("written");
        refusal(data.path(), &wrong)
    };
    assert!(changed(b"this is certainly no database file at all").contains("file is not a database"));
    assert!(changed(b"").contains("it is empty"));
    assert!(changed(&whole[..whole.len() / 2]).contains("is no whole Hindsight database"));

    let tampered = |sql: &str| {
        std::fs::write(&wrong, &whole).expect("written");
        let conn = Db::open(&wrong).expect("opened");
        conn.execute_batch(&format!("PRAGMA foreign_keys = OFF; {sql}")).expect("done");
        drop(conn);
        refusal(data.path(), &wrong)
    };
    assert!(tampered("PRAGMA application_id = 1").contains("is not a Hindsight database"));
    assert!(tampered("PRAGMA user_version = 99").contains("has schema 99"));
    assert!(tampered("DROP TABLE erased").contains("it has no table erased (digest, erased_at)"));
    assert!(tampered("ALTER TABLE session DROP COLUMN clock_ahead_ms").contains("it has no table session"));
    assert!(tampered("DELETE FROM session").contains("points to a row of session that is not there"));
    assert!(tampered("UPDATE batch SET body = substr(body, 1, 20)").contains("the batch 0 of stream"));

    // Nothing in SQLite notices that a digit of an address has changed: the digest does.
    let at = whole.windows(9).position(|word| word == b"shop.exam").expect("a landing URL");
    let mut flipped = whole.clone();
    flipped[at] ^= 1;
    std::fs::write(&copy, &flipped).expect("written");
    assert!(refusal(data.path(), &copy).contains("it has changed since it was made"));
}

#[test]
fn a_copy_of_a_database_in_use_is_refused() {
    let (data, _) = recorded();
    let server = Process::start(data.path());
    run(data.path(), &["connection", "add", "In the log"]);
    for suffix in ["", "-wal"] {
        let from = data.path().join(format!("hindsight.db{suffix}"));
        std::fs::copy(from, data.path().join(format!("plain.db{suffix}"))).expect("copied");
    }
    std::fs::write(data.path().join("plain.db-wal"), "more").expect("written");
    drop(server);
    let refused = run(data.path(), &["restore", "plain.db"]);
    assert!(stderr(&refused).contains("was copied while it was in use"), "{}", stderr(&refused));
}

#[test]
fn a_check_names_each_problem_in_a_sentence() {
    let (data, session) = recorded();
    assert_eq!(stdout(&run(data.path(), &["check"])), "ok");
    assert_eq!(stdout(&run(data.path(), &["check", "--quick"])), "ok");
    let file = data.path().join("hindsight.db");
    let problems = |sql: &str, arguments: &[&str]| {
        let before = std::fs::read(&file).expect("there");
        let conn = Db::open(&file).expect("opened");
        conn.execute_batch(&format!("PRAGMA journal_mode = DELETE; PRAGMA foreign_keys = OFF; {sql}"))
            .expect("done");
        drop(conn);
        let output = run(data.path(), arguments);
        std::fs::write(&file, before).expect("written back");
        assert_eq!(output.status.code(), Some(1), "{sql}: {}", stderr(&output));
        stdout(&output)
    };
    for (sql, sentence) in [
        ("UPDATE connection SET events = 99", "counts 99 events, and 3 are there"),
        ("UPDATE connection SET bytes = bytes + 1", "bytes, and"),
        ("UPDATE connection SET completed_sessions = 7", "completed sessions"),
        ("UPDATE activity SET sessions = 5", "counts 5 sessions, and 1 are there"),
        ("DELETE FROM activity", "is not counted"),
        ("UPDATE session SET batches = 4", &format!("the session {session} counts 4 batches")),
        ("UPDATE stream SET id = id + 1", "of a stream that is not there"),
        ("DELETE FROM connection", "points to a row of connection that is not there"),
    ] {
        assert!(problems(sql, &["check", "--quick"]).contains(sentence), "{sql}");
    }
    let flipped = "UPDATE batch SET body = randomblob(length(body))";
    let found = problems(flipped, &["check"]);
    assert!(found.contains(&format!("of session {session} cannot be read")), "{found}");
    let found = problems("UPDATE batch SET events = 4", &["check"]);
    assert!(found.contains("is said to have 4 events, and 3 are in it"), "{found}");

    // The visit is over: a server finishes it at once.
    let server = Process::start(data.path());
    until("finished", || count(data.path(), "SELECT count(*) FROM segment") == 1);
    until("overwritten", || count(data.path(), "SELECT count(*) FROM batch") == 0);
    server.stop();
    assert_eq!(stdout(&run(data.path(), &["check"])), "ok");
    let found = problems("UPDATE segment SET body = randomblob(length(body))", &["check"]);
    assert!(found.starts_with("the segment 0 of stream "), "{found}");
    assert!(found.contains(&format!("of session {session} cannot be read")), "{found}");
    let found = problems("UPDATE segment SET styles = randomblob(16)", &["check"]);
    assert!(found.contains("is used, and is not there"), "{found}");
}
