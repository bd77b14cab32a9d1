-- Who may do what, and what is kept of whom.

-- == Privacy
-- What the server replaces in texts before they are written: a JSON object (`model::text_rules`).
ALTER TABLE connection ADD COLUMN text_rules TEXT NOT NULL DEFAULT '{}';

-- How often what was hidden in a session before it was written, by its kind.
CREATE TABLE hidden (
    session_id INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    times      INTEGER NOT NULL,
    PRIMARY KEY (session_id, kind)
) STRICT, WITHOUT ROWID;

-- Looking through the recordings of a connection for what should not be in them: the
-- last time it was done, and how far it has come. Sessions are looked at from the newest.
CREATE TABLE leak_scan (
    connection_id INTEGER PRIMARY KEY REFERENCES connection (id),
    state         TEXT    NOT NULL,
    -- Whether a command does it, in place of the server.
    by_command    INTEGER NOT NULL,
    next          INTEGER NOT NULL,
    sessions      INTEGER NOT NULL,
    done          INTEGER NOT NULL DEFAULT 0,
    failed        INTEGER NOT NULL DEFAULT 0,
    bytes         INTEGER NOT NULL DEFAULT 0,
    started_at    INTEGER NOT NULL,
    ended_at      INTEGER
) STRICT;

-- Where something was found, and never what: the sample is too short to be of use.
CREATE TABLE leak (
    session_id    INTEGER NOT NULL,
    kind          TEXT    NOT NULL,
    -- Of the page's address no more than its host and path.
    page          TEXT    NOT NULL,
    selector      TEXT    NOT NULL,
    field         TEXT    NOT NULL,
    connection_id INTEGER NOT NULL,
    times         INTEGER NOT NULL,
    sample        TEXT    NOT NULL,
    PRIMARY KEY (session_id, kind, page, selector, field)
) STRICT, WITHOUT ROWID;
CREATE INDEX leak_place ON leak (connection_id, kind, selector, field);

-- Sessions that are written anew without these kinds, space between them.
CREATE TABLE remask (
    session_id INTEGER PRIMARY KEY,
    kinds      TEXT NOT NULL
) STRICT;
