//! Texts to copy: a paragraph for a site's own privacy notice, and an entry for a record of
//! processing. What only the operator knows stands in brackets.

use super::statement::Site;
use crate::web::{App, format};

fn or<'a>(text: &'a str, gap: &'a str) -> &'a str {
    if text.is_empty() { gap } else { text }
}

fn kept(sites: &[Site]) -> String {
    let mut all: Vec<&str> = sites.iter().map(|site| site.kept.as_str()).collect();
    all.sort_unstable();
    all.dedup();
    match all[..] {
        [] => "[how long]".to_owned(),
        [one] => one.to_owned(),
        _ => sites.iter().map(|site| format!("{} {}", site.name, site.kept)).collect::<Vec<_>>().join("; "),
    }
}

/// For the notice of a site.
pub fn for_site(app: &App, sites: &[Site]) -> String {
    let privacy = &app.settings.privacy;
    format!(
        "Session recording\n\n\
         To see where our pages do not work well, [we] record how [some] visits go: the pages you see, where you \
         click and scroll, errors, and what you type as far as it is not masked. Passwords, one-time codes and card \
         data are never recorded. [We start only after you agreed, and you can take that back at any time: how.]\n\n\
         The recordings are stored with Hindsight on [our own server in COUNTRY], and are not given to the makers of \
         that software. [Who] can watch them; each view is noted. They are kept {}.\n\n\
         Legal basis: [consent, Art. 6(1)(a) GDPR]. You may ask for a copy of recordings in which you are named, or for \
         their erasure: {}.\n\n\
         Responsible: {}.\n",
        kept(sites),
        or(&privacy.contact, "[contact]"),
        or(&privacy.operator, "[name and address]"),
    )
}

/// An entry for a record of processing activities.
pub fn record(app: &App, sites: &[Site]) -> String {
    let privacy = &app.settings.privacy;
    let names: Vec<&str> = sites.iter().map(|site| site.name.as_str()).collect();
    let backups = match privacy.backups_keep_days {
        0 => "[how long backups are kept]".to_owned(),
        days => format!("backups: {}", format::count(i64::from(days), "day")),
    };
    let audit = match app.settings.audit.keep_days {
        0 => "for ever".to_owned(),
        days => format::count(i64::from(days), "day"),
    };
    format!(
        "Record of processing: session recording\n\n\
         Controller: {}\n\
         Contact: {}\n\
         Data protection officer: [name, if there is one]\n\
         Purpose: [finding and mending what does not work on our pages; support]\n\
         Legal basis: [consent]\n\
         Persons concerned: visitors of {}\n\
         Data: recordings of pages, mouse, clicks, scrolling and typing as far as not masked; errors; prompts and \
         replies; browser and system; id and traits where the page names the visitor. No internet address is stored.\n\
         Recipients: [roles that may watch]; [processors, such as the host of the server]\n\
         Transfers to third countries: [none, or which]\n\
         Erasure: sessions {}; {backups}; audit log: {audit}\n\
         Measures: masking before sending, and by the same preset before writing; access by role; views and changes noted in a \
         chained audit log; links expire; erasure overwrites; [disk encryption, TLS, backups]\n\
         Impact assessment: [done on, or why none]\n",
        or(&privacy.operator, "[name and address]"),
        or(&privacy.contact, "[contact]"),
        if names.is_empty() { "[our sites]".to_owned() } else { names.join(", ") },
        kept(sites),
    )
}
