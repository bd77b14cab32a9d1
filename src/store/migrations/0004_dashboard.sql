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

-- Recordings of before are read again when there is time, if they have any of this.
UPDATE session SET pages = NULL, analysis_due_at = finished_at
WHERE finished_at IS NOT NULL AND (prompts > 0 OR visitor IS NOT NULL);

-- == Lists

-- == Notes and shares

-- == Settings
-- JSON objects: what is recorded, how the widget looks (both as `browser/contracts/settings.ts`
-- has them), and where its answers come from.
ALTER TABLE connection ADD COLUMN recording TEXT NOT NULL DEFAULT '{}';
ALTER TABLE connection ADD COLUMN widget TEXT NOT NULL DEFAULT '{}';
ALTER TABLE connection ADD COLUMN answers TEXT NOT NULL DEFAULT '{}';
