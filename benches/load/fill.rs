//! Databases with many sessions, written straight by SQL: uploads would take hours.
//!
//! The only file here that knows the schema. What it writes must be what uploads would
//! have left, as far as lists look at it; recordings it writes none.

use std::path::{Path, PathBuf};

use clap::Args;
use hindsight::clock::Clock;
use hindsight::model::{SessionId, TimestampMs};
use rusqlite::{Connection, named_params};

/// Sessions are spread over so many days.
const DAYS: i64 = 90;

/// What the command takes.
#[derive(Args)]
pub struct Arguments {
    /// The data folder of a server that is not running, with one connection and no sessions.
    #[arg(long, value_name = "DIR")]
    data_folder: PathBuf,
    /// How many sessions.
    #[arg(long, default_value_t = 100_000)]
    sessions: i64,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    fill(&arguments.data_folder, arguments.sessions, 1).map(drop)
}

/// Places in a filled database, for queries that need one.
pub struct Filled {
    /// A place in the middle of the list.
    pub middle: i64,
    /// The place before its last page.
    pub end: i64,
    /// When the session in the middle started.
    pub middle_at: TimestampMs,
    /// The session at the place in the middle.
    pub id: SessionId,
}

/// Fills the database of a data folder with sessions of its first connection. One in five
/// is active, so that half of a thousand still hold a page of them.
pub fn fill(data: &Path, sessions: i64, page: i64) -> anyhow::Result<Filled> {
    let mut conn = Connection::open(data.join("hindsight.db"))?;
    // Nothing is lost if this is cut off: it would begin anew.
    conn.pragma_update(None, "synchronous", "OFF")?;
    conn.pragma_update(None, "cache_size", -256 * 1024)?;
    let transaction = conn.transaction()?;
    insert_sessions(&transaction, sessions, Clock::system().now())?;
    transaction.execute_batch(
        "INSERT INTO session_search (rowid, landing_url) SELECT id, landing_url FROM session;
         INSERT INTO session_text (session_id, text, urls)
         SELECT id, 'Cart' || char(10) || 'Add to cart' || char(10) || 'Checkout' || char(10)
                    || iif(id / 128 % 2, 'alpha', 'beta') || ' word' || (id / 128 % 4999)
                    || iif(events = 500, ' needle' || events, ''), landing_url
         FROM session;
         INSERT INTO session_words (session_words) VALUES ('rebuild');
         INSERT INTO finding (session_id, plugin, number, kind, severity, title, detail, at_ms, fields)
         SELECT id, 'friction', 0, iif(severity = 3, 'rage-click', 'dead-click'), severity, '', '', 0, '{}'
         FROM session WHERE severity IS NOT NULL;
         INSERT INTO session_tag (connection_id, tag, session_id)
         SELECT 1, 'bug', id FROM session WHERE events % 450 = 0;
         INSERT INTO watched (viewer, session_id, watched_at) SELECT 'v', id, 0 FROM session WHERE events % 30 = 0;
         INSERT INTO activity (connection_id, hour, sessions, events, bytes)
         SELECT 1, started_at / 3600000, count(*), sum(events), sum(bytes) FROM session GROUP BY 2;",
    )?;
    transaction.execute_batch(PROMPTS)?;
    transaction.execute(
        "UPDATE connection
         SET active_sessions = (SELECT count(*) FROM session WHERE completed_at IS NULL),
             completed_sessions = (SELECT count(*) FROM session WHERE completed_at IS NOT NULL),
             events = (SELECT sum(events) FROM session),
             prompts = (SELECT count(*) FROM prompt),
             unanswered = (SELECT count(*) FROM prompt WHERE answered = 0),
             bytes = (SELECT sum(bytes) FROM session)
         WHERE id = 1",
        [],
    )?;
    transaction.commit()?;
    let at = |newer: i64| {
        conn.query_row(
            "SELECT id, public_id, started_at FROM session ORDER BY id DESC LIMIT 1 OFFSET ?1",
            [newer],
            |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?)),
        )
    };
    let (middle, id, middle_at) = at(sessions / 2)?;
    let (end, ..) = at(sessions - page - 1)?;
    Ok(Filled { middle, end, middle_at, id: id.parse()? })
}

/// In one session of four something is asked as it begins; one prompt in ten is not answered.
const PROMPTS: &str = "
    INSERT INTO said (session_id, number, received_at, said)
    SELECT id, 0, started_at,
           json_object('at', started_at, 'id', 'p', 'words', json_object('kind', 'prompt', 'page', landing_url,
                       'text', 'Can I return order ' || events || ' after thirty days if it was a present?'))
    FROM session WHERE events % 4 = 0;
    INSERT INTO said (session_id, number, received_at, said)
    SELECT id, 1, started_at,
           json_object('at', started_at + 2000, 'id', 'r', 'words', json_object('kind', 'reply', 'to', 'p',
                       'answered', json(iif(events % 40 = 0, 'false', 'true')),
                       'text', 'You can send it back within ' || events || ' days: ' || hex(zeroblob(100))))
    FROM session WHERE events % 4 = 0;
    INSERT INTO prompt (id, session_id, asked_at, prompt, reply, answered, feedback)
    SELECT id, id, started_at, 0, 1, events % 40 <> 0, 0 FROM session WHERE events % 4 = 0;
    INSERT INTO activity (connection_id, hour, sessions, events, bytes, prompts, unanswered)
    SELECT 1, asked_at / 3600000, 0, 0, 0, count(*), sum(answered = 0) FROM prompt WHERE true GROUP BY 2
    ON CONFLICT DO UPDATE SET prompts = excluded.prompts, unanswered = excluded.unanswered;";

fn insert_sessions(conn: &Connection, sessions: i64, now: TimestampMs) -> rusqlite::Result<usize> {
    let insert = "
        WITH RECURSIVE
        number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < :sessions),
        visit (n, began_at, active) AS (
            SELECT n, :now - (:sessions - n) * (:days * 86400000 / :sessions), n % 5 = 0 FROM number)
        INSERT INTO session (id, connection_id, public_id, started_at, last_batch_at, completed_at, finished_at,
                             first_event_at, last_event_at, events, batches, bytes, json_bytes, playable,
                             visitor, landing_url, landing_at, user_agent, browser, os, device, pages, clicks,
                             prompts, unanswered, errors, findings, severity, score, score_why)
        SELECT (1 << 49) | (began_at << 7), 1, lower(hex(randomblob(16))), began_at,
               iif(active, :now, began_at + 300000), iif(active, NULL, began_at + 320000),
               iif(active, NULL, began_at + 321000),
               began_at, began_at + 60000 + n * 7919 % 600000, 100 + n % 900, 20, 38000, 600000, 1,
               iif(n % 10 = 0, 'visitor-' || (n % 100), NULL),
               'https://shop.example/category-' || (n % 40) || '/product-' || (n * 7919 % 700001) || '?from=mail',
               began_at, 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
               iif(n % 5000 = 1, 'Vivaldi', 'Firefox'), 'Linux', 'Desktop', 3, 20,
               iif(n % 20 = 1, 3, 0), iif(n % 400 = 1, 1, 0), iif(n % 7 = 1, n % 40, 0),
               iif(n % 10 = 1, 1, 0), iif(n % 10 = 1, n / 10 % 4, NULL), iif(n % 10 = 1, n / 10 % 100, NULL), ''
        FROM visit";
    conn.execute(insert, named_params! { ":sessions": sessions, ":now": now, ":days": DAYS })
}
