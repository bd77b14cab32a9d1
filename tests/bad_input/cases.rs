//! The catalogue as it stands in the TOML files, and the bytes that its rows stand for.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;

/// The files, each with the heading that the documentation gives it.
const GROUPS: [(&str, &str); 7] = [
    ("Body and encoding", include_str!("body.toml")),
    ("JSON", include_str!("json.toml")),
    ("Time", include_str!("time.toml")),
    ("Sequence and session", include_str!("session.toml")),
    ("Key, origin, method", include_str!("key.toml")),
    ("Rate and state", include_str!("rate.toml")),
    ("HTTP", include_str!("http.toml")),
];

/// One file of the catalogue.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    #[serde(skip)]
    pub heading: &'static str,
    pub case: Vec<Case>,
}

/// One row.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub id: String,
    /// What is sent.
    pub input: String,
    /// Where our design differs from what one might expect, and why.
    pub note: Option<String>,
    /// Settings that the row needs; it then has a server of its own.
    #[serde(default)]
    pub settings: BTreeMap<String, toml::Value>,
    /// The tests that play what needs a process or a disk of its own.
    #[serde(default)]
    pub played_by: Vec<String>,
    #[serde(default)]
    pub steps: Vec<Step>,
    /// The session of the row is over after it: the good batch goes to another.
    #[serde(default)]
    pub ends_session: bool,
    /// How much more memory than before may be taken while it plays.
    pub peak_mib: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// One request.
    Send(Send),
    /// Many of the same at once. `{n}` in the path is the number of each.
    Parallel(Parallel),
    /// Bytes as they are, on a connection of their own.
    Raw(Raw),
    /// Sends a request and goes away before, or without, the answer.
    HangUp(HangUp),
    /// Requests in one write, on a connection of their own.
    Pipeline(Pipeline),
    /// Many while the store's writer stands still.
    Stalled(Stalled),
    /// The server is told to stop while an upload's head is on its way.
    Stop(Expected),
    AdvanceSeconds(u64),
    /// What follows comes when the disk has no more room, or has it again.
    DiskFull(bool),
    /// The server does what it does once a second.
    CatchUp(bool),
    /// The session of the row is erased.
    Erase(bool),
    /// The row's own connection is paused, or not.
    Pause(bool),
    /// The row's own connection gets another key.
    Revoke(bool),
    /// What the row's own connection takes.
    Rules(RulesOfRow),
    /// What the database says.
    Sql(Sql),
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Send {
    pub method: Option<String>,
    pub path: Option<String>,
    pub headers: Vec<String>,
    pub body: Vec<Piece>,
    /// The whole body is compressed.
    pub gzip: bool,
    /// So many bytes are missing at its end.
    pub cut: usize,
    /// The byte at this distance from its end is wrong.
    pub flip: usize,
    pub chunked: bool,
    #[serde(flatten)]
    pub expected: Expected,
}

