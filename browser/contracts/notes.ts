/**
 * `GET .../notes.json`: what people wrote at moments of a session.
 *
 * Written, changed, deleted and taken back by forms: `POST .../notes` with `at_ms`, `text`
 * and `author`, `POST .../notes/ID` with `text`, `POST .../notes/ID/delete` and
 * `POST .../notes/ID/restore`. What worked leads back to the replay.
 */
export interface NoteList {
  /** In the order in which their moments play. */
  notes: Note[];
}

export interface Note {
  id: number;
  /** Where it plays, in milliseconds on the session's timeline. */
  at_ms: number;
  /** Plain text. */
  text: string;
  /** How who wrote it calls themselves; may be "". */
  author: string;
  /** Whether this browser wrote it, and may change it. */
  own: boolean;
  /** ISO 8601. */
  written_at: string;
  changed: boolean;
}
