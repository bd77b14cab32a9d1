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
