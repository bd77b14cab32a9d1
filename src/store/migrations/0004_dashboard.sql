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
