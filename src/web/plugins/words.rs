//! What a plugin is and what it may see, as people say it.

use crate::plugins::Plugin;
use crate::plugins::manifest::Manifest;
use crate::timeline::KindName;

/// What it does.
pub fn capabilities(manifest: &Manifest) -> Vec<&'static str> {
    let named = [
        (manifest.masker.is_some(), "masks recordings"),
        (manifest.analyzer.is_some(), "looks at sessions"),
        (manifest.reporter.is_some(), "makes reports"),
    ];
    named.into_iter().filter(|(is_named, _)| *is_named).map(|(_, words)| words).collect()
}

/// What it may see, in sentences.
pub fn sees(manifest: &Manifest) -> Vec<String> {
    let mut sentences = Vec::new();
    if manifest.masker.is_some() {
        sentences.push("Every text of a recording, before it is stored.".to_owned());
    }
    if let Some(analyzer) = &manifest.analyzer {
        let kinds: Vec<&str> = analyzer.events.iter().map(|kind| plural(*kind)).collect();
        let masked = if manifest.masker.is_some() { "" } else { ", after maskers" };
        sentences.push(match kinds[..] {
            [] => "No events.".to_owned(),
            _ => format!("Of each session{masked}: {}.", kinds.join(", ")),
        });
    }
    if let Some(reporter) = &manifest.reporter {
        sentences.push(format!("Of many sessions, what was found: {}.", reporter.reads.join(", ")));
    }
    sentences
}

/// Where it comes from.
pub fn origin(plugin: &Plugin) -> &'static str {
    match plugin.origin {
        crate::plugins::Origin::BuiltIn => "part of Hindsight",
        crate::plugins::Origin::Folder => "from the folder",
    }
}

fn plural(kind: KindName) -> &'static str {
    match kind {
        KindName::PageView => "page views",
        KindName::Click => "clicks",
        KindName::Input => "inputs",
        KindName::Focus => "fields entered",
        KindName::Blur => "fields left",
        KindName::Scroll => "scrolling",
        KindName::Pointer => "the pointer",
        KindName::Resize => "window sizes",
        KindName::Mutation => "how much of the page changes",
        KindName::Selection => "selected text",
        KindName::Copy => "copied text",
        KindName::Console => "the console",
        KindName::Error => "uncaught errors",
        KindName::Request => "requests",
        KindName::Prompt => "prompts",
        KindName::Reply => "replies",
        KindName::Feedback => "feedback",
        KindName::Identify => "who the visitor is",
        KindName::Hidden => "leaving the tab",
        KindName::Visible => "coming back to the tab",
        KindName::Idle => "pauses",
        KindName::Custom => "custom events",
    }
}
