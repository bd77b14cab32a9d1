-- What the dashboard and the widget need: conversations, lists, notes and settings.

-- == Conversations

-- == Lists

-- == Notes and shares
-- How many notes a session has that are not deleted.
ALTER TABLE session ADD COLUMN notes INTEGER NOT NULL DEFAULT 0;

-- What people write at moments of a session. `at` counts within the stream, which stays what it is
-- when the session goes on. A deleted one is kept for a while, so that it can be taken back.
CREATE TABLE note (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id INTEGER NOT NULL REFERENCES session (id),
    stream     TEXT NOT NULL,
    at         INTEGER NOT NULL,
    text       TEXT NOT NULL,
    author     TEXT NOT NULL,
    -- The browser it was written in.
    viewer     TEXT NOT NULL,
    written_at INTEGER NOT NULL,
    changed_at INTEGER,
    deleted_at INTEGER
) STRICT;

CREATE INDEX note_session ON note (session_id);
CREATE INDEX note_deleted ON note (deleted_at) WHERE deleted_at IS NOT NULL;

-- Links to one session. The token stands in the link alone; here is its SHA-256.
CREATE TABLE share (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id INTEGER NOT NULL REFERENCES connection (id),
    session_id    INTEGER NOT NULL REFERENCES session (id),
    token_hash    BLOB NOT NULL UNIQUE,
    start_ms      INTEGER NOT NULL,
    -- Whether it shows what the visitor did and said beside the page.
    story         INTEGER NOT NULL,
    -- Its hash (Argon2).
    password      TEXT,
    author        TEXT NOT NULL,
    made_at       INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    revoked_at    INTEGER,
    opened        INTEGER NOT NULL DEFAULT 0,
    opened_at     INTEGER
) STRICT;

CREATE INDEX share_connection ON share (connection_id, id);
CREATE INDEX share_session ON share (session_id);
CREATE INDEX share_expires ON share (expires_at);

-- == Settings
-- JSON objects: what is recorded, how the widget looks (both as `browser/contracts/settings.ts`
-- has them), and where its answers come from.
ALTER TABLE connection ADD COLUMN recording TEXT NOT NULL DEFAULT '{}';
ALTER TABLE connection ADD COLUMN widget TEXT NOT NULL DEFAULT '{}';
ALTER TABLE connection ADD COLUMN answers TEXT NOT NULL DEFAULT '{}';
