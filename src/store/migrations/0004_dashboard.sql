-- What the dashboard and the widget need: conversations, lists, notes and settings.

-- == Conversations
-- What visitors asked, told the moment it arrives; what was finished has what the timeline says.

-- What was said in a session beside its page, as JSON (`model::said`).
CREATE TABLE said (
    session_id  INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    -- When it arrived, by the server's clock.
    received_at INTEGER NOT NULL,
    said        TEXT    NOT NULL,
    PRIMARY KEY (session_id, number)
) STRICT, WITHOUT ROWID;

-- The prompts among it, each in its place in the feed: the id is made like a session's
-- (`store::place`), of the time when the prompt arrived.
CREATE TABLE prompt (
    id         INTEGER PRIMARY KEY,
    session_id INTEGER NOT NULL,
    asked_at   INTEGER NOT NULL,
    -- The numbers of what was said: the prompt, and the last reply to it.
    prompt     INTEGER NOT NULL,
    reply      INTEGER,
    -- Whether the reply answers it, if the page says so.
    answered   INTEGER,
    -- The visitor's verdict: -1, 1, or 0 while there is none.
    feedback   INTEGER NOT NULL
) STRICT;
CREATE INDEX prompt_session ON prompt (session_id);
CREATE INDEX prompt_unanswered ON prompt (id) WHERE answered = 0;
CREATE INDEX prompt_disliked ON prompt (id) WHERE feedback < 0;

ALTER TABLE connection ADD COLUMN prompts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connection ADD COLUMN unanswered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connection ADD COLUMN disliked INTEGER NOT NULL DEFAULT 0;
-- How often any of its prompts, or what came of one, has changed.
ALTER TABLE connection ADD COLUMN prompt_changes INTEGER NOT NULL DEFAULT 0;
-- Prompts of the hour, whenever their sessions started.
ALTER TABLE activity ADD COLUMN prompts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE activity ADD COLUMN unanswered INTEGER NOT NULL DEFAULT 0;

-- When the page said who the visitor is, by the visitor's clock, and what it told of
-- them: a JSON array of names with values.
ALTER TABLE session ADD COLUMN identified_at INTEGER;
ALTER TABLE session ADD COLUMN traits TEXT;

-- The page that a stream shows, and since when, by the visitor's clock.
ALTER TABLE stream ADD COLUMN page_at INTEGER;
ALTER TABLE stream ADD COLUMN page_url TEXT;

-- == Lists
-- What the user agent says, and the country that a proxy names. '' where they do not say.
ALTER TABLE session ADD COLUMN browser TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN os TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN device TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN country TEXT NOT NULL DEFAULT '';
-- Prompts that nothing answered. NULL: it was not read yet, or by a version that did not count them.
ALTER TABLE session ADD COLUMN unanswered INTEGER;

-- As `model::user_agent` reads it.
UPDATE session SET
    browser = CASE
        WHEN instr(user_agent, 'Edg/') THEN 'Edge'
        WHEN instr(user_agent, 'EdgA/') THEN 'Edge'
        WHEN instr(user_agent, 'EdgiOS/') THEN 'Edge'
        WHEN instr(user_agent, 'OPR/') THEN 'Opera'
        WHEN instr(user_agent, 'Vivaldi/') THEN 'Vivaldi'
        WHEN instr(user_agent, 'SamsungBrowser/') THEN 'Samsung Internet'
        WHEN instr(user_agent, 'YaBrowser/') THEN 'Yandex'
        WHEN instr(user_agent, 'FxiOS/') THEN 'Firefox'
        WHEN instr(user_agent, 'Firefox/') THEN 'Firefox'
        WHEN instr(user_agent, 'CriOS/') THEN 'Chrome'
        WHEN instr(user_agent, 'HeadlessChrome/') THEN 'Chrome'
        WHEN instr(user_agent, 'Chrome/') THEN 'Chrome'
        WHEN instr(user_agent, 'Version/') THEN 'Safari'
        ELSE '' END,
    os = CASE
        WHEN instr(user_agent, 'iPhone') THEN 'iOS'
        WHEN instr(user_agent, 'iPad') THEN 'iPadOS'
        WHEN instr(user_agent, 'Android') THEN 'Android'
        WHEN instr(user_agent, 'CrOS') THEN 'ChromeOS'
        WHEN instr(user_agent, 'Windows') THEN 'Windows'
        WHEN instr(user_agent, 'Mac OS X') THEN 'macOS'
        WHEN instr(user_agent, 'Macintosh') THEN 'macOS'
        WHEN instr(user_agent, 'Linux') THEN 'Linux'
        ELSE '' END;
