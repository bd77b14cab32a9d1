-- Finished recordings in segments, erasure, and lists that answer from their key.
--
-- A session's id now says where it stands in every list: its connection, the
-- millisecond it started at, and a number among those that started in the same one
-- (`store::place`). So the list of a connection, a range of its time and a page of
-- either are ranges of the table itself, and of the search index, which has the
-- same ids.

CREATE TABLE connection_2 (
    id                 INTEGER PRIMARY KEY,
    name               TEXT    NOT NULL UNIQUE,
    write_key          TEXT    NOT NULL UNIQUE,
    created_at         INTEGER NOT NULL,
    -- Set when it is to be erased with all it holds.
    deleted_at         INTEGER,
    -- Uploads are refused while this is set.
    paused             INTEGER NOT NULL DEFAULT 0,
    -- The origins that may send, with spaces between them. Empty: any.
    allowed_origins    TEXT    NOT NULL DEFAULT '',
    -- Visitors whose browser sends Sec-GPC are not recorded.
    honour_gpc         INTEGER NOT NULL DEFAULT 0,
    -- How long its sessions are kept. NULL: as long as the server's setting says.
    keep_days          INTEGER,
    -- What may arrive in one day (UTC), in bytes as sent. NULL: no limit.
    daily_bytes        INTEGER,
    -- The day that `day_bytes` counts, in days since 1970.
    day                INTEGER NOT NULL DEFAULT 0,
    day_bytes          INTEGER NOT NULL DEFAULT 0,
    active_sessions    INTEGER NOT NULL DEFAULT 0,
    completed_sessions INTEGER NOT NULL DEFAULT 0,
    events             INTEGER NOT NULL DEFAULT 0,
    -- Recorded bytes as they are stored, stylesheets included.
    bytes              INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Keys that were replaced: their recorders are told to stop.
CREATE TABLE revoked_key (
    write_key     TEXT    PRIMARY KEY,
    connection_id INTEGER NOT NULL REFERENCES connection (id),
    revoked_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE session_2 (
    id              INTEGER PRIMARY KEY,
    connection_id   INTEGER NOT NULL REFERENCES connection (id),
    public_id       TEXT    NOT NULL,
    started_at      INTEGER NOT NULL,
    last_batch_at   INTEGER NOT NULL,
    -- Set while all pages of the session have gone away.
    ended_at        INTEGER,
    -- NULL while the session is active.
    completed_at    INTEGER,
    -- NULL until the recording is stored in segments.
    finished_at     INTEGER,
    -- Counted before each attempt to finish; with the last one's reason if it failed.
    finish_attempts INTEGER NOT NULL DEFAULT 0,
    finish_error    TEXT,
    first_event_at  INTEGER NOT NULL,
    last_event_at   INTEGER NOT NULL,
    events          INTEGER NOT NULL DEFAULT 0,
    batches         INTEGER NOT NULL DEFAULT 0,
    -- Bytes as stored, and as JSON.
    bytes           INTEGER NOT NULL DEFAULT 0,
    json_bytes      INTEGER NOT NULL DEFAULT 0,
    -- Whether a full snapshot has arrived.
    playable        INTEGER NOT NULL DEFAULT 0,
    -- Retention leaves it alone.
    pinned          INTEGER NOT NULL DEFAULT 0,
    landing_url     TEXT    NOT NULL DEFAULT '',
    -- When the landing page was loaded, by the visitor's clock: an earlier page may arrive later.
    landing_at      INTEGER,
    -- Whom the page said it is, by `hindsight.identify`.
    visitor         TEXT,
    -- How far the server's clock is ahead of the visitor's, at least.
    clock_ahead_ms  INTEGER,
    user_agent      TEXT    NOT NULL,
    UNIQUE (connection_id, public_id)
) STRICT;

-- Ids that rise by connection and start; those of one millisecond take the next free ones.
CREATE TABLE moved (old INTEGER PRIMARY KEY, new INTEGER NOT NULL) STRICT;
INSERT INTO moved (old, new)
SELECT id, number + max(wanted - number) OVER (PARTITION BY connection_id ORDER BY number)
FROM (
    SELECT id, connection_id,
           (connection_id << 49) | (min(max(started_at, 0), 4398046511103) << 7) AS wanted,
           row_number() OVER (PARTITION BY connection_id ORDER BY started_at, id) - 1 AS number
    FROM session
);

INSERT INTO connection_2 (id, name, write_key, created_at, active_sessions, completed_sessions, events)
SELECT id, name, write_key, created_at, active_sessions, completed_sessions, events FROM connection;

INSERT INTO session_2 (id, connection_id, public_id, started_at, last_batch_at, ended_at, completed_at,
                       first_event_at, last_event_at, events, playable, landing_url, landing_at, user_agent)
SELECT moved.new, connection_id, public_id, started_at, last_batch_at, ended_at, completed_at,
       first_event_at, last_event_at, events, playable, landing_url, landing_at, user_agent
FROM session JOIN moved ON moved.old = session.id;

-- One page load in one tab.
CREATE TABLE stream_2 (
    id             INTEGER PRIMARY KEY,
    connection_id  INTEGER NOT NULL REFERENCES connection (id),
    -- NULL: its bytes are to be erased, or are being written and not shown yet.
    session_id     INTEGER REFERENCES session (id),
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
    -- Which batches its segments were made of (`store::ledger`).
    ledger         BLOB,
    UNIQUE (session_id, public_id)
) STRICT;

INSERT INTO stream_2 (id, connection_id, session_id, public_id, first_event_at, last_event_at, next_seq, last_seq,
                      ended_seq, playable)
SELECT stream.id, session.connection_id, moved.new, stream.public_id, stream.first_event_at,
       stream.last_event_at, next_seq, last_seq, ended_seq, stream.playable
FROM stream JOIN session ON session.id = stream.session_id JOIN moved ON moved.old = session.id;

-- One upload, as it came, until its session is finished. The id is the stream's and
-- the seq, so that the batches of a stream stand together and no index is needed.
-- `body` is one gzip member that holds a JSON array of rrweb events; it stands last,
-- so that reading the other columns never touches it.
CREATE TABLE batch_2 (
    id             INTEGER PRIMARY KEY,
    received_at    INTEGER NOT NULL,
    first_event_at INTEGER NOT NULL,
    last_event_at  INTEGER NOT NULL,
    events         INTEGER NOT NULL,
    interactions   INTEGER NOT NULL,
    -- Whether it holds a full snapshot.
    snapshot       INTEGER NOT NULL,
    -- As stored, and as JSON; 0 where the latter was not counted yet.
    bytes          INTEGER NOT NULL,
    json_bytes     INTEGER NOT NULL,
    hash           BLOB    NOT NULL,
    body           BLOB    NOT NULL
) STRICT;

INSERT INTO batch_2 (id, received_at, first_event_at, last_event_at, events, interactions, snapshot, bytes, json_bytes,
                     hash, body)
SELECT (stream_id << 20) | seq, received_at, first_event_at, last_event_at, events, interactions, snapshot,
       length(body), 0, hash, body
FROM batch;

DROP TABLE batch;
DROP TABLE stream;
DROP TABLE session;
DROP TABLE connection;
DROP TABLE moved;
ALTER TABLE connection_2 RENAME TO connection;
ALTER TABLE session_2 RENAME TO session;
ALTER TABLE stream_2 RENAME TO stream;
ALTER TABLE batch_2 RENAME TO batch;

-- A piece of a finished stream that can be decoded on its own: one zstd frame that
-- holds a JSON array of rrweb events. The id is the stream's and a number from 0.
CREATE TABLE segment (
    id             INTEGER PRIMARY KEY,
    -- The batches that it has events of, both ends included, and which event of the first it starts with.
    first_seq      INTEGER NOT NULL,
    first_index    INTEGER NOT NULL,
    last_seq       INTEGER NOT NULL,
    first_event_at INTEGER NOT NULL,
    last_event_at  INTEGER NOT NULL,
    events         INTEGER NOT NULL,
    interactions   INTEGER NOT NULL,
    -- Whether it holds a full snapshot.
    snapshot       INTEGER NOT NULL,
    bytes          INTEGER NOT NULL,
    json_bytes     INTEGER NOT NULL,
    -- When the visitor did something (`store::stretches`).
    active         BLOB    NOT NULL,
    -- The stylesheets that stand for themselves in it, 16 bytes of hash each.
    styles         BLOB    NOT NULL,
    body           BLOB    NOT NULL
) STRICT;

-- A stylesheet that the segments of a connection share: one zstd frame that holds a JSON string.
CREATE TABLE style (
    id            INTEGER PRIMARY KEY,
    connection_id INTEGER NOT NULL REFERENCES connection (id),
    -- The first 16 bytes of the SHA-256 of the JSON string.
    hash          BLOB    NOT NULL,
    -- How many segments name it. It goes with the last.
    uses          INTEGER NOT NULL,
    bytes         INTEGER NOT NULL,
    body          BLOB    NOT NULL,
    UNIQUE (connection_id, hash)
) STRICT;

-- Sessions that were erased, by a hash of what they were called: they must not come back.
CREATE TABLE erased (
    digest    BLOB    PRIMARY KEY,
    erased_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the sessions that started in one hour hold. Hours since 1970.
CREATE TABLE activity (
    connection_id INTEGER NOT NULL REFERENCES connection (id),
    hour          INTEGER NOT NULL,
    sessions      INTEGER NOT NULL,
    events        INTEGER NOT NULL,
    bytes         INTEGER NOT NULL,
    PRIMARY KEY (connection_id, hour)
) STRICT, WITHOUT ROWID;

CREATE INDEX session_active ON session (id) WHERE completed_at IS NULL;
CREATE INDEX session_completed ON session (id) WHERE completed_at IS NOT NULL;
CREATE INDEX session_visitor ON session (connection_id, visitor, id) WHERE visitor IS NOT NULL;
-- Find what is to be completed and what is to be finished; other sessions cost these indexes nothing.
CREATE INDEX session_open ON session (last_batch_at) WHERE completed_at IS NULL;
CREATE INDEX session_ended ON session (ended_at) WHERE completed_at IS NULL AND ended_at IS NOT NULL;
CREATE INDEX session_unfinished ON session (completed_at)
    WHERE completed_at IS NOT NULL AND finished_at IS NULL AND finish_attempts < 3;
CREATE INDEX stream_loose ON stream (id) WHERE session_id IS NULL;

-- Finds a part of a URL. It keeps no text of its own, and forgets at once what is deleted.
CREATE VIRTUAL TABLE session_search USING fts5 (
    landing_url, content = 'session', content_rowid = 'id', tokenize = 'trigram', detail = none
);
INSERT INTO session_search (session_search, rank) VALUES ('secure-delete', 1);
INSERT INTO session_search (rowid, landing_url) SELECT id, landing_url FROM session;

UPDATE session SET (batches, bytes) = (
    SELECT count(*), coalesce(sum(batch.bytes), 0)
    FROM stream JOIN batch ON batch.id BETWEEN stream.id << 20 AND (stream.id << 20) + 1048575
    WHERE stream.session_id = session.id
);
UPDATE connection SET bytes = (SELECT coalesce(sum(bytes), 0) FROM session WHERE connection_id = connection.id);
INSERT INTO activity (connection_id, hour, sessions, events, bytes)
SELECT connection_id, started_at / 3600000, count(*), sum(events), sum(bytes) FROM session GROUP BY 1, 2;
