//! Backups that the server makes by itself.

use std::path::{Path, PathBuf};

use crate::command_line::{Process, folder, run, stderr, stdout};
use crate::durability::{get, key_of, send};
use crate::erasing::until;
use crate::pages::words;
use crate::server::{NOW, page_load, request};

/// The backups of a folder, oldest first.
fn backups(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("readable").path());
    let mut found: Vec<_> = paths.filter(|path| path.extension().is_some_and(|end| end == "db")).collect();
    found.sort();
    found
}

fn start(data: &Path, folder: &str) -> Process {
    let settings = [
        ("HINDSIGHT_BACKUP__FOLDER", folder),
        ("HINDSIGHT_BACKUP__KEEP", "2"),
        ("HINDSIGHT_PLUGINS__ENABLED", "false"),
        ("HINDSIGHT_DISK__LOW_WATER_BYTES", "1048576"),
    ];
    Process::start_with(data, &[], &settings)
}

fn page(server: &Process) -> String {
    words(&get(&server.url, "/operations"))
}

#[test]
fn a_backup_is_made_checked_and_can_be_restored() {
    let (data, copies) = (folder(), folder());
    let place = copies.path().join("below/here");
    // One from long ago, and one that is not ours to delete.
    std::fs::create_dir_all(&place).expect("made");
    for old in ["hindsight-20200101T000000Z.db", "hindsight-20200102T000000Z.db", "by-hand.db"] {
        std::fs::write(place.join(old), "old").expect("written");
    }
    let server = start(data.path(), place.to_str().expect("UTF-8"));
    let key = key_of(data.path());
    let body = page_load(NOW, "https://shop.example/", "kept");
    let path = format!("/ingest/{key}/session-0000000kept/stream-0000000kept/0");
    assert_eq!(
        send(&server.url, &request("POST", &path, &[], body.as_bytes())).expect("an answer").status,
        200
    );
    until("made", || page(&server).contains("The next is due"));
    assert!(page(&server).contains("The newest was made"));
    server.stop();

    let found = backups(&place);
    let names: Vec<_> =
        found.iter().map(|path| path.file_name().expect("a name").to_string_lossy()).collect();
    assert_eq!((names.len(), &*names[0], &*names[1]), (3, "by-hand.db", "hindsight-20200102T000000Z.db"));
    let newest = found.last().expect("a backup").to_str().expect("UTF-8");
    assert!(Path::new(&format!("{newest}.sha256")).exists());
    let elsewhere = folder();
    let restored = run(elsewhere.path(), &["restore", newest]);
    assert!(restored.status.success(), "{}", stderr(&restored));
    assert_eq!(stdout(&run(elsewhere.path(), &["check"])), "ok");

    // The next start knows it, and does not make another one at once.
    let server = start(data.path(), place.to_str().expect("UTF-8"));
    until("known", || page(&server).contains("The newest was made"));
    assert_eq!(backups(&place).len(), 3);
}

#[test]
fn a_backup_that_cannot_be_made_is_told_and_recording_goes_on() {
    let data = folder();
    let file = data.path().join("a-file");
    std::fs::write(&file, "in the way").expect("written");
    let server = start(data.path(), file.to_str().expect("UTF-8"));
    until("told", || page(&server).contains("The latest backup failed: cannot make the folder"));
    assert_eq!(get(&server.url, "/readyz").status, 200, "the server does its work");
}

#[test]
fn a_backup_is_made_when_somebody_asks_for_it() {
    let (data, copies) = (folder(), folder());
    let server = start(data.path(), copies.path().to_str().expect("UTF-8"));
    until("made", || page(&server).contains("The next is due"));
    assert_eq!(backups(copies.path()).len(), 1);
    // Names have seconds.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let ask = || {
        let bytes = request("POST", "/operations/backup", &["Sec-Fetch-Site: same-origin"], b"");
        send(&server.url, &bytes).expect("an answer")
    };
    let asked = ask();
    assert_eq!((asked.status, asked.header("location")), (303, Some("/operations#backups")));
    until("made again", || backups(copies.path()).len() == 2);
    until("told", || page(&server).contains("The next is due"));
    let page = page(&server);
    let newest = backups(copies.path()).pop().expect("a backup");
    let name = newest.file_name().expect("a name").to_string_lossy().into_owned();
    assert!(page.contains(&format!("{name} ")) && page.contains("when it was made"), "{page}");
    server.stop();
    let entries = stdout(&run(data.path(), &["audit", "export"]));
    let made: Vec<_> = entries.lines().filter(|line| line.contains("backup-made")).collect();
    assert_eq!(made.len(), 2, "{entries}");
    assert!(made.iter().filter(|line| line.contains("\"server\"")).count() == 1, "{entries}");
}

#[test]
fn without_a_folder_no_backup_is_promised() {
    let data = folder();
    let server = start(data.path(), "");
    assert!(!page(&server).contains("Back up now"));
    let bytes = request("POST", "/operations/backup", &["Sec-Fetch-Site: same-origin"], b"");
    let refused = send(&server.url, &bytes).expect("an answer");
    assert!(refused.status == 422 && refused.text().contains("[backup]"), "{}", refused.text());
}
