//! What a visitor did, as a test for Playwright that does it again.
//!
//! Elements are found as a person would name them, and by their place where that is not
//! enough. What was masked in the recording is asked of the environment. All that was
//! recorded stands in string literals and comments, out of which nothing leads (`quote`).

mod locator;
mod quote;
mod step;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use url::{Position, Url};

use super::event::{Event, Kind, KindName, PageCause};
use quote::{commented, quoted};
use step::Step;

/// What a test is made of.
pub const KINDS: [KindName; 3] = [KindName::PageView, KindName::Click, KindName::Input];

/// So many events are looked at: a longer visit makes no test that somebody wants to run.
pub const MOST_EVENTS: usize = 2_000;

/// Another page so soon after the one before is where that one led on to.
const LED_ON_WITHIN_MS: u32 = 3_000;

/// Finds an element by its name, where that is one element's only.
const PICK: &str = r"
/** By its name; by its place where several share the name, or nothing has it any more. */
async function pick(named: Locator, place: Locator): Promise<Locator> {
  await named.or(place).first().waitFor();
  return (await named.count()) === 1 ? named : place.first();
}
";

/// The source of the test. `events` are those of [`KINDS`], in the order of time.
pub fn spec(events: &[Event], recorded_on: &str) -> String {
    let mut script = Script::default();
    for (place, event) in events.iter().enumerate() {
        match &event.kind {
            Kind::PageView { url, cause, .. } => script.page_view(event.at, url, *cause),
            _ => script.act(step::of(event, &events[place + 1..])),
        }
    }
    script.written(events, recorded_on)
}

/// A test that is being written.
#[derive(Default)]
struct Script {
    lines: Vec<String>,
    /// The variables that it asks of the environment.
    variables: BTreeSet<String>,
    /// The site of the first page.
    origin: String,
    /// The pages so far, without what is the same on the whole site.
    paths: Vec<String>,
    viewed_at: u32,
    /// Whether something was done since the latest page came.
    has_acted: bool,
    /// The line that expects the latest page.
    expectation: Option<usize>,
}

impl Script {
    fn page_view(&mut self, at: u32, url: &str, cause: PageCause) {
        let (origin, path) = split(url);
        if self.paths.is_empty() {
            self.origin.clone_from(&origin);
        }
        let is_elsewhere = origin != self.origin;
        let address = if is_elsewhere { url } else { &path };
        let leads_on = !self.has_acted && at.saturating_sub(self.viewed_at) < LED_ON_WITHIN_MS;
        let before_last = self.paths.len().checked_sub(2).map(|place| &self.paths[place]);
        match (self.paths.is_empty(), self.has_acted, cause) {
            (true, ..) => self.lines.push(format!("await page.goto({});", quoted(address))),
            (_, true, _) => self.expect(&origin, url, &path, is_elsewhere),
            _ if leads_on => {
                // Nobody waits for a page that only leads on to this one.
                if let Some(line) = self.expectation.take() {
                    self.lines.truncate(line);
                }
                self.expect(&origin, url, &path, is_elsewhere);
            }
            (_, _, PageCause::Reload) => self.lines.push("await page.reload();".to_owned()),
            _ if before_last == Some(&path) => {
                self.lines.push("await page.goBack();".to_owned());
                self.expect(&origin, url, &path, is_elsewhere);
            }
            _ => self.lines.push(format!("await page.goto({});", quoted(address))),
        }
        self.paths.push(path);
        self.viewed_at = at;
        self.has_acted = false;
    }

    /// Expects the page, whatever its query: it often holds what is another in each visit.
    fn expect(&mut self, origin: &str, url: &str, path: &str, is_elsewhere: bool) {
        let parsed = Url::parse(url).ok();
        let pathname = parsed.as_ref().map_or(path, |url| url.path());
        let hash = parsed.as_ref().and_then(Url::fragment).filter(|hash| hash.starts_with(['/', '!']));
        let is_there = match (is_elsewhere, hash) {
            (true, _) => format!("url.href.startsWith({})", quoted(&format!("{origin}{pathname}"))),
            (false, Some(hash)) => {
                format!("url.pathname + url.hash === {}", quoted(&format!("{pathname}#{hash}")))
            }
            (false, None) => format!("url.pathname === {}", quoted(pathname)),
        };
        self.expectation = Some(self.lines.len());
        self.lines.push(format!("await expect(page).toHaveURL((url) => {is_there});"));
        self.lines.push(String::new());
    }

    fn act(&mut self, step: Step) {
        match step {
            Step::Nothing => {}
            Step::Remark(text) => self.lines.push(format!("// {}", commented(&text))),
            Step::Do { code, variable } => {
                self.lines.push(code);
                self.variables.extend(variable);
                self.has_acted = true;
                self.expectation = None;
            }
        }
    }

    fn written(self, events: &[Event], recorded_on: &str) -> String {
        let Self { mut lines, variables, origin, paths, .. } = self;
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        let mut text = format!(
            "// What a visitor did on {}, recorded by Hindsight on {}.\n\
             // BASE_URL says where to do it again.\n",
            commented(&origin),
            commented(recorded_on)
        );
        if !variables.is_empty() {
            let names = variables.into_iter().collect::<Vec<_>>().join(", ");
            text += &format!("// What was masked comes from the environment: {names}.\n");
        }
        if events.len() >= MOST_EVENTS {
            text += "// The visit went on: this is its beginning.\n";
        }
        let body: String = lines
            .iter()
            .map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") })
            .collect();
        let picks = body.contains("await pick(");
        let imported = if picks { "expect, type Locator, test" } else { "expect, test" };
        let imported =
            if body.contains("expect(") { imported } else { imported.trim_start_matches("expect, ") };
        // Writing to a string does not fail.
        let _written = write!(
            text,
            "\nimport {{ {imported} }} from \"@playwright/test\";\n\n\
             test.use({{ baseURL: process.env.BASE_URL ?? {}{} }});\n\n\
             test({}, async ({{ page }}) => {{\n{body}}});\n{}",
            quoted(&origin),
            viewport(events),
            quoted(&format!("a visit that begins at {}", paths.first().map_or("/", String::as_str))),
            if picks { PICK } else { "" },
        );
        text
    }
}

/// The visitor's window.
fn viewport(events: &[Event]) -> String {
    let size = events.iter().find_map(|event| match event.kind {
        Kind::PageView { width, height, .. } if width > 0 && height > 0 => Some((width, height)),
        _ => None,
    });
    size.map(|(width, height)| format!(", viewport: {{ width: {width}, height: {height} }}"))
        .unwrap_or_default()
}

/// A URL as its origin and the rest.
fn split(url: &str) -> (String, String) {
    match Url::parse(url).ok().filter(|url| url.origin().is_tuple()) {
        Some(parsed) => (parsed.origin().ascii_serialization(), parsed[Position::BeforePath..].to_owned()),
        None => (String::new(), url.to_owned()),
    }
}

#[cfg(test)]
mod tests;
