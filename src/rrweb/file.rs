//! Recordings in files: a JSON array of events, as rrweb-player takes it, or of
//! batches `{seq, events}`, as a browser uploads them. A batch may also say its
//! `stream` and the `user_agent` that uploaded it.

use super::event::{self, Error, Event, Limits};
use super::json::{self, Cursor};
use super::text;

/// An array of events is cut into batches of about this size, as a recorder would.
const BATCH_BYTES: usize = 256 * 1024;

/// Where a page begins a batch is cut earlier, so that playing can start there.
const PAGE_BYTES: usize = 16 * 1024;

/// One batch of a file.
#[derive(Debug)]
pub struct FileBatch<'a> {
    /// The stream it says it belongs to.
    pub stream: Option<String>,
    /// The browser it says it comes from.
    pub user_agent: Option<String>,
    /// Its place in the stream; batches that do not say are numbered as they stand.
    pub seq: i64,
    /// Its events.
    pub events: Vec<Event<'a>>,
}

/// Reads a file in either form.
pub fn batches<'a>(text: &'a str, limits: &Limits) -> Result<Vec<FileBatch<'a>>, Error> {
    let uploads = uploads(text, limits)?;
    if uploads.is_empty() {
        return Ok(cut(event::events(text, limits)?));
    }
    let mut batches = Vec::with_capacity(uploads.len());
    for (index, upload) in uploads.into_iter().enumerate() {
        // A browser may have uploaded nothing; there is nothing to keep of that.
        if is_empty_array(upload.events) {
            continue;
        }
        batches.push(FileBatch {
            stream: upload.stream.and_then(text::text_of),
            user_agent: upload.user_agent.and_then(text::text_of),
            seq: match upload.seq {
                None => index as i64,
                Some(seq) => seq.parse().map_err(|_| Error::BadSeq { index })?,
            },
            events: event::events(upload.events, limits)?,
        });
    }
    if batches.is_empty() { Err(Error::NotABatch) } else { Ok(batches) }
}

/// The first element of a file that is an array.
pub fn first_element(text: &str) -> Option<&str> {
    let mut cursor = Cursor::new(text, usize::MAX);
    cursor.enter_array().ok()?;
    if cursor.next_element().ok()? { cursor.value().ok() } else { None }
}

/// The fields of one `{seq, events}`.
struct Upload<'a> {
    seq: Option<&'a str>,
    stream: Option<&'a str>,
    user_agent: Option<&'a str>,
    events: &'a str,
}

/// The elements that have `events`; none when the file is an array of events.
fn uploads<'a>(text: &'a str, limits: &Limits) -> Result<Vec<Upload<'a>>, Error> {
    let mut cursor = Cursor::new(text, limits.depth);
    let mut uploads = Vec::new();
    let walked = walk(&mut cursor, &mut uploads);
    walked.and_then(|()| cursor.end()).map_err(event::outside)?;
    Ok(uploads)
}

fn walk<'a>(cursor: &mut Cursor<'a>, uploads: &mut Vec<Upload<'a>>) -> Result<(), json::Error> {
    if cursor.peek()? != b'[' {
        return cursor.value().map(|_| ());
    }
    cursor.array(|cursor| {
        if cursor.peek()? != b'{' {
            return cursor.value().map(|_| ());
        }
        let (mut seq, mut stream, mut user_agent, mut events) = (None, None, None, None);
        cursor.object(|key, cursor| {
            let value = cursor.value()?;
            match key {
                "seq" => seq = Some(value),
                "stream" => stream = Some(value),
                "user_agent" => user_agent = Some(value),
                "events" => events = Some(value),
                _ => {}
            }
            Ok::<_, json::Error>(())
        })?;
        uploads.extend(events.map(|events| Upload { seq, stream, user_agent, events }));
        Ok(())
    })
}

fn is_empty_array(json: &str) -> bool {
    json.strip_prefix('[').is_some_and(|rest| rest.trim_start() == "]")
}

/// Cuts events into batches, with each full snapshot near the start of one.
fn cut(events: Vec<Event<'_>>) -> Vec<FileBatch<'_>> {
    let mut batches: Vec<FileBatch<'_>> = Vec::new();
    let mut bytes = 0;
    for event in events {
        let full = bytes >= if event.is_meta() { PAGE_BYTES } else { BATCH_BYTES };
        if batches.is_empty() || full {
            batches.push(FileBatch {
                stream: None,
                user_agent: None,
                seq: batches.len() as i64,
                events: Vec::new(),
            });
            bytes = 0;
        }
        bytes += event.json.len();
        if let Some(batch) = batches.last_mut() {
            batch.events.push(event);
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { depth: 64, events: 1000, event_bytes: 1_000_000 };

    fn read(text: &str) -> Result<Vec<FileBatch<'_>>, Error> {
        batches(text, &LIMITS)
    }

    #[test]
    fn both_forms_are_read() {
        let meta = r#"{"type":4,"data":{"href":"x"},"timestamp":1}"#;
        let load = r#"{"type":1,"data":{},"timestamp":2}"#;
        let custom = format!(r#"{{"type":5,"data":{{"tag":"{}"}},"timestamp":1}}"#, "x".repeat(PAGE_BYTES));
        let plain = format!("[{meta},{load},{meta},{custom},{meta},{load}]");
        let lengths: Vec<usize> =
            read(&plain).expect("plain").iter().map(|batch| batch.events.len()).collect();
        assert_eq!(lengths, [4, 2]);

        let uploads =
            format!(r#"[{{"seq":3,"events":[{meta}]}},{{"events":[]}},{{"stream":"s","events":[{load}]}}]"#);
        let read = read(&uploads).expect("batches");
        assert_eq!(read.iter().map(|batch| batch.seq).collect::<Vec<_>>(), [3, 2]);
        assert_eq!(read[1].stream.as_deref(), Some("s"));
    }

    #[test]
    fn large_recordings_are_cut() {
        let event = format!(r#"{{"type":5,"data":{{"tag":"{}"}},"timestamp":1}}"#, "x".repeat(100_000));
        let text = format!("[{}]", [event.as_str(); 7].join(","));
        let lengths: Vec<usize> =
            read(&text).expect("plain").iter().map(|batch| batch.events.len()).collect();
        assert_eq!(lengths, [3, 3, 1]);
    }

    #[test]
    fn other_files_are_refused() {
        for bad in [
            "",
            "{}",
            "[]",
            "[1]",
            "[{}]",
            r#"[{"events":[]}]"#,
            r#"[{"events":[{}]}]"#,
            r#"[{"seq":"1","events":[{"type":0,"timestamp":1}]}]"#,
            "<html>",
            "[{",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
