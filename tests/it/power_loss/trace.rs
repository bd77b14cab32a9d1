//! What a server did to its files, in order, as strace wrote it.

use std::collections::HashMap;
use std::path::Path;

/// Something that a file went through, with the lines of the trace where it began and
/// where it had ended: never, if the process was killed before.
pub struct Event {
    pub began: usize,
    pub ended: usize,
    pub what: What,
}

pub enum What {
    /// The file came into its folder.
    Created {
        file: String,
    },
    Wrote {
        file: String,
        at: usize,
        bytes: Vec<u8>,
    },
    Cut {
        file: String,
        to: usize,
    },
    /// The file, or the folder, was made durable.
    Synced {
        file: String,
    },
    /// A client was told that a batch is stored: session and seq.
    Answered {
        session: String,
        seq: i64,
    },
}

/// Reads a trace of a server whose data folder is `data`.
pub fn read(trace: &str, data: &Path) -> Vec<Event> {
    let data = data.to_str().expect("UTF-8");
    let mut events: Vec<Event> = Vec::new();
    // Calls that another thread came between, by thread: where in `events` they stand.
    let mut open: HashMap<&str, Option<usize>> = HashMap::new();
    for (number, line) in trace.lines().enumerate() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if rest.starts_with("<...") {
            if let Some(Some(index)) = open.remove(thread) {
                end(&mut events, index, number, rest);
            }
            continue;
        }
        let unfinished = rest.ends_with("<unfinished ...>");
        let index = what(rest, data).map(|what| {
            events.push(Event { began: number, ended: usize::MAX, what });
            events.len() - 1
        });
        if unfinished {
            open.insert(thread, index);
        } else if let Some(index) = index {
            end(&mut events, index, number, rest);
        }
    }
    events
}

/// Notes where a call returned. One that failed did nothing.
fn end(events: &mut [Event], index: usize, number: usize, line: &str) {
    let result = line.rsplit_once("= ").and_then(|(_, result)| result.split(['<', ' ']).next());
    // Killed in the middle of it.
    let Some(result) = result.filter(|result| *result != "?") else { return };
    let result: i64 = result.parse().unwrap_or_else(|_| panic!("not a number: {result}"));
    let event = &mut events[index];
    event.ended = number;
    match &mut event.what {
        What::Wrote { bytes, .. } => bytes.truncate(usize::try_from(result).unwrap_or(0)),
        _ if result < 0 => event.began = usize::MAX,
        _ => {}
    }
}

/// What a call does, if that matters.
fn what(line: &str, data: &str) -> Option<What> {
    let (call, arguments) = line.split_once('(')?;
    match call {
        "pwrite64" => {
            let (file, rest) = file_of(arguments, data)?;
            let (bytes, rest) = quoted(rest)?;
            // The length, which need not be what is written, and the place.
            let mut numbers =
                rest.trim_start_matches(", ").split([',', ')', ' ']).filter(|text| !text.is_empty());
            let at = numbers.nth(1)?.parse().expect("an offset");
            Some(What::Wrote { file, at, bytes })
        }
        "ftruncate" => {
            let (file, rest) = file_of(arguments, data)?;
            let to = rest.trim_start_matches(", ").split([')', ' ']).next()?.parse().expect("a size");
            Some(What::Cut { file, to })
        }
        "fsync" | "fdatasync" => Some(What::Synced { file: file_of(arguments, data)?.0 }),
        "openat" if arguments.contains("O_CREAT") => {
            let (_, rest) = arguments.split_once(", ")?;
            Some(What::Created { file: name(&quoted(rest)?.0, data)? })
        }
        "writev" | "write" | "sendto" => answer(arguments),
        "unlink" | "rename" => {
            let name = name(&quoted(arguments)?.0, data)?;
            assert!(!name.starts_with("hindsight.db"), "what {call} of {name} means is not known here");
            None
        }
        _ => None,
    }
}

/// The file of a descriptor, if it is one of the data folder (whose own name is empty).
fn file_of<'a>(arguments: &'a str, data: &str) -> Option<(String, &'a str)> {
    let (_, rest) = arguments.split_once('<')?;
    let (path, rest) = rest.split_once('>')?;
    Some((name(&unescaped(path), data)?, rest))
}

fn name(path: &[u8], data: &str) -> Option<String> {
    let path = std::str::from_utf8(path).ok()?;
    Some(path.strip_prefix(data)?.trim_start_matches('/').to_owned())
}

/// The bytes between the next two quotes, which strace writes as `\xHH`.
fn quoted(text: &str) -> Option<(Vec<u8>, &str)> {
    let (_, rest) = text.split_once('"')?;
    let (inside, rest) = rest.split_once('"')?;
    assert!(!rest.starts_with("..."), "strace cut a string off");
    Some((unescaped(inside), rest))
}

fn unescaped(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        _ => panic!("strace writes bytes as \\xHH"),
    };
    text.as_bytes()
        .as_chunks::<4>()
        .0
        .iter()
        .map(|[_, _, high, low]| digit(*high) << 4 | digit(*low))
        .collect()
}

/// The batch that an answer says is stored.
fn answer(arguments: &str) -> Option<What> {
    let mut bytes = Vec::new();
    let mut rest = arguments;
    while let Some((piece, after)) = quoted(rest) {
        bytes.extend(piece);
        rest = after;
    }
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_prefix("HTTP/1.1 200")?;
    let (_, rest) = text.split_once(r#""session":""#)?;
    let (session, rest) = rest.split_once(r#"","seq":"#)?;
    let seq = rest.split([',', '}']).next()?.parse().expect("a number");
    Some(What::Answered { session: session.to_owned(), seq })
}
