-- Who may see and do what.

-- == Accounts
CREATE TABLE user (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- What they may do in all connections, those to come included. NULL: only what `member` says.
    role TEXT
) STRICT;

-- == Members
-- Who may do what in single connections, besides what `user.role` lets them do in all.
CREATE TABLE member (
    connection_id INTEGER NOT NULL REFERENCES connection (id),
    user_id       INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    role          TEXT    NOT NULL,
    PRIMARY KEY (connection_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_user ON member (user_id);
