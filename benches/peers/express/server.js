// What a tutorial would build: Express parses the JSON, a row holds it as text.
// Like Hindsight it answers when the row is committed with synchronous=FULL. It checks
// nothing, counts nothing and tells no repeated batch from a new one.

import Database from "better-sqlite3";
import express from "express";

const [folder = "."] = process.argv.slice(2);

const db = new Database(`${folder}/recordings.db`);
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
db.exec(`CREATE TABLE IF NOT EXISTS batch (
  id INTEGER PRIMARY KEY,
  session TEXT NOT NULL,
  stream TEXT NOT NULL,
  seq INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  events TEXT NOT NULL
)`);
db.exec("CREATE INDEX IF NOT EXISTS batch_by_session ON batch (session, stream, seq)");
const insert = db.prepare(
  "INSERT INTO batch (session, stream, seq, received_at, events) VALUES (?, ?, ?, ?, ?)",
);

const app = express();
app.use(express.json({ limit: "50mb", inflate: true }));
app.post("/ingest/:key/:session/:stream/:seq", (request, response) => {
  const { session, stream, seq } = request.params;
  insert.run(session, stream, Number(seq), Date.now(), JSON.stringify(request.body));
  response.json({ stored: true });
});

const listening = app.listen(0, "127.0.0.1", () => {
  console.log(`ready http://127.0.0.1:${listening.address().port}`);
});
