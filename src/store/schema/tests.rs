//! Opening, migrating and copying, on files.

use super::*;

#[test]
fn a_new_file_is_ours_and_opens_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("new.db");
    drop(open_writer(&path, Durability::PowerLoss, BeforeMigration::Copy).expect("created"));
    let conn = open_writer(&path, Durability::PowerLoss, BeforeMigration::Copy).expect("opened again");
    let vacuum: i64 = conn.pragma_query_value(None, "auto_vacuum", |row| row.get(0)).expect("a pragma");
    assert_eq!(vacuum, 2, "incremental");
    let synchronous: i64 = conn.pragma_query_value(None, "synchronous", |row| row.get(0)).expect("a pragma");
    assert_eq!(synchronous, 2, "full");
    open_reader(&path, Sharing::Shared).expect("readable");
}

#[test]
fn foreign_files_and_newer_schemas_are_refused_untouched() {
    let dir = tempfile::tempdir().expect("a folder");
    let other = dir.path().join("other.db");
    Connection::open(&other).expect("opened").execute_batch("CREATE TABLE theirs (x)").expect("created");
    assert!(matches!(
        open_writer(&other, Durability::Crash, BeforeMigration::Copy),
        Err(Error::Foreign { .. })
    ));

    let text = dir.path().join("text.db");
    std::fs::write(&text, "this is certainly no database file at all").expect("written");
    assert!(matches!(
        open_writer(&text, Durability::Crash, BeforeMigration::Copy),
        Err(Error::Foreign { .. })
    ));
    assert_eq!(std::fs::read(&text).expect("still there").len(), 41);

    let newer = dir.path().join("newer.db");
    let conn = open_writer(&newer, Durability::Crash, BeforeMigration::Copy).expect("created");
    conn.pragma_update(None, "user_version", 999).expect("a pragma");
    drop(conn);
    assert!(matches!(
        open_writer(&newer, Durability::Crash, BeforeMigration::Copy),
        Err(Error::Newer { found: 999, .. })
    ));
}

/// Sessions of the first schema: two in one millisecond, active and ended, with several
/// streams and a gap.
const OLD_SESSIONS: &str = "
    INSERT INTO connection (id, name, write_key, created_at, active_sessions, completed_sessions, events)
    VALUES (1, 'shop', 'key 1', 5, 1, 2, 14), (2, 'blog', 'key 2', 6, 0, 1, 2);
    INSERT INTO session (id, connection_id, public_id, started_at, last_batch_at, ended_at, completed_at,
                         first_event_at, last_event_at, events, playable, landing_url, landing_at, user_agent)
    VALUES (1, 1, 'session-one', 1000, 1100, 1100, 1200, 900, 1000, 8, 1, 'https://shop.example/one', 900, 'ua'),
           (2, 1, 'session-two', 1000, 1050, NULL, 1200, 910, 950, 4, 1, 'https://shop.example/two', 910, 'ua'),
           (3, 2, 'session-one', 1000, 1000, NULL, 1200, 920, 920, 2, 0, '', NULL, 'ua'),
           (4, 1, 'session-four', 7200000, 7200000, NULL, NULL, 930, 930, 2, 1, 'https://shop.example/', 930, 'ua');
    INSERT INTO stream (id, session_id, public_id, first_event_at, last_event_at, next_seq, last_seq, ended_seq, playable)
    VALUES (1, 1, 'stream-a', 900, 950, 2, 3, 3, 1), (2, 1, 'stream-b', 960, 1000, 1, 0, NULL, 1),
           (3, 2, 'stream-a', 910, 950, 2, 1, NULL, 1), (4, 3, 'stream-a', 920, 920, 0, 5, NULL, 0),
           (5, 4, 'stream-a', 930, 930, 1, 0, NULL, 1);
    INSERT INTO batch (stream_id, seq, received_at, first_event_at, last_event_at, events, interactions, snapshot, hash, body)
    VALUES (1, 0, 1000, 900, 900, 2, 0, 1, x'01', x'0101'), (1, 1, 1001, 910, 910, 2, 1, 0, x'02', x'0202'),
           (1, 3, 1002, 950, 950, 2, 0, 0, x'03', x'0303'), (2, 0, 1003, 960, 1000, 2, 0, 1, x'04', x'0404'),
           (3, 0, 1000, 910, 920, 2, 0, 1, x'05', x'0505'), (3, 1, 1050, 930, 950, 2, 0, 0, x'06', x'0606'),
           (4, 5, 1000, 920, 920, 2, 0, 0, x'07', x'0707'), (5, 0, 7200000, 930, 930, 2, 0, 1, x'08', x'0808');";

