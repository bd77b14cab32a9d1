//! Markdown cut at its headings, and each part into sentences and list items.
//!
//! What is kept is the Markdown that answers are written in: links, lists, emphasis and
//! code. Pictures, tables and HTML become text or nothing.

use std::fmt::Write;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::super::piece::is_link;

/// A part of a file below one heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// The headings that it stands below, outermost first, without that of the file.
    pub heading: Vec<String>,
    /// Its text.
    pub units: Vec<Unit>,
}

/// What is quoted whole or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// What it is.
    pub kind: Kind,
    /// As it is quoted.
    pub markdown: String,
}

/// What a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A sentence, and whether a paragraph begins with it.
    Sentence {
        /// Whether it does.
        opens: bool,
    },
    /// An entry of a list, or a row of a table.
    Item,
    /// A block of code.
    Code,
}

/// Sentences do not end in these.
const ABBREVIATIONS: [&str; 24] = [
    "e.g", "i.e", "etc", "approx", "no", "nr", "vs", "dr", "mr", "mrs", "ms", "st", "z.b", "d.h", "bzw",
    "ca", "inkl", "usw", "p.ex", "env", "max", "min", "tel", "art",
];

/// Cuts a file; returns the text of its first heading of the first level as well.
pub fn split(text: &str) -> (Option<String>, Vec<Part>) {
    let mut cutter = Cutter::default();
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    for event in Parser::new_ext(text, options) {
        cutter.take(event);
    }
    cutter.end_part();
    (cutter.title, cutter.parts)
}

#[derive(Default)]
struct Cutter {
    title: Option<String>,
    parts: Vec<Part>,
    /// The headings above, by their levels.
    above: Vec<(HeadingLevel, String)>,
    units: Vec<Unit>,
    /// The Markdown of what is being read.
    line: String,
    opens: bool,
    /// How many marks of emphasis and links are open: a sentence is not cut within them.
    open: usize,
    /// How lists that are open number their entries.
    lists: Vec<Option<u64>>,
    in_heading: bool,
    in_code: bool,
    in_html: bool,
    in_picture: bool,
    /// The links that are open; `None` for one that leads nowhere that is shown.
    links: Vec<Option<String>>,
}

impl Cutter {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(_) | Event::Code(_) if self.in_html || self.in_picture => {}
            Event::Text(text) if self.in_code => self.line.push_str(&text),
            Event::Text(text) => self.text(&text),
            Event::Code(code) => drop(write!(self.line, "`{}`", code.replace('`', "'"))),
            Event::SoftBreak | Event::HardBreak => self.text(" "),
            Event::Rule => self.end_sentence(),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.end_part();
                self.above.retain(|(above, _)| *above < level);
                self.in_heading = true;
            }
            Tag::Paragraph | Tag::TableRow => {
                // A second paragraph of an entry belongs to it.
                if self.line.is_empty() { self.opens = true } else { self.line.push(' ') }
            }
            Tag::List(first) => {
                self.end_item();
                self.lists.push(first);
            }
            Tag::Item => self.end_item(),
            Tag::CodeBlock(kind) => {
                self.end_item();
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                let language: String = language.chars().take_while(|char| char.is_alphanumeric()).collect();
                self.line = format!("```{language}\n");
                self.in_code = true;
            }
            Tag::HtmlBlock => self.in_html = true,
            Tag::Image { .. } => self.in_picture = true,
            Tag::Emphasis => self.mark("*"),
            Tag::Strong => self.mark("**"),
            Tag::Link { dest_url, .. } => {
                let link =
                    (is_link(&dest_url) || dest_url.starts_with("mailto:")).then(|| dest_url.to_string());
                if link.is_some() {
                    self.line.push('[');
                }
                self.open += 1;
                self.links.push(link);
            }
            Tag::TableHead => self.in_picture = true,
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => self.end_heading(level),
            TagEnd::Paragraph if self.lists.is_empty() => self.end_sentence(),
            TagEnd::Item | TagEnd::TableRow => self.end_item(),
            TagEnd::List(_) => {
                self.end_item();
                self.lists.pop();
            }
            TagEnd::CodeBlock => {
                self.in_code = false;
                if !self.line.ends_with('\n') {
                    self.line.push('\n');
                }
                self.line.push_str("```");
                self.push(Kind::Code);
            }
            TagEnd::HtmlBlock => self.in_html = false,
            TagEnd::Image => self.in_picture = false,
            // The names of columns are no words of an answer.
            TagEnd::TableHead => self.in_picture = false,
            TagEnd::TableCell if !self.in_picture => self.line.push_str(" · "),
            TagEnd::Emphasis => self.unmark("*"),
            TagEnd::Strong => self.unmark("**"),
            TagEnd::Link => {
                self.open = self.open.saturating_sub(1);
                if let Some(Some(url)) = self.links.pop() {
                    let _ = write!(self.line, "]({})", url.replace(')', "%29").replace(' ', "%20"));
                }
            }
            _ => {}
        }
    }

    fn mark(&mut self, mark: &str) {
        self.line.push_str(mark);
        self.open += 1;
    }

    fn unmark(&mut self, mark: &str) {
        self.line.push_str(mark);
        self.open = self.open.saturating_sub(1);
    }

    fn text(&mut self, text: &str) {
        let cuts = self.lists.is_empty() && self.open == 0 && !self.in_heading;
        for char in text.chars() {
            if cuts && char.is_whitespace() && ends_sentence(&self.line) {
                self.end_sentence();
            }
            match char {
                '*' | '`' | '[' => self.line.extend(['\\', char]),
                char if char.is_whitespace() => {
                    if !self.line.is_empty() && !self.line.ends_with(' ') {
                        self.line.push(' ');
                    }
                }
                char if char.is_control() => {}
                char => self.line.push(char),
            }
        }
    }

    fn end_heading(&mut self, level: HeadingLevel) {
        self.in_heading = false;
        let text = std::mem::take(&mut self.line).trim().to_owned();
        if level == HeadingLevel::H1 && self.title.is_none() {
            self.title = Some(text);
        } else {
            self.above.push((level, text));
        }
    }

    fn end_sentence(&mut self) {
        let opens = std::mem::take(&mut self.opens);
        self.push(Kind::Sentence { opens });
    }

    /// Ends what is being read, whatever it is.
    fn end_item(&mut self) {
        let trimmed = self.line.trim_end_matches([' ', '·']).len();
        self.line.truncate(trimmed);
        if self.line.is_empty() {
            return;
        }
        let bullet = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{}. ", *number - 1)
            }
            _ => "- ".to_owned(),
        };
        self.line.insert_str(0, &bullet);
        self.push(Kind::Item);
    }

    fn push(&mut self, kind: Kind) {
        let markdown = std::mem::take(&mut self.line).trim_end().to_owned();
        if !markdown.is_empty() {
            self.units.push(Unit { kind, markdown });
        }
    }

    fn end_part(&mut self) {
        self.end_sentence();
        if self.units.is_empty() {
            return;
        }
        let heading = self.above.iter().map(|(_, text)| text.clone()).collect();
        self.parts.push(Part { heading, units: std::mem::take(&mut self.units) });
    }
}

