//! Markdown of plugins as HTML that can do no harm.
//!
//! A plugin's words may quote what a visitor typed, so nothing in them is trusted: HTML
//! is shown as text, pictures as their description, and a link leads to `http` and
//! `https` only. Headings begin at the second level, since a page has a title of its own.

use pulldown_cmark::{Alignment, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use url::Url;

const LEVELS: [HeadingLevel; 6] = [
    HeadingLevel::H1,
    HeadingLevel::H2,
    HeadingLevel::H3,
    HeadingLevel::H4,
    HeadingLevel::H5,
    HeadingLevel::H6,
];

/// What of Markdown is read beyond CommonMark.
pub const OPTIONS: Options = Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH);

/// Markdown as HTML.
pub fn to_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut link_is_open = false;
    let top = top_heading(text);
    let events = Parser::new_ext(text, OPTIONS).filter_map(|event| harmless(event, top, &mut link_is_open));
    html::push_html(&mut out, events);
    out
}

/// The highest heading that the text has.
fn top_heading(text: &str) -> HeadingLevel {
    let headings = Parser::new_ext(text, OPTIONS).filter_map(|event| match event {
        Event::Start(Tag::Heading { level, .. }) => Some(level),
        _ => None,
    });
    headings.min().unwrap_or(HeadingLevel::H1)
}

fn harmless<'a>(event: Event<'a>, top: HeadingLevel, link_is_open: &mut bool) -> Option<Event<'a>> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        Event::Start(Tag::Link { dest_url, .. }) => {
            let tag = opening(&dest_url);
            *link_is_open = tag.is_some();
            tag.map(|tag| Event::Html(CowStr::from(tag)))
        }
        // Links do not stand in links, so one flag is enough.
        Event::End(TagEnd::Link) => std::mem::take(link_is_open).then(|| Event::Html(CowStr::from("</a>"))),
        Event::Start(Tag::Heading { level, .. }) => Some(Event::Start(Tag::Heading {
            level: lowered(level, top),
            id: None,
            classes: vec![],
            attrs: vec![],
        })),
        Event::End(TagEnd::Heading(level)) => Some(Event::End(TagEnd::Heading(lowered(level, top)))),
        // Alignment would be written as a style, which the pages' policy does not allow.
        Event::Start(Tag::Table(columns)) => {
            Some(Event::Start(Tag::Table(columns.into_iter().map(|_| Alignment::None).collect())))
        }
        other => Some(other),
    }
}