fn first_schema(path: &Path) -> Connection {
    let mut conn = Connection::open(path).expect("opened");
    conn.pragma_update(None, "application_id", APPLICATION_ID).expect("set");
    migrate_to(&mut conn, &MIGRATIONS[..1]).expect("the first schema");
    conn.execute_batch(OLD_SESSIONS).expect("inserted");
    conn.pragma_update(None, "foreign_keys", false).expect("set");
    conn
}

/// All that is in the database, row by row.
fn dump(conn: &Connection) -> Vec<String> {
    let texts = |sql: &str| -> Vec<String> {
        let mut statement = conn.prepare(sql).expect("a statement");
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            Ok((0..columns).map(|at| format!("{:?} ", row.get_ref(at).expect("a value"))).collect())
        });
        rows.expect("read").collect::<rusqlite::Result<_>>().expect("rows")
    };
    let mut all = texts("SELECT type, name, sql FROM sqlite_schema ORDER BY name");
    let names = conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
    let names: Vec<String> = names
        .expect("a statement")
        .query_map([], |row| row.get(0))
        .expect("read")
        .collect::<rusqlite::Result<_>>()
        .expect("names");
    for name in names {
        all.extend(texts(&format!("SELECT '{name}', * FROM {name}")));
    }
    all
}

#[test]
fn a_migration_that_fails_at_any_statement_leaves_the_database_as_it_was() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut conn = first_schema(&dir.path().join("old.db"));
    for next in 1..MIGRATIONS.len() {
        let before = dump(&conn);
        let statements: Vec<&str> = MIGRATIONS[next].split_inclusive(";\n").collect();
        assert!(statements.len() > 2, "it is split");
        for count in 0..=statements.len() {
            let broken = format!("{}\nSELECT nothing FROM nowhere;", statements[..count].concat());
            let all = [&MIGRATIONS[..next], &[&broken]].concat();
            migrate_to(&mut conn, &all).expect_err("it fails at its end");
            assert_eq!(version(&conn).expect("a version"), next as i64);
            assert!(dump(&conn) == before, "after {count} statements");
        }
        migrate_to(&mut conn, &MIGRATIONS[..=next]).expect("the real one");
    }
    assert_eq!(version(&conn).expect("a version"), CURRENT);
    assert_eq!(super::super::checking::counters(&conn).expect("counted"), Vec::<String>::new());
}

#[test]
fn a_copy_is_kept_before_a_migration() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("old.db");
    let before = dump(&first_schema(&path));
    open_writer(&path, Durability::Crash, BeforeMigration::Copy).expect("migrated");
    let copies = backup::copies(dir.path()).expect("listed");
    assert_eq!(copies.len(), 1, "{copies:?}");
    let name = copies[0].file_name().expect("a name").to_string_lossy();
    assert!(name.starts_with(&format!("before-v{CURRENT}-20")) && name.ends_with("Z.db"), "{name}");
    let contents = backup::inspect(&copies[0]).expect("whole");
    assert_eq!((contents.version, contents.sessions, contents.newest_at), (1, 4, Some(7_200_000)));
    assert!(dump(&Connection::open(&copies[0]).expect("opened")) == before);

    let path = dir.path().join("other.db");
    first_schema(&path);
    open_writer(&path, Durability::Crash, BeforeMigration::Nothing).expect("migrated");
    assert_eq!(backup::copies(dir.path()).expect("listed").len(), 1);
    let missing = backup::check_room(dir.path(), u64::MAX / 2).expect_err("no disk is so large");
    assert!(missing.to_string().contains("bytes free and"), "{missing}");
}

#[test]
fn a_file_that_nobody_changes_is_found_whatever_its_name() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("a%20b?mode=rw#c & d.db");
    drop(open_writer(&path, Durability::Crash, BeforeMigration::Copy).expect("created"));
    let conn = open_reader(&path, Sharing::Immutable).expect("opened");
    assert_eq!(version(&conn).expect("a version"), CURRENT);
    assert!(conn.execute_batch("CREATE TABLE new (x)").is_err());
}