fn ends_sentence(line: &str) -> bool {
    let bare = line.trim_end_matches(['"', '\'', ')', '”', '»']);
    if bare.ends_with(['!', '?', '…']) {
        return true;
    }
    let Some(before) = bare.strip_suffix('.') else { return false };
    let word = before.rsplit([' ', '(']).next().unwrap_or_default().to_lowercase();
    let is_number = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) && word.len() <= 2;
    word.chars().count() > 1 && !is_number && !ABBREVIATIONS.contains(&&*word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str) -> Vec<String> {
        let (_, parts) = split(text);
        parts.into_iter().flat_map(|part| part.units).map(|unit| unit.markdown).collect()
    }

    #[test]
    fn a_file_is_cut_at_its_headings() {
        let (title, parts) =
            split("Before.\n# Help\nIn.\n## Post\nA.\n### Abroad\nB.\n## Returns\nC.\n# More\nD.\n");
        assert_eq!(title.as_deref(), Some("Help"));
        let headings: Vec<String> = parts.iter().map(|part| part.heading.join("/")).collect();
        assert_eq!(headings, ["", "", "Post", "Post/Abroad", "Returns", "More"]);
    }

    #[test]
    fn paragraphs_are_cut_into_sentences() {
        let text = "We post it, e.g. by ship, within 3.5 days. Is it late? Write to **Ms. A. Byrne. Or not.** us.\nBye (soon.) Yes!";
        let expected = [
            "We post it, e.g. by ship, within 3.5 days.",
            "Is it late?",
            "Write to **Ms. A. Byrne. Or not.** us.",
            "Bye (soon.)",
            "Yes!",
        ];
        assert_eq!(units(text), expected);
    }

    #[test]
    fn only_what_answers_are_written_in_is_left() {
        let text = "A [link](https://x.example/a) and [none](javascript:x), ![a picture](x.png) <b onclick=x>bold</b> `code` 2 * 2 [x].\n\n\
            <script>alert(1)</script>\n\n1. one\n2. two\n   - deep\n3. three\n\n   more\n\n\
            | Way | Price |\n|---|---|\n| Post | €5 |\n\n```sh\nls\n```\n";
        let expected = [
            "A [link](https://x.example/a) and none, bold `code` 2 \\* 2 \\[x].",
            "1. one",
            "2. two",
            "- deep",
            "3. three more",
            "- Post · €5",
            "```sh\nls\n```",
        ];
        assert_eq!(units(text), expected);
    }
}