UPDATE session SET device = CASE
        WHEN os = 'iOS' THEN 'Phone'
        WHEN os = 'iPadOS' THEN 'Tablet'
        WHEN os = 'Android' AND instr(user_agent, 'Mobile') THEN 'Phone'
        WHEN os = 'Android' THEN 'Tablet'
        WHEN os = '' THEN ''
        ELSE 'Desktop' END;

-- Each holds sessions that are alike in the order of their ids: a filter reads one of them.
CREATE INDEX session_browser ON session (connection_id, browser);
CREATE INDEX session_os ON session (connection_id, os);
CREATE INDEX session_device ON session (connection_id, device);
CREATE INDEX session_country ON session (connection_id, country) WHERE country <> '';
CREATE INDEX session_pinned ON session (id) WHERE pinned = 1;
CREATE INDEX session_with_prompts ON session (id) WHERE prompts > 0;
CREATE INDEX session_unanswered ON session (id) WHERE unanswered > 0;
CREATE INDEX session_with_errors ON session (id) WHERE errors > 0;
CREATE INDEX session_found ON session (id) WHERE findings > 0;
CREATE INDEX session_found_medium ON session (id) WHERE severity >= 2;
CREATE INDEX session_found_high ON session (id) WHERE severity >= 3;
CREATE INDEX finding_kind ON finding (kind, session_id);
-- The orders of a list besides the newest first. What changes with each batch stands in
-- them only once the session is over.
CREATE INDEX session_longest ON session (connection_id, (last_event_at - first_event_at))
    WHERE completed_at IS NOT NULL;
CREATE INDEX session_most_events ON session (connection_id, events) WHERE completed_at IS NOT NULL;
CREATE INDEX session_most_errors ON session (connection_id, errors) WHERE errors > 0;
CREATE INDEX session_highest_score ON session (connection_id, score) WHERE score IS NOT NULL;

-- What is searched: URLs by themselves, and phrases and beginnings of words, which takes
-- an index with places in it. Sessions that are not read yet are found by their landing
-- page and their visitor.
DROP TABLE session_words;
ALTER TABLE session_text ADD COLUMN urls TEXT NOT NULL DEFAULT '';
INSERT INTO session_text (session_id, text, urls)
SELECT id, coalesce(visitor, ''), landing_url FROM session WHERE id NOT IN (SELECT session_id FROM session_text);
CREATE VIRTUAL TABLE session_words USING fts5 (
    text, urls, content = 'session_text', content_rowid = 'session_id',
    tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3 4 5 6'
);
INSERT INTO session_words (session_words, rank) VALUES ('secure-delete', 1);
INSERT INTO session_words (session_words) VALUES ('rebuild');
-- Recordings of before are read again when there is time.
UPDATE session SET analysis_due_at = finished_at WHERE finished_at IS NOT NULL;

-- Words that people put on sessions. All in lower case.
CREATE TABLE session_tag (
    connection_id INTEGER NOT NULL REFERENCES connection (id),
    tag           TEXT    NOT NULL,
    session_id    INTEGER NOT NULL,
    PRIMARY KEY (connection_id, tag, session_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_tag_of ON session_tag (session_id);

-- Who has watched which sessions.
CREATE TABLE watched (
    viewer     TEXT    NOT NULL,
    session_id INTEGER NOT NULL,
    watched_at INTEGER NOT NULL,
    PRIMARY KEY (viewer, session_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX watched_of ON watched (session_id);

-- Filters of the list that have a name. The query is what stands in the list's address.
CREATE TABLE saved_view (
    id            INTEGER PRIMARY KEY,
    connection_id INTEGER NOT NULL REFERENCES connection (id),
    name          TEXT    NOT NULL,
    query         TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    UNIQUE (connection_id, name)
) STRICT;

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
-- Until when a replaced key goes on working, for pages that still have it.
ALTER TABLE revoked_key ADD COLUMN works_until INTEGER NOT NULL DEFAULT 0;
-- Stylesheets of the first snapshot that the recorder could not read, a URL a line.
ALTER TABLE session ADD COLUMN unread_styles TEXT NOT NULL DEFAULT '';
-- What pages asked for and what was refused, by hour: what the doctor goes by. The connection is 0
-- where a key belongs to none.
CREATE TABLE sighting (
    connection_id INTEGER NOT NULL,
    hour          INTEGER NOT NULL,
    kind          TEXT    NOT NULL,
    -- The page's origin, "" where it is not known.
    origin        TEXT    NOT NULL,
    times         INTEGER NOT NULL,
    last_at       INTEGER NOT NULL,
    PRIMARY KEY (connection_id, hour, kind, origin)
) STRICT, WITHOUT ROWID;
