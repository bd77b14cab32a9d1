-- What the dashboard and the widget need: conversations, lists, notes and settings.

-- == Conversations

-- == Lists

-- == Notes and shares

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
