-- Times are milliseconds since 1970. Names ending in _at are the server's clock,
-- but for event times (first_event_at, last_event_at), which are the visitor's.

-- One recorded site or application. Its counters are kept in the transaction
-- that changes what they count, so that no page ever counts rows.
CREATE TABLE connection (
    id                 INTEGER PRIMARY KEY,
    name               TEXT    NOT NULL UNIQUE,
    write_key          TEXT    NOT NULL UNIQUE,
    created_at         INTEGER NOT NULL,
    active_sessions    INTEGER NOT NULL DEFAULT 0,
    completed_sessions INTEGER NOT NULL DEFAULT 0,
    events             INTEGER NOT NULL DEFAULT 0
) STRICT;

-- One visit. The recorder's id is unique in its connection only, since anybody
-- who has a write key may send any id.
CREATE TABLE session (
    id             INTEGER PRIMARY KEY,
    connection_id  INTEGER NOT NULL REFERENCES connection (id),
    public_id      TEXT    NOT NULL,
    started_at     INTEGER NOT NULL,
    last_batch_at  INTEGER NOT NULL,
    -- Set while all pages of the session have gone away.
    ended_at       INTEGER,
    -- NULL while the session is active.
    completed_at   INTEGER,
    first_event_at INTEGER NOT NULL,
    last_event_at  INTEGER NOT NULL,
    events         INTEGER NOT NULL DEFAULT 0,
    -- Whether a full snapshot has arrived.
    playable       INTEGER NOT NULL DEFAULT 0,
    landing_url    TEXT    NOT NULL DEFAULT '',
    -- When the landing page was loaded, by the visitor's clock: an earlier page may arrive later.
    landing_at     INTEGER,
    user_agent     TEXT    NOT NULL,
    UNIQUE (connection_id, public_id)
) STRICT;

-- The list, newest first, whole and by status. The key ends in `id`, so that
-- sessions that started in the same millisecond have an order to page by.
CREATE INDEX session_by_start ON session (connection_id, started_at, id);
CREATE INDEX session_active ON session (connection_id, started_at, id) WHERE completed_at IS NULL;
CREATE INDEX session_completed ON session (connection_id, started_at, id) WHERE completed_at IS NOT NULL;
-- Find what is to be completed; completed sessions cost these indexes nothing.
CREATE INDEX session_open ON session (last_batch_at) WHERE completed_at IS NULL;
CREATE INDEX session_ended ON session (ended_at) WHERE completed_at IS NULL AND ended_at IS NOT NULL;

-- One page load in one tab.
CREATE TABLE stream (
    id             INTEGER PRIMARY KEY,
    session_id     INTEGER NOT NULL REFERENCES session (id),
    public_id      TEXT    NOT NULL,
    first_event_at INTEGER NOT NULL,
    last_event_at  INTEGER NOT NULL,
    -- The lowest seq that has not arrived, and the highest that has.
    next_seq       INTEGER NOT NULL DEFAULT 0,
    last_seq       INTEGER NOT NULL,
    -- The seq with which the page went away. It came back if a higher one followed.
    ended_seq      INTEGER,
    -- Whether a full snapshot has arrived.
    playable       INTEGER NOT NULL DEFAULT 0,
    UNIQUE (session_id, public_id)
) STRICT;

-- One upload, as it came. `body` is one gzip member that holds a JSON array of
-- rrweb events; it stands last, so that reading the other columns never touches it.
CREATE TABLE batch (
    id             INTEGER PRIMARY KEY,
    stream_id      INTEGER NOT NULL REFERENCES stream (id),
    seq            INTEGER NOT NULL,
    received_at    INTEGER NOT NULL,
    first_event_at INTEGER NOT NULL,
    last_event_at  INTEGER NOT NULL,
    events         INTEGER NOT NULL,
    interactions   INTEGER NOT NULL,
    -- Whether it holds a full snapshot.
    snapshot       INTEGER NOT NULL,
    hash           BLOB    NOT NULL,
    body           BLOB    NOT NULL,
    UNIQUE (stream_id, seq)
) STRICT;
