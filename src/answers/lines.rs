//! Streamed replies as messages: a line of JSON each, or server-sent events.

use super::Failure;
use super::outgoing::Reply;

/// How messages are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One on each line.
    Lines,
    /// The `data` of each event.
    Events,
}

/// The messages of a reply as they come.
pub struct Messages {
    reply: Reply,
    form: Form,
    splitter: Splitter,
}

impl Messages {
    /// Reads a reply.
    pub fn of(reply: Reply, form: Form) -> Self {
        Self { reply, form, splitter: Splitter::default() }
    }

    /// The next message; `None` at the end. Empty ones are left out.
    pub async fn next(&mut self) -> Result<Option<String>, Failure> {
        loop {
            while let Some(line) = self.splitter.line()? {
                if let Some(message) = self.splitter.message(self.form, line) {
                    return Ok(Some(message));
                }
            }
            match self.reply.chunk().await? {
                Some(bytes) => self.splitter.waiting.extend_from_slice(&bytes),
                None if self.splitter.is_over => return Ok(None),
                None => {
                    // A last line, and a last event, may lack their ends.
                    self.splitter.is_over = true;
                    self.splitter.waiting.extend_from_slice(b"\n\n");
                }
            }
        }
    }
}

#[derive(Default)]
struct Splitter {
    waiting: Vec<u8>,
    /// How much of `waiting` is known to hold no end of a line.
    looked_at: usize,
    data: String,
    is_over: bool,
}

impl Splitter {
    fn line(&mut self) -> Result<Option<String>, Failure> {
        let Some(end) = memchr::memchr(b'\n', &self.waiting[self.looked_at..]) else {
            self.looked_at = self.waiting.len();
            return Ok(None);
        };
        let mut line: Vec<u8> = self.waiting.drain(..=self.looked_at + end).collect();
        self.looked_at = 0;
        line.pop();
        line.pop_if(|last| *last == b'\r');
        let not_utf8 = |_| Failure::NotUnderstood("it is not UTF-8".to_owned());
        String::from_utf8(line).map(Some).map_err(not_utf8)
    }

    /// What a line completes.
    fn message(&mut self, form: Form, line: String) -> Option<String> {
        match form {
            Form::Lines => Some(line).filter(|line| !line.trim().is_empty()),
            Form::Events if line.is_empty() => {
                let data = std::mem::take(&mut self.data);
                Some(data).filter(|data| !data.trim().is_empty())
            }
            Form::Events => {
                if let Some(value) = line.strip_prefix("data:") {
                    if !self.data.is_empty() {
                        self.data.push('\n');
                    }
                    self.data.push_str(value.strip_prefix(' ').unwrap_or(value));
                }
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(form: Form, chunks: &[&str]) -> Vec<String> {
        let mut splitter = Splitter::default();
        let mut messages = Vec::new();
        for chunk in chunks {
            splitter.waiting.extend_from_slice(chunk.as_bytes());
            while let Some(line) = splitter.line().expect("UTF-8") {
                messages.extend(splitter.message(form, line));
            }
        }
        messages
    }

    #[test]
    fn messages_may_come_in_any_pieces() {
        let lines = "{\"a\":1}\r\n\n{\"b\":\"ü\"}\n";
        let events = ": hello\nevent: x\ndata: one\ndata: two\n\ndata:three\nid: 5\n\n\n";
        for (form, text, expected) in [
            (Form::Lines, lines, ["{\"a\":1}", "{\"b\":\"ü\"}"]),
            (Form::Events, events, ["one\ntwo", "three"]),
        ] {
            assert_eq!(read(form, &[text]), expected);
            let chars: Vec<String> = text.chars().map(String::from).collect();
            let chars: Vec<&str> = chars.iter().map(String::as_str).collect();
            assert_eq!(read(form, &chars), expected);
        }
    }
}
