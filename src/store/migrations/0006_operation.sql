-- What operating the server takes.

-- == Logins

-- Whom others vouch for: an OpenID provider, by its address, or 'proxy'. Never by the mail address.
CREATE TABLE user_identity (
    vouched_by TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    user_id    INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    made_at    INTEGER NOT NULL,
    PRIMARY KEY (vouched_by, subject)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX user_identity_user ON user_identity (user_id, vouched_by);

-- Who said who somebody is when they logged in. NULL: they did, with a password.
ALTER TABLE user_session ADD COLUMN vouched_by TEXT;

-- What was tried lately (`accounts::Attempts`), by a hash of it, so that a server that is
-- started anew does not let guessing begin anew.
CREATE TABLE attempt (
    door     TEXT    NOT NULL,
    key_hash BLOB    NOT NULL,
    since    INTEGER NOT NULL,
    count    INTEGER NOT NULL,
    PRIMARY KEY (door, key_hash)
) STRICT, WITHOUT ROWID;
