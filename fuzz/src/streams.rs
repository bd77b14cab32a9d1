//! Streams made of bytes: batches of events with times, gaps, pages and stylesheets.

/// One batch, and between which times its events are said to have happened.
#[derive(Debug)]
pub struct Batch {
    /// Its place in the stream.
    pub seq: i64,
    /// A JSON array of events.
    pub json: String,
    /// The earliest and the latest time.
    pub times: (i64, i64),
}

/// The largest stream, in bytes of JSON: what is larger takes long and shows no more.
const MOST_BYTES: usize = 6_000_000;

const START: i64 = 1_700_000_000_000;

/// Makes batches of numbered steps: each four bytes are an event.
pub fn from_steps(bytes: &[u8]) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    let mut at = START;
    let mut total = 0;
    for (number, chunk) in bytes.chunks_exact(4).enumerate() {
        let [kind, size, time, batch] = [chunk[0], chunk[1], chunk[2], chunk[3]];
        at += i64::from(time as i8) * 1000;
        let event = event(kind, size, at, number);
        total += event.len();
        if total > MOST_BYTES {
            break;
        }
        let step = [0, 0, 0, 1, 1, 2, 9][usize::from(batch % 7)];
        match batches.last_mut() {
            Some(last) if step == 0 => last.json.extend([",", &event]),
            last => {
                let seq = last.map_or(i64::from(batch), |last| last.seq + step.max(1));
                batches.push(Batch { seq, json: format!("[{event}"), times: times(batch, at) });
            }
        }
    }
    for batch in &mut batches {
        batch.json.push(']');
    }
    batches
}

/// What clocks say of a batch: nothing, the truth, or less than it takes.
fn times(choice: u8, at: i64) -> (i64, i64) {
    match choice / 7 % 4 {
        0 | 1 => (i64::MIN, i64::MAX),
        2 => (at - 5000, at + 5000),
        _ => (START, START - 1),
    }
}

fn event(kind: u8, size: u8, at: i64, number: usize) -> String {
    let filling = "x".repeat(match size {
        0..100 => usize::from(size),
        100..230 => usize::from(size) * 8,
        // What fills a segment takes a while: there is little of it.
        230..250 => 70_000,
        250..253 => 900_000,
        _ => 2_200_000,
    });
    let data = match kind % 8 {
        0 => return format!(r#"{{ "timestamp" : {at}.0 ,"type":1, "x":"{filling}"}}"#),
        1 => {
            return format!(
                r#"{{"type":4,"data":{{"href":"https://x.example/{filling}"}},"timestamp":{at}}}"#
            );
        }
        2 => format!(r#"2,"data":{{"node":{{"id":{number},"x":"{filling}"}}}}"#),
        3 => format!(r#"2,"data":{{"node":{{"id":1,"_cssText":"a{{b:c}}{filling}"}}}}"#),
        4 => format!(r#"2,"data":{{"node":{{"id":1,"_cssText":"{number}{filling}\"_cssText\":\""}}}}"#),
        5 => format!(r#"3,"data":{{"source":0,"_cssText":"hindsight-style:{filling}","_cssText":""}}"#),
        6 => format!(r#"3,"data":{{"source":2,"\"_cssText":"{filling}\\"}}"#),
        _ => format!(r#"3,"data":{{"source":{},"x":"{filling}"}}"#, number % 16),
    };
    format!(r#"{{"type":{data},"timestamp":{at}}}"#)
}
