//! Visits made of bytes: pages that change, and what is done on them.

/// What a page is made of.
const TAGS: [&str; 8] = ["div", "button", "input", "a", "label", "iframe", "span", "style"];

/// Attributes that say what an element is.
const ATTRIBUTES: [&str; 8] = [
    r#""id":"n1""#,
    r#""for":"n1""#,
    r#""type":"checkbox""#,
    r#""contenteditable":"true""#,
    r#""aria-labelledby":"n1 n2""#,
    r#""role":"button","href":"/x""#,
    r#""tabindex":"0","data-testid":"t\"\\""#,
    r#""style":{"color":"red"},"title":null"#,
];

/// Makes the events of a visit: each five bytes are one.
pub fn from_steps(bytes: &[u8]) -> String {
    let mut at = 1_700_000_000_000_i64;
    let mut events = Vec::new();
    for step in bytes.chunks_exact(5) {
        let [kind, one, other, more, time] = [step[0], step[1], step[2], step[3], step[4]];
        at += i64::from(time as i8) * 40;
        events.push(format!(r#"{{{},"timestamp":{at}}}"#, event(kind, one, other, more)));
    }
    format!("[{}]", events.join(","))
}

/// Few ids, so that they meet; some that no page has.
fn id(byte: u8) -> i64 {
    match byte {
        250.. => i64::from(byte) * 1_000_003 - 251_000_000,
        _ => i64::from(byte % 24) - 2,
    }
}

fn event(kind: u8, one: u8, other: u8, more: u8) -> String {
    let (id_one, id_other) = (id(one), id(other));
    let data = match kind % 16 {
        0 => {
            return format!(
                r#""type":2,"data":{{"node":{{"type":0,"childNodes":[{}],"id":{id_one}}}}}"#,
                node(other, more, 3)
            );
        }
        1 => {
            return format!(
                r#""type":4,"data":{{"href":"https://x.example/{one}#{other}","width":{more},"height":1}}"#
            );
        }
        2 => return r#""type":0,"data":{}"#.to_owned(),
        3 => return said(one, other),
        4 => {
            return format!(
                r#""type":6,"data":{{"plugin":"rrweb/console@1","payload":{{"level":"error","payload":["\"Uncaught {one}\"",{other}],"trace":["a"]}}}}"#
            );
        }
        5 => format!(
            r#""source":1,"positions":[{{"x":{one},"y":{other},"id":-1,"timeOffset":-{}}}]"#,
            u32::from(more) * 9
        ),
        6 => format!(r#""source":3,"id":{id_one},"x":{other},"y":-{more}"#),
        7 => format!(
            r#""source":5,"id":{id_one},"text":"{}","isChecked":{}"#,
            "*a\\n".repeat(usize::from(other % 4)),
            more % 2 == 0
        ),
        8 => format!(
            r#""source":14,"ranges":[{{"start":{id_one},"startOffset":{more},"end":{id_other},"endOffset":{more}}}]"#
        ),
        9 => format!(r#""source":4,"width":{one},"height":{other}"#),
        10 => format!(r#""source":2,"type":5,"id":{id_one}"#),
        11 | 12 => format!(
            r#""source":2,"type":{},"id":{id_one},"x":{other},"y":{other},"pointerType":{}"#,
            more % 12,
            more % 3
        ),
        _ => mutation(one, other, more),
    };
    format!(r#""type":3,"data":{{{data}}}"#)
}

fn said(one: u8, other: u8) -> String {
    let words =
        ["prompt", "reply", "feedback", "identify", "navigate", "track", "visibility", "request", "copy"];
    let word = words[usize::from(one) % words.len()];
    format!(
        r#""type":5,"data":{{"tag":"hindsight.{word}","payload":{{"id":"{other}","to":"{other}","text":"é\ud83d","kind":"hash","href":"/{other}","value":-1,"status":{other},"traits":{{"a":[1]}}}}}}"#
    )
}

fn mutation(one: u8, other: u8, more: u8) -> String {
    let (id_one, id_other) = (id(one), id(other));
    let next = if more % 3 == 0 { "null".to_owned() } else { id(more).to_string() };
    let add = format!(r#"{{"parentId":{id_one},"nextId":{next},"node":{}}}"#, node(other, more, 2));
    let lists = [
        format!(r#""removes":[{{"parentId":{id_one},"id":{id_other}}}]"#),
        format!(
            r#""adds":[{add},{{"parentId":{id_other},"nextId":null,"node":{}}}]"#,
            node(one, more / 2, 1)
        ),
        format!(r#""texts":[{{"id":{id_one},"value":"{}"}}]"#, "long ".repeat(usize::from(more))),
        format!(r#""attributes":[{{"id":{id_one},"attributes":{{{}}}}}]"#, ATTRIBUTES[usize::from(more % 8)]),
    ];
    // Some of the lists, in some order.
    let from = usize::from(one % 4);
    let some: Vec<&str> = (0..=usize::from(other % 4)).map(|step| &*lists[(from + step) % 4]).collect();
    format!(r#""source":0,"isAttachIframe":true,{}"#, some.join(","))
}

fn node(byte: u8, more: u8, depth: u8) -> String {
    let id = id(byte);
    if depth == 0 || byte % 5 == 0 {
        return format!(
            r#"{{"type":{},"textContent":"text {byte} \u00e9","childNodes":[],"id":{id}}}"#,
            3 - byte % 2 * 3
        );
    }
    let children: Vec<String> =
        (1..=more % 4).map(|child| node(byte.wrapping_add(child), more / 3, depth - 1)).collect();
    format!(
        r#"{{"type":2,"tagName":"{}","attributes":{{{}}},"isShadow":{},"childNodes":[{}],"id":{id}}}"#,
        TAGS[usize::from(byte % 8)],
        ATTRIBUTES[usize::from(more % 8)],
        more % 7 == 0,
        children.join(",")
    )
}
