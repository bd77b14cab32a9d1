-- What people did in finished sessions, and what plugins say about them.

-- How often the recording was written anew. What is computed from it belongs to one revision.
ALTER TABLE session ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
-- The maskers that it went through, with their settings, as a hash. NULL: none.
ALTER TABLE session ADD COLUMN masked BLOB;
-- What the timeline counts. NULL: it was not read yet.
ALTER TABLE session ADD COLUMN pages INTEGER;
ALTER TABLE session ADD COLUMN clicks INTEGER;
ALTER TABLE session ADD COLUMN prompts INTEGER;
ALTER TABLE session ADD COLUMN errors INTEGER;
-- The size of its timeline as it is stored; part of `bytes`.
ALTER TABLE session ADD COLUMN timeline_bytes INTEGER NOT NULL DEFAULT 0;
-- What plugins found: how much, the gravest of it (0 to 3), and the highest score with its reasons.
ALTER TABLE session ADD COLUMN findings INTEGER NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN severity INTEGER;
ALTER TABLE session ADD COLUMN score INTEGER;
ALTER TABLE session ADD COLUMN score_why TEXT;
-- Since when it waits to be read, or for plugins to look at it. NULL: it does not.
ALTER TABLE session ADD COLUMN analysis_due_at INTEGER;

-- Sessions that could not be finished: some are tried again when a masker works again.
CREATE INDEX session_failed ON session (connection_id)
    WHERE completed_at IS NOT NULL AND finished_at IS NULL AND finish_attempts >= 3;

CREATE INDEX session_unanalysed ON session (analysis_due_at) WHERE analysis_due_at IS NOT NULL;

-- What a person did in a session: some thousand events in each row (`timeline::block`),
-- as one zstd frame. Times are milliseconds since the session's first event.
CREATE TABLE timeline_block (
    session_id INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    first_ms   INTEGER NOT NULL,
    last_ms    INTEGER NOT NULL,
    events     INTEGER NOT NULL,
    body       BLOB    NOT NULL,
    PRIMARY KEY (session_id, number)
) STRICT;

-- What can be searched for in a session: URLs, titles, labels, prompts, errors.
CREATE TABLE session_text (
    session_id INTEGER PRIMARY KEY,
    text       TEXT    NOT NULL
) STRICT;
CREATE VIRTUAL TABLE session_words USING fts5 (
    text, content = 'session_text', content_rowid = 'session_id',
    tokenize = 'unicode61 remove_diacritics 2', detail = none
);
INSERT INTO session_words (session_words, rank) VALUES ('secure-delete', 1);

-- Whether a plugin works for a connection, and its settings there (a JSON object).
-- NULL: as the plugin, or `config.toml`, has it.
CREATE TABLE plugin_choice (
    plugin        TEXT    NOT NULL,
    connection_id INTEGER NOT NULL REFERENCES connection (id),
    enabled       INTEGER,
    settings      TEXT,
    PRIMARY KEY (plugin, connection_id)
) STRICT, WITHOUT ROWID;

-- How a plugin does, in one version with one set of settings.
CREATE TABLE plugin_health (
    plugin   TEXT    PRIMARY KEY,
    -- Of the bytes and the settings that failed: others start anew.
    digest   BLOB    NOT NULL,
    -- Failures one after the other.
    failures INTEGER NOT NULL,
    -- Why it is not run any more until somebody says so.
    paused   TEXT
) STRICT, WITHOUT ROWID;

-- What came of running an analyzer over a session. A run with the same digest is not repeated.
CREATE TABLE plugin_run (
    session_id INTEGER NOT NULL,
    plugin     TEXT    NOT NULL,
    -- Of the plugin's bytes, its settings and the revision of the recording.
    digest     BLOB    NOT NULL,
    -- Counted before each try.
    attempts   INTEGER NOT NULL,
    -- 'running', 'done', or 'failed'.
    status     TEXT    NOT NULL,
    reason     TEXT,
    ran_at     INTEGER NOT NULL,
    cpu_us     INTEGER NOT NULL DEFAULT 0,
    memory     INTEGER NOT NULL DEFAULT 0,
    events     INTEGER NOT NULL DEFAULT 0,
    findings   INTEGER NOT NULL DEFAULT 0,
    facts      INTEGER NOT NULL DEFAULT 0,
    score      INTEGER,
    score_why  TEXT,
    log        TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (session_id, plugin)
) STRICT, WITHOUT ROWID;
CREATE INDEX plugin_run_latest ON plugin_run (plugin, ran_at);

-- What plugins found, in the order of sessions and so of time.
CREATE TABLE finding (
    session_id INTEGER NOT NULL,
    plugin     TEXT    NOT NULL,
    number     INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    -- 0 info, 1 low, 2 medium, 3 high.
    severity   INTEGER NOT NULL,
    title      TEXT    NOT NULL,
    detail     TEXT    NOT NULL,
    at_ms      INTEGER NOT NULL,
    until_ms   INTEGER,
    selector   TEXT,
    -- A JSON object.
    fields     TEXT    NOT NULL,
    PRIMARY KEY (session_id, plugin, number)
) STRICT, WITHOUT ROWID;

-- What analyzers tell reporters.
CREATE TABLE fact (
    session_id INTEGER NOT NULL,
    plugin     TEXT    NOT NULL,
    number     INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    at_ms      INTEGER NOT NULL,
    fields     TEXT    NOT NULL,
    PRIMARY KEY (session_id, plugin, number)
) STRICT, WITHOUT ROWID;

-- What a reporter said about a period of a connection.
CREATE TABLE report (
    id            INTEGER PRIMARY KEY,
    connection_id INTEGER NOT NULL REFERENCES connection (id),
    plugin        TEXT    NOT NULL,
    from_at       INTEGER NOT NULL,
    to_at         INTEGER NOT NULL,
    sessions      INTEGER NOT NULL,
    made_at       INTEGER NOT NULL,
    cpu_us        INTEGER NOT NULL,
    title         TEXT    NOT NULL,
    summary       TEXT    NOT NULL,
    -- A JSON array (`plugins::report`).
    sections      TEXT    NOT NULL
) STRICT;
CREATE INDEX report_latest ON report (connection_id, plugin, made_at);

-- Running a plugin over sessions of the past, from the newest to the oldest.
CREATE TABLE rerun (
    id            INTEGER PRIMARY KEY,
    plugin        TEXT    NOT NULL,
    connection_id INTEGER NOT NULL REFERENCES connection (id),
    -- 'analyze', 'mask', or 'try': masking that only counts.
    work          TEXT    NOT NULL,
    -- Sessions from the first id to the last; `next` is the newest that is not done.
    first         INTEGER NOT NULL,
    last          INTEGER NOT NULL,
    next          INTEGER NOT NULL,
    sessions      INTEGER NOT NULL,
    done          INTEGER NOT NULL DEFAULT 0,
    failed        INTEGER NOT NULL DEFAULT 0,
    -- 'running', 'paused', 'done', or 'cancelled'.
    state         TEXT    NOT NULL,
    started_at    INTEGER NOT NULL,
    ended_at      INTEGER,
    -- Counts and samples of a trial, as JSON.
    outcome       TEXT    NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX rerun_open ON rerun (id) WHERE state IN ('running', 'paused');

-- Recordings of before are read when there is time.
UPDATE session SET analysis_due_at = finished_at WHERE finished_at IS NOT NULL;