/// The tag that opens a link. A parsed URL has no quote and no bracket left in it.
fn opening(address: &str) -> Option<String> {
    let url = Url::parse(address).ok().filter(|url| ["http", "https"].contains(&url.scheme()))?;
    let href = url.as_str().replace('&', "&amp;").replace('"', "%22");
    Some(format!("<a class=\"link\" href=\"{href}\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">"))
}

/// Where a heading stands in the page when the highest of its text comes right below the page's title.
fn lowered(level: HeadingLevel, top: HeadingLevel) -> HeadingLevel {
    LEVELS[(level as usize - top as usize + 1).min(LEVELS.len() - 1)]
}

/// What was text may be HTML once what stood around it is none. Nobody writes this deep.
const MOST_PASSES: usize = 8;

/// Markdown for files that somebody else's program will render: the HTML in it is text,
/// pictures are links, since a picture would tell who reads, and a link leads to the web or
/// is text. Nothing else is changed.
pub fn without_html(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..MOST_PASSES {
        let less = with_less_html(&text);
        if less == text {
            return text;
        }
        text = less;
    }
    text.replace('<', "&lt;")
}

fn with_less_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut taken = 0;
    for (event, range) in Parser::new_ext(text, OPTIONS).into_offset_iter() {
        if range.start < taken {
            continue;
        }
        match event {
            Event::Html(_) | Event::InlineHtml(_) => {
                out.push_str(&text[taken..range.start]);
                out.push_str(&text[range.clone()].replace('<', "&lt;"));
                taken = range.end;
            }
            Event::Start(tag) if is_more_than_text(&tag) => {
                out.push_str(&text[taken..range.start]);
                let is_bare = text[range.start..].starts_with('<');
                out.push_str(if is_bare { "&lt;" } else { "\\" });
                taken = range.start + usize::from(is_bare);
            }
            _ => {}
        }
    }
    out.push_str(&text[taken..]);
    out
}

/// Whether it is a picture, or leads elsewhere than to a page.
fn is_more_than_text(tag: &Tag<'_>) -> bool {
    let leads_to_a_page = |address: &str| {
        Url::parse(address).map_or(true, |url| ["http", "https", "mailto"].contains(&url.scheme()))
    };
    match tag {
        Tag::Image { .. } => true,
        Tag::Link { dest_url, .. } => !leads_to_a_page(dest_url),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_markdown_becomes_html() {
        assert_eq!(
            to_html("# Title\n\nFive **rage** clicks on `#pay`.\n\n- one\n- two"),
            "<h2>Title</h2>\n<p>Five <strong>rage</strong> clicks on <code>#pay</code>.</p>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n"
        );
    }

    #[test]
    fn headings_begin_below_the_title_of_the_page() {
        assert_eq!(to_html("## A\n\n### B\n\n## C"), "<h2>A</h2>\n<h3>B</h3>\n<h2>C</h2>\n");
        assert_eq!(to_html("# A\n\n###### B"), "<h2>A</h2>\n<h6>B</h6>\n");
    }

    #[test]
    fn html_is_shown_as_text() {
        for text in ["<script>alert(1)</script>", "a <img src=x onerror=alert(1)> b", "<!-- x -->\n\ny"] {
            let html = to_html(text);
            assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("<!--"), "{html}");
            assert!(html.contains("&lt;"), "{html}");
        }
    }

    #[test]
    fn links_lead_to_the_web_only() {
        let html = to_html("[a](https://example.org/?q=1&r=\"2\" \"t\") <https://example.org>");
        assert!(html.contains("href=\"https://example.org/?q=1&amp;r=%222%22\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">a</a>"), "{html}");
        for address in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "/storage",
            "file:///etc/passwd",
        ] {
            let html = to_html(&format!("see [the words]({address})"));
            assert_eq!(html, "<p>see the words</p>\n");
        }
        assert_eq!(to_html("![a picture](https://example.org/x.png)"), "<p>a picture</p>\n");
    }

    #[test]
    fn a_file_keeps_its_markdown_and_loses_its_html() {
        assert_eq!(without_html("# A\n\n<b>x</b> `<b>` *y*\n"), "# A\n\n&lt;b>x&lt;/b> `<b>` *y*\n");
        for (link, text) in [
            ("[a](javascript:b) [c](https://d.example)", "\\[a](javascript:b) [c](https://d.example)"),
            ("![a](https://b.example/c.png)", "\\![a](https://b.example/c.png)"),
            ("<javascript:a>", "&lt;javascript:a>"),
            ("[a][b]\n\n[b]: data:text/html,c", "\\[a]\\[b]\n\n[b]: data:text/html,c"),
        ] {
            assert_eq!(without_html(link), text);
        }
        let block = "<div>\n<script>\n</div>\n\nend";
        assert_eq!(without_html(block), "&lt;div>\n&lt;script>\n&lt;/div>\n\nend");
    }

    /// What Markdown can make; everything else is text.
    const TAGS: [&str; 25] = [
        "a",
        "p",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "em",
        "strong",
        "del",
        "code",
        "pre",
        "blockquote",
        "hr",
        "br",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "sup",
    ];

    /// The tags of HTML, each from its name to its end.
    fn tags(html: &str) -> impl Iterator<Item = &str> {
        html.split('<').skip(1).map(|rest| rest.trim_start_matches('/').split('>').next().unwrap_or_default())
    }

    proptest! {
        #[test]
        fn whatever_is_written_only_known_tags_come_out(text in "[-a-z<>/\"'=:;()!&`*_#|\\[\\]\\\\ \n]{0,200}|\\PC{0,100}") {
            let html = to_html(&text);
            for tag in tags(&html) {
                let (name, attributes) = tag.split_once([' ', '/']).unwrap_or((tag, ""));
                prop_assert!(TAGS.contains(&name), "{tag:?} in {html:?}");
                for handler in ["on", "style", "src"] {
                    prop_assert!(!attributes.split(' ').any(|each| each.starts_with(handler)), "{tag:?}");
                }
            }
        }

        #[test]
        fn a_file_has_no_html_left(text in "[a-z<>/!\"=` \n-]{0,200}") {
            let events = Parser::new_ext(&without_html(&text), OPTIONS).filter(|event| {
                matches!(event, Event::Html(_) | Event::InlineHtml(_))
            }).count();
            prop_assert_eq!(events, 0);
        }
    }
}
