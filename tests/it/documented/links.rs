//! Links between pages: the file is there, and so is the heading.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::{name, pages};

fn parsed(text: &str) -> Parser<'_> {
    Parser::new_ext(text, Options::ENABLE_TABLES)
}

/// The names that headings have as targets, as forges make them: lower case, words joined by hyphens.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut heading: Option<String> = None;
    for event in parsed(text) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let title = heading.take().unwrap_or_default().to_lowercase();
                let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
                found.insert(kept.map(|c| if c == ' ' { '-' } else { c }).collect());
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            _ => {}
        }
    }
    found
}

/// Why a link leads nowhere, if it does.
fn fault(page: &Path, text: &str, link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = page.parent().unwrap_or(page).join(file);
    if !file.is_empty() && !target.exists() {
        return Some(format!("{}: {link}: there is no such file", name(page)));
    }
    let target = match file.is_empty() {
        true => text.to_owned(),
        false if anchor.is_empty() => return None,
        false => fs::read_to_string(&target).ok()?,
    };
    let missing = !anchor.is_empty() && !anchors(&target).contains(anchor);
    missing.then(|| format!("{}: {link}: there is no such heading", name(page)))
}

#[test]
fn every_link_leads_somewhere() {
    let mut faults = Vec::new();
    let mut seen = 0;
    for (page, text) in pages() {
        for event in parsed(&text) {
            if let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = event {
                seen += 1;
                faults.extend(fault(&page, &text, &dest_url));
            }
        }
    }
    assert!(seen > 50, "only {seen} links were found");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_link_to_nowhere_is_found() {
    let page = super::root().join("README.md");
    let text = "# A heading: `with` code\n";
    assert_eq!(fault(&page, text, "docs/install.md"), None);
    assert_eq!(fault(&page, text, "#a-heading-with-code"), None);
    assert!(fault(&page, text, "#another").is_some());
    assert!(fault(&page, text, "docs/nothing.md").is_some());
    assert!(fault(&page, text, "docs/install.md#nothing").is_some());
}