/// What comes back.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Expected {
    pub status: u16,
    /// The problem's type; with `|` between them, one of several.
    pub r#type: Option<String>,
    pub retry: Option<String>,
    /// Part of the problem's detail.
    pub detail: Option<String>,
    /// Part of the body.
    pub answer: Option<String>,
    /// One of the header lines, the name in lower case.
    pub header: Option<String>,
    /// The name of a header that must not be there.
    pub no_header: Option<String>,
    /// Smallest and largest of what `Retry-After` may say.
    pub retry_after: Option<(u32, u32)>,
    /// The connection is closed after it.
    pub closes: bool,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Piece {
    pub text: String,
    pub hex: String,
    /// So often one after the other; 0 stands for 1.
    pub times: u64,
    /// `{n}` in the text is the number of the repetition divided by this.
    pub number_by: u64,
    /// This piece is a gzip member of its own.
    pub gzip: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parallel {
    pub times: u64,
    pub send: Send,
    /// How many of the answers hold this.
    #[serde(default)]
    pub answers: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    #[serde(default)]
    pub text: String,
    #[serde(default)]
    pub hex: String,
    /// So often one after the other; 0 stands for 1.
    #[serde(default)]
    pub times: usize,
    /// This is sent again and again, at this interval, until the answer comes.
    pub every_ms: Option<u64>,
    /// The statuses that are right; 0 stands for a connection that is closed without an answer.
    pub statuses: Vec<u16>,
    pub r#type: Option<String>,
    /// The answer's body holds this.
    pub answer: Option<String>,
    /// What must not come back.
    pub never: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HangUp {
    pub send: Send,
    /// How many bytes of it are not sent.
    pub missing: usize,
    /// The reason it is counted by.
    pub counted: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    pub times: u64,
    pub send: Send,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stalled {
    pub times: u64,
    pub send: Send,
    /// How many are refused meanwhile; the others are stored once the writer goes on.
    pub refused: u64,
    pub expected: Expected,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RulesOfRow {
    pub paused: bool,
    pub allowed_origins: Vec<String>,
    pub honour_gpc: bool,
    pub daily_bytes: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sql {
    /// A query of one value. `{session}` stands for the session's row id.
    pub query: String,
    pub gives: String,
}

/// The whole catalogue.
pub fn catalogue() -> Vec<Group> {
    let read = |(heading, text): (&'static str, &str)| {
        let group: Group = toml::from_str(text).unwrap_or_else(|error| panic!("{heading}: {error}"));
        Group { heading, ..group }
    };
    GROUPS.into_iter().map(read).collect()
}

impl Send {
    /// The body as it goes over the wire.
    pub fn body(&self) -> Vec<u8> {
        let mut body = if self.gzip {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            self.body.iter().for_each(|piece| piece.write_to(&mut encoder));
            encoder.finish().expect("memory takes all")
        } else {
            let mut body = Vec::new();
            self.body.iter().for_each(|piece| piece.write_to(&mut body));
            body
        };
        body.truncate(body.len() - self.cut);
        if self.flip > 0 {
            let at = body.len() - self.flip;
            body[at] ^= 1;
        }
        body
    }

    /// The request, for a connection that stays open.
    pub fn request(&self, path: &str) -> Vec<u8> {
        let (method, body) = (self.method.as_deref().unwrap_or("POST"), self.body());
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: test\r\n");
        for header in &self.headers {
            head += &format!("{header}\r\n");
        }
        if !self.chunked {
            let head = format!("{head}Content-Length: {}\r\n\r\n", body.len());
            return [head.into_bytes(), body].concat();
        }
        let mut bytes = format!("{head}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
        for chunk in body.chunks(64 * 1024) {
            bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        [bytes, b"0\r\n\r\n".to_vec()].concat()
    }
}

impl Piece {
    fn write_to(&self, out: &mut impl Write) {
        if self.gzip {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            self.write_plain_to(&mut encoder);
            out.write_all(&encoder.finish().expect("memory takes all")).expect("memory takes all");
        } else {
            self.write_plain_to(out);
        }
    }

    fn write_plain_to(&self, out: &mut impl Write) {
        let once = [self.text.as_bytes(), &unhex(&self.hex)].concat();
        let times = self.times.max(1);
        if self.number_by > 0 {
            let numbers = (0..).flat_map(|number| (0..self.number_by).map(move |_| number));
            for number in numbers.take(usize::try_from(times).expect("small")) {
                let text = self.text.replace("{n}", &u64::to_string(&number));
                out.write_all(text.as_bytes()).expect("memory takes all");
            }
            return;
        }
        // In large parts, so that a GiB of them is soon written.
        let part = usize::try_from(times.min(64 * 1024)).expect("small");
        let many = once.repeat(part);
        let mut left = times;
        while left > 0 {
            let here = usize::try_from(left.min(part as u64)).expect("small");
            out.write_all(&many[..here * once.len()]).expect("memory takes all");
            left -= here as u64;
        }
    }
}

/// The bytes that hexadecimal digits stand for.
pub fn unhex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("digits"))
        .collect()
}
