-- Who may do what, and who did what.

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
