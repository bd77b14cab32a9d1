-- Who may look, and how the server knows them.

-- == Accounts

-- Ids are never given twice: notes and marks remember them.
CREATE TABLE user (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    name             TEXT    NOT NULL,
    -- The name in small letters: no two differ by capital letters only.
    known_as         TEXT    NOT NULL UNIQUE,
    -- The role in all connections, those to come included. NULL: none but those in single ones.
    role             TEXT,
    -- As argon2 writes it. NULL: no password was chosen yet.
    password         TEXT,
    -- What was given out under another number is void.
    credential_epoch INTEGER NOT NULL DEFAULT 0,
    created_at       INTEGER NOT NULL,
    seen_at          INTEGER,
    disabled_at      INTEGER,
    -- The key of the second factor, since when it is asked for, and the last step that was used.
    totp_key         BLOB,
    totp_since       INTEGER,
    totp_step        INTEGER
) STRICT;

-- Codes that stand in for the second factor, each once.
CREATE TABLE recovery_code (
    user_id   INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    code_hash BLOB    NOT NULL,
    PRIMARY KEY (user_id, code_hash)
) STRICT, WITHOUT ROWID;

-- Where somebody is logged in.
CREATE TABLE user_session (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id          INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    token_hash       BLOB    NOT NULL UNIQUE,
    -- The token before, until the browser has shown the present one.
    former_hash      BLOB    UNIQUE,
    credential_epoch INTEGER NOT NULL,
    made_at          INTEGER NOT NULL,
    rotated_at       INTEGER NOT NULL,
    seen_at          INTEGER NOT NULL,
    browser          TEXT    NOT NULL,
    -- Without what tells one household from the next.
    network          TEXT    NOT NULL
) STRICT;
CREATE INDEX user_session_user ON user_session (user_id);

-- Links that work once: to set up the server (no user), or to choose a password.
CREATE TABLE user_link (
    token_hash BLOB    PRIMARY KEY,
    user_id    INTEGER UNIQUE REFERENCES user (id) ON DELETE CASCADE,
    made_at    INTEGER NOT NULL,
    expires_at INTEGER
) STRICT, WITHOUT ROWID;

