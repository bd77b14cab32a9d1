//! Stylesheets that a recorder could not read.
//!
//! A browser lets no page read a stylesheet of another site that does not allow it. rrweb
//! leaves the link to such a one as it is, where it puts the text of others in its place;
//! one that is still loading gets its text later, by a mutation.

use std::collections::BTreeMap;

use super::Event;
use super::event::{kind, source};
use super::tokens::{Token, Tokens, unescaped};

/// So many are kept.
const MOST: usize = 20;

/// Longer addresses are not kept.
const MOST_URL_BYTES: usize = 500;

/// The text of a stylesheet, as rrweb calls it.
const TEXT: &str = "_cssText";

/// Looks for them in one stream.
#[derive(Debug, Default)]
pub struct UnreadSheets {
    /// By the link's id.
    links: BTreeMap<i64, String>,
    is_open: bool,
}

/// A link to a stylesheet whose id is still to come.
struct Link {
    depth: usize,
    href: String,
}

impl UnreadSheets {
    /// Takes the stream's next event in.
    pub fn read(&mut self, event: &Event<'_>) {
        let is_mutation = event.kind == kind::INCREMENTAL && event.source == Some(source::MUTATION);
        if event.kind == kind::FULL_SNAPSHOT && !self.is_open {
            self.is_open = true;
            self.read_snapshot(event.data);
        } else if is_mutation && !self.links.is_empty() && event.data.contains(TEXT) {
            self.read_mutation(event.data);
        }
    }

    /// The addresses that are left.
    pub fn finish(self) -> impl Iterator<Item = String> {
        self.links.into_values()
    }

    fn read_snapshot(&mut self, data: &str) {
        let mut tokens = Tokens::new(data, 0);
        let (mut depth, mut is_link, mut waiting): (usize, bool, Vec<Link>) = (0, false, Vec::new());
        while let Some(token) = tokens.next() {
            match token {
                Token::Object | Token::Array => depth += 1,
                Token::Close => {
                    depth = depth.saturating_sub(1);
                    waiting.retain(|link| link.depth <= depth);
                }
                Token::Key(key) => match key.of(data) {
                    "tagName" => {
                        is_link = matches!(tokens.next(), Some(Token::Text(tag)) if tag.of(data) == "link");
                    }
                    "attributes" if is_link => {
                        is_link = false;
                        let href = unread(data, &mut tokens);
                        waiting.extend(href.map(|href| Link { depth, href }));
                    }
                    "id" if waiting.last().is_some_and(|link| link.depth == depth) => {
                        let id = match tokens.next() {
                            Some(Token::Other(id)) => id.of(data).parse().ok(),
                            _ => None,
                        };
                        if let (Some(id), Some(link)) = (id, waiting.pop())
                            && self.links.len() < MOST
                        {
                            self.links.insert(id, link.href);
                        }
                    }
                    _ => {}
                },
                Token::Text(_) | Token::Other(_) => {}
            }
        }
    }

    fn read_mutation(&mut self, data: &str) {
        let Ok(value) = serde_json::from_str::<serde_json::Value>(data) else { return };
        for change in value["attributes"].as_array().into_iter().flatten() {
            if let (Some(id), true) = (change["id"].as_i64(), change["attributes"][TEXT].is_string()) {
                self.links.remove(&id);
            }
        }
    }
}

/// The address of a stylesheet whose text is not there, from the attributes of its link.
fn unread(data: &str, tokens: &mut Tokens<'_>) -> Option<String> {
    if tokens.next() != Some(Token::Object) {
        return None;
    }
    let (mut is_sheet, mut has_text, mut href) = (false, false, None);
    while let Some(Token::Key(key)) = tokens.next() {
        let name = key.of(data);
        let value = match tokens.next() {
            Some(Token::Text(value)) => unescaped(value.of(data)),
            Some(Token::Object | Token::Array) => {
                tokens.skip_rest();
                continue;
            }
            _ => continue,
        };
        match name {
            "rel" => {
                is_sheet = value.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("stylesheet"))
            }
            "href" => href = Some(value.into_owned()),
            TEXT => has_text = true,
            _ => {}
        }
    }
    href.filter(|href| {
        is_sheet && !has_text && !href.is_empty() && href.len() <= MOST_URL_BYTES && !href.contains('\n')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rrweb::{Limits, events};

    const LIMITS: Limits = Limits { depth: 100, events: 100, event_bytes: 10_000 };

    fn left(batch: &str) -> Vec<String> {
        let mut sheets = UnreadSheets::default();
        for event in events(batch, &LIMITS).expect("a batch") {
            sheets.read(&event);
        }
        sheets.finish().collect()
    }

    fn snapshot(links: &str) -> String {
        format!(
            r#"{{"type":2,"data":{{"node":{{"type":0,"childNodes":[{{"type":2,"tagName":"html","attributes":{{}},"childNodes":[{links}],"id":2}}],"id":1}},"initialOffset":{{"left":0,"top":0}}}},"timestamp":1}}"#
        )
    }

    fn link(id: i64, attributes: &str) -> String {
        format!(r#"{{"type":2,"tagName":"link","attributes":{{{attributes}}},"childNodes":[],"id":{id}}}"#)
    }

    #[test]
    fn links_to_stylesheets_without_their_text_are_found() {
        let links = [
            link(3, r#""rel":"stylesheet","href":"https://cdn.example/a.css""#),
            link(4, r#""_cssText":"a{}""#),
            link(5, r#""rel":"preload","href":"https://cdn.example/b.js""#),
            link(6, r#""href":"https:\/\/cdn.example\/late.css","rel":"alternate StyleSheet""#),
        ];
        let first = snapshot(&links.join(","));
        assert_eq!(
            left(&format!("[{first}]")),
            ["https://cdn.example/a.css", "https://cdn.example/late.css"]
        );
        let late = r#"{"type":3,"data":{"source":0,"texts":[],"removes":[],"adds":[],"attributes":[{"id":6,"attributes":{"_cssText":"b{}"}}]},"timestamp":2}"#;
        assert_eq!(left(&format!("[{first},{late}]")), ["https://cdn.example/a.css"]);
        assert_eq!(left(&format!("[{}]", snapshot(""))), Vec::<String>::new());
    }
}
