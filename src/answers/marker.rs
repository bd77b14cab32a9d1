//! What a model says before its answer: whether it knows, and which passages it goes by.
//!
//! It is told to begin with a line such as `[[KNOWN 1 3]]` or `[[UNKNOWN]]`, which visitors
//! never see. Models put it into quotes, add stars to it, go on on the same line, think
//! aloud before it, or forget it: all of that is read, and a model that says nothing of the
//! kind counts as one that answers.

/// The words of the line.
pub const KNOWN: &str = "KNOWN";
pub const UNKNOWN: &str = "UNKNOWN";

/// No such line is longer; what is longer without one is the answer.
const MAX_MARKER_CHARS: usize = 80;

/// What models write around what they think.
const THOUGHTS: [(&str, &str); 2] = [("<think>", "</think>"), ("<thinking>", "</thinking>")];

/// What was said before the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The model says that it does not know.
    pub is_unknown: bool,
    /// The passages that it names, by their numbers.
    pub passages: Vec<usize>,
}

/// Takes the line off a stream of text.
#[derive(Debug, Default)]
pub struct Opening {
    waiting: String,
    verdict: Option<Verdict>,
}

impl Opening {
    /// What of the answer may be shown once this has come as well.
    pub fn push(&mut self, text: &str) -> String {
        if self.verdict.is_some() {
            return text.to_owned();
        }
        self.waiting.push_str(text);
        self.settle(false)
    }

    /// The rest of the answer, and what the model said of it.
    pub fn finish(mut self) -> (String, Verdict) {
        let rest = if self.verdict.is_none() { self.settle(true) } else { String::new() };
        (rest, self.verdict.unwrap_or_default())
    }

    /// Looks whether it is decided what the answer begins with.
    fn settle(&mut self, is_over: bool) -> String {
        let Some(start) = after_thoughts(&self.waiting, is_over) else { return String::new() };
        let answer = &self.waiting[start..];
        let (verdict, rest) = match read(answer, is_over) {
            Read::Marker(verdict, rest) => (verdict, rest.trim_start()),
            Read::Undecided => return String::new(),
            Read::Nothing => (Verdict::default(), answer.trim_start()),
        };
        let rest = rest.to_owned();
        // White space between the line and the answer may still be on its way.
        if rest.is_empty() && !is_over {
            return rest;
        }
        self.verdict = Some(verdict);
        self.waiting.clear();
        rest
    }
}

/// Where the answer begins; `None` while it is not known.
fn after_thoughts(text: &str, is_over: bool) -> Option<usize> {
    let blank = text.len() - text.trim_start().len();
    let begun = &text[blank..];
    for (open, close) in THOUGHTS {
        if begun.starts_with(open) {
            let end = begun.find(close).map(|end| blank + end + close.len());
            return end.or(is_over.then_some(text.len()));
        }
        if !is_over && open.starts_with(begun) {
            return None;
        }
    }
    Some(blank)
}

enum Read<'a> {
    Marker(Verdict, &'a str),
    Undecided,
    Nothing,
}

fn read(text: &str, is_over: bool) -> Read<'_> {
    let is_wrapping = |char: char| char.is_whitespace() || "*_`\"'“#>-".contains(char);
    let begun = text.trim_start_matches(is_wrapping);
    let undecided = if is_over { Read::Nothing } else { Read::Undecided };
    if begun.len() < 2 {
        let may_be = begun.is_empty() || begun == "[";
        return if may_be && text.chars().count() <= MAX_MARKER_CHARS { undecided } else { Read::Nothing };
    }
    let Some(inside) = begun.strip_prefix("[[") else { return Read::Nothing };
    let Some(end) = inside.find("]]") else {
        let may_be = inside.chars().count() <= MAX_MARKER_CHARS && !inside.contains('\n');
        return if may_be { undecided } else { Read::Nothing };
    };
    let words = inside[..end].to_uppercase();
    let mut words = words.split(|char: char| !char.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let is_unknown = match words.next() {
        Some(KNOWN) => false,
        Some(UNKNOWN) => true,
        _ => return Read::Nothing,
    };
    let passages = words.filter_map(|word| word.parse().ok()).collect();
    let rest = inside[end + 2..].trim_start_matches(['*', '_', '`', '"', '\'', '”']);
    Read::Marker(Verdict { is_unknown, passages }, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_in(pieces: &[&str]) -> (String, Verdict) {
        let mut opening = Opening::default();
        let shown: String = pieces.iter().map(|piece| opening.push(piece)).collect();
        let (rest, verdict) = opening.finish();
        (shown + &rest, verdict)
    }

    #[test]
    fn the_line_is_read_however_a_model_writes_it() {
        let known = |passages: &[usize]| Verdict { is_unknown: false, passages: passages.to_vec() };
        let unknown = Verdict { is_unknown: true, passages: Vec::new() };
        let rows = [
            ("[[KNOWN 1 3]]\nWe post it.", "We post it.", known(&[1, 3])),
            ("[[known: 2]] We post it.", "We post it.", known(&[2])),
            ("**[[KNOWN 1,2]]**\n\nWe **post** it.", "We **post** it.", known(&[1, 2])),
            ("`[[UNKNOWN]]`\nI do not know.", "I do not know.", unknown.clone()),
            ("[[UNKNOWN]]", "", unknown.clone()),
            ("<think>\nHm. [[KNOWN]]?\n</think>\n\n[[UNKNOWN]]\nSorry.", "Sorry.", unknown),
            ("We post it.\n[[KNOWN]]", "We post it.\n[[KNOWN]]", known(&[])),
            ("[A link](https://x.example) helps.", "[A link](https://x.example) helps.", known(&[])),
            ("[[wiki]] pages", "[[wiki]] pages", known(&[])),
            ("- one\n- two", "- one\n- two", known(&[])),
            ("**Yes.** We do.", "**Yes.** We do.", known(&[])),
            ("<think>never ends", "", known(&[])),
            ("[", "[", known(&[])),
        ];
        for (text, shown, verdict) in rows {
            assert_eq!(read_in(&[text]), (shown.to_owned(), verdict.clone()), "{text}");
            let chars: Vec<String> = text.chars().map(String::from).collect();
            let chars: Vec<&str> = chars.iter().map(String::as_str).collect();
            assert_eq!(read_in(&chars), (shown.to_owned(), verdict), "{text}, in pieces");
        }
    }

    #[test]
    fn an_answer_without_the_line_is_not_held_up() {
        let mut opening = Opening::default();
        assert_eq!(opening.push("We po"), "We po");
        assert_eq!(opening.push("st it."), "st it.");
    }
}