-- == Members
-- Who may do what in single connections, besides what `user.role` lets them do in all.
CREATE TABLE member (
    connection_id INTEGER NOT NULL REFERENCES connection (id),
    user_id       INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    role          TEXT    NOT NULL,
    PRIMARY KEY (connection_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_user ON member (user_id);

-- == Tokens
-- What programs say who they are with. The token itself is shown once; here is the SHA-256 of its secret part.
CREATE TABLE token (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    name              TEXT NOT NULL,
    token_hash        BLOB NOT NULL UNIQUE,
    -- Words with spaces between them.
    scopes            TEXT NOT NULL,
    -- Whether it is for all connections, those to come included; `token_connection` names others.
    every_connection  INTEGER NOT NULL,
    -- Who made it. NULL: the command line, or somebody on a server that asks nobody who they are.
    user_id           INTEGER REFERENCES user (id) ON DELETE CASCADE,
    -- The user's when they made it: a password or a role that changes voids it.
    credential_epoch  INTEGER,
    made_at           INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL,
    used_at           INTEGER,
    revoked_at        INTEGER
) STRICT;

CREATE INDEX token_user ON token (user_id, id);

CREATE TABLE token_connection (
    token_id      INTEGER NOT NULL REFERENCES token (id) ON DELETE CASCADE,
    connection_id INTEGER NOT NULL REFERENCES connection (id),
    PRIMARY KEY (token_id, connection_id)
) STRICT, WITHOUT ROWID;

-- == Webhooks
-- Where a connection tells of what happens.
CREATE TABLE webhook (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id INTEGER NOT NULL REFERENCES connection (id),
    url           TEXT NOT NULL,
    -- Requests are signed with it.
    secret        TEXT NOT NULL,
    active        INTEGER NOT NULL DEFAULT 1,
    -- Whether it hears of sessions that are finished.
    sessions      INTEGER NOT NULL,
    -- The least severity of findings that it hears of. NULL: of none.
    findings      INTEGER,
    -- Whether it hears of prompts that were not answered.
    prompts       INTEGER NOT NULL,
    made_at       INTEGER NOT NULL
) STRICT;

CREATE INDEX webhook_connection ON webhook (connection_id, id);

-- What is still to be told, written in the transaction of what happened.
CREATE TABLE webhook_event (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The same however often it is sent.
    public_id  TEXT NOT NULL UNIQUE,
    webhook_id INTEGER NOT NULL REFERENCES webhook (id),
    kind       TEXT NOT NULL,
    -- The session it is about; NULL for a test. It goes with the session.
    session_id INTEGER REFERENCES session (id),
    -- JSON: what the session's row does not say.
    subject    TEXT NOT NULL,
    at         INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    -- When it is sent next. NULL: it was tried for long enough.
    next_at    INTEGER
) STRICT;

CREATE INDEX webhook_event_next ON webhook_event (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX webhook_event_session ON webhook_event (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX webhook_event_webhook ON webhook_event (webhook_id, id);

-- The latest attempts. Nothing of what was sent.
CREATE TABLE webhook_attempt (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook_id INTEGER NOT NULL REFERENCES webhook (id),
    public_id  TEXT NOT NULL,
    kind       TEXT NOT NULL,
    at         INTEGER NOT NULL,
    took_ms    INTEGER NOT NULL,
    -- The status that it was answered with. NULL: it was not.
    status     INTEGER,
    -- Why it failed. NULL: it did not.
    problem    TEXT
) STRICT;

CREATE INDEX webhook_attempt_webhook ON webhook_attempt (webhook_id, id);

-- == Audit
-- What people and the server did, in the order of it, without gaps. Each entry's hash covers the
-- one before (`store::audit`). Entries name no visitor, so that erasing one leaves the log whole.
CREATE TABLE audit (
    id            INTEGER PRIMARY KEY,
    at            INTEGER NOT NULL,
    who           TEXT    NOT NULL,
    what          TEXT    NOT NULL,
    -- It may have been erased since.
    connection_id INTEGER,
    subject       TEXT    NOT NULL,
    -- A JSON object.
    detail        TEXT    NOT NULL,
    hash          BLOB    NOT NULL
) STRICT;
CREATE INDEX audit_connection ON audit (connection_id, id);
CREATE INDEX audit_subject ON audit (subject, at);

-- The last entry that was removed because of its age: the chain begins behind it.
CREATE TABLE audit_anchor (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    last INTEGER NOT NULL,
    hash BLOB    NOT NULL
) STRICT;
INSERT INTO audit_anchor (id, last, hash) VALUES (1, 0, zeroblob(32));

CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'the audit log is never changed'); END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit WHEN OLD.id > (SELECT last FROM audit_anchor)
BEGIN SELECT raise(ABORT, 'the audit log is never changed'); END;
-- This also keeps INSERT OR REPLACE from removing one.
CREATE TRIGGER audit_goes_on BEFORE INSERT ON audit
WHEN NEW.id IS NOT coalesce((SELECT max(id) FROM audit), (SELECT last FROM audit_anchor)) + 1
BEGIN SELECT raise(ABORT, 'the audit log has no gaps'); END;
CREATE TRIGGER audit_anchor_goes_on BEFORE UPDATE ON audit_anchor
WHEN NOT EXISTS (SELECT 1 FROM audit WHERE id = NEW.last AND hash = NEW.hash AND id > OLD.last)
BEGIN SELECT raise(ABORT, 'the anchor is an entry of the audit log'); END;
CREATE TRIGGER audit_anchor_is_kept BEFORE DELETE ON audit_anchor
BEGIN SELECT raise(ABORT, 'the audit log has an anchor'); END;
CREATE TRIGGER audit_anchor_is_one BEFORE INSERT ON audit_anchor
BEGIN SELECT raise(ABORT, 'the audit log has one anchor'); END;

-- What the server erases by its rules, counted until an entry is made of it.
CREATE TABLE audit_tally (
    -- 0: over all connections.
    connection_id INTEGER PRIMARY KEY,
    since         INTEGER NOT NULL,
    sessions      INTEGER NOT NULL
) STRICT;

-- Names visitors where their ids may not stand. It never leaves the database but in copies of it.
CREATE TABLE pseudonym_key (
    id  INTEGER PRIMARY KEY CHECK (id = 1),
    key BLOB NOT NULL
) STRICT;
INSERT INTO pseudonym_key (id, key) VALUES (1, randomblob(32));

-- == Receipts
-- What was erased or handed out for a person, without the person's id.
CREATE TABLE receipt (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    -- 'erasure' or 'export'.
    kind          TEXT    NOT NULL,
    -- The only connection it was asked for; NULL: all.
    connection_id INTEGER,
    at            INTEGER NOT NULL,
    -- NULL while it goes on.
    done_at       INTEGER,
    who           TEXT    NOT NULL,
    -- `store::pseudonym`.
    person        TEXT    NOT NULL,
    -- What there was, by connection, as JSON.
    counted       TEXT    NOT NULL,
    -- How many sessions are done.
    sessions      INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Erasures that go on, with the id that is forgotten at their end.
CREATE TABLE erasing (
    receipt_id    INTEGER PRIMARY KEY REFERENCES receipt (id),
    connection_id INTEGER,
    visitor       TEXT    NOT NULL,
    -- Set once no session is left: the last stream whose bytes are to be overwritten.
    last_stream   INTEGER
) STRICT;

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
