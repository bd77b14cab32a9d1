//! The page in the file of a person that shows what is in it: HTML without scripts, with a policy
//! that lets it load nothing. All text is what somebody wrote, and shown as text only.

use super::zip::Exported;
use crate::web::format;

const STYLE: &str = include_str!("reader.css");

/// What stands before the sessions.
pub fn head(visitor: &str, now: i64) -> String {
    let (name, at) = (escaped(visitor), format::exact(now));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{name}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{name}</h1>\n\
         <p>All that was stored of this person on {at}, session by session. Recordings are the files in the folder \
         sessions: any rrweb player plays them. The other files hold the same as this page, for programs.</p>\n"
    )
}

/// A session.
pub fn session(each: &Exported) -> String {
    let session = &each.session;
    let mut html = format!("<section>\n<h2>{}</h2>\n<dl>\n", escaped(&format::exact(session.started_at)));
    let facts = [
        ("Connection", each.connection.clone()),
        ("First page", session.landing_url.clone()),
        ("Duration", format::duration(session.duration_ms)),
        ("Browser", session.user_agent.clone()),
        ("Country", session.country.clone()),
        ("Events", format::grouped(session.events)),
        ("Recording", each.file.clone()),
    ];
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        html += &format!("<div><dt>{name}</dt><dd>{}</dd></div>\n", escaped(value));
    }
    html += "</dl>\n";
    let prompts = each.prompts.iter().map(|prompt| {
        let reply =
            prompt.reply.as_ref().map(|reply| format!("<blockquote>{}</blockquote>", escaped(&reply.text)));
        format!("{}{}", escaped(&prompt.text), reply.unwrap_or_default())
    });
    html += &list("Prompts, with the replies", prompts.collect());
    let findings = each
        .findings
        .iter()
        .map(|found| format!("<b>{}</b> {}", escaped(&found.finding.title), escaped(&found.finding.detail)));
    html += &list("What plugins found", findings.collect());
    let notes = each.notes.iter().map(|note| {
        format!("{} <small>{}</small>", escaped(&note.text), escaped(&format::exact(note.written_at)))
    });
    html += &list("Notes", notes.collect());
    html + "</section>\n"
}

fn list(title: &str, items: Vec<String>) -> String {
    if items.is_empty() {
        return String::new();
    }
    let items: String = items.iter().map(|item| format!("<li>{item}</li>\n")).collect();
    format!("<h3>{title}</h3>\n<ul>\n{items}</ul>\n")
}

/// What stands behind the sessions.
pub fn end(left_out: i64) -> String {
    let left_out = match left_out {
        0 => String::new(),
        _ => format!("<p>{} left out: not masked yet.</p>\n", format::count(left_out, "session")),
    };
    format!("{left_out}</main>\n</body>\n</html>\n")
}

/// Text as HTML.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut html, char| {
        match char {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            char => html.push(char),
        }
        html
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_wrote_is_no_markup() {
        let page = head("<script>alert(1)</script>", 0) + &end(2);
        assert!(!page.contains("<script") && page.contains("&lt;script&gt;"), "{page}");
        assert!(page.contains("2 sessions left out"));
        assert_eq!(escaped("a\"'&<>"), "a&quot;&#39;&amp;&lt;&gt;");
    }
}
