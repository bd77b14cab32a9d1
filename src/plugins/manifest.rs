//! `plugin.toml`: what a plugin is, what it may see and what it says, readable without
//! running anything.
//!
//! It stands beside the plugin's file or is packed into it. See `docs/plugins.md`.

use serde::Deserialize;
use serde_json::Value;

use super::settings::Schema;
use crate::model::Severity;
use crate::timeline::KindName;

/// The version of the interface that this server speaks.
pub const API: &str = "0.1";

/// A manifest is never longer.
pub const MAX_BYTES: usize = 256 * 1024;

const MAX_KINDS: usize = 100;

/// Ids that mean something else in `[plugins]` of `config.toml`.
const RESERVED_IDS: [&str; 3] = ["enabled", "folder", "workers"];

/// What `plugin.toml` says.
#[derive(Debug)]
pub struct Manifest {
    /// Who it is.
    pub plugin: About,
    /// What it looks at and what it finds, if it is an analyzer.
    pub analyzer: Option<Analyzer>,
    /// Whether it is a masker.
    pub masker: Option<Masker>,
    /// What it reads, if it is a reporter.
    pub reporter: Option<Reporter>,
    /// What it asks for.
    pub limits: Asked,
    /// Its settings.
    pub schema: Schema,
    /// As it was written.
    pub text: String,
}

/// `plugin.toml` as it is parsed, before what types cannot say is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    plugin: About,
    analyzer: Option<Analyzer>,
    masker: Option<Masker>,
    reporter: Option<Reporter>,
    #[serde(default)]
    limits: Asked,
    settings: Option<toml::Table>,
}

/// `[plugin]`: who it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Lower case letters, digits and hyphens; the name of its folder or file.
    pub id: String,
    /// For people.
    pub name: String,
    /// The author's own numbering.
    pub version: String,
    /// The version of the interface that it was written for.
    pub api: String,
    /// One or two sentences.
    #[serde(default)]
    pub description: String,
    /// Where to learn more.
    #[serde(default)]
    pub homepage: String,
}

/// `[analyzer]`: what it looks at and what it finds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Analyzer {
    /// The kinds of events that it sees; no others reach it.
    pub events: Vec<KindName>,
    /// The kinds of its findings.
    #[serde(default)]
    pub kinds: Vec<FindingKind>,
    /// The kinds of its facts.
    #[serde(default)]
    pub facts: Vec<String>,
}

/// A kind of finding.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingKind {
    /// Lower case letters, digits and hyphens.
    pub id: String,
    /// For people.
    pub title: String,
    /// How grave such a finding is, where it does not say so itself.
    #[serde(default)]
    pub severity: Severity,
    /// One sentence for people.
    #[serde(default)]
    pub description: String,
}

/// `[masker]`: there is nothing to say but that it is one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Masker {}

/// `[reporter]`: what it reads.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reporter {
    /// Kinds of findings and facts: `kind` of its own, or `plugin/kind`.
    pub reads: Vec<String>,
    /// When it is made without being asked.
    #[serde(default)]
    pub schedule: Schedule,
}

/// When a report is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "plain words")]
pub enum Schedule {
    #[default]
    Manual,
    Daily,
    Weekly,
}

/// `[limits]`: what it asks for, where it is less than what the server allows.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.toml documents each")]
pub struct Asked {
    pub memory_mib: Option<u32>,
    pub cpu_ms: Option<u32>,
    pub cpu_ms_per_mb: Option<u32>,
    pub report_cpu_ms: Option<u32>,
}

impl Analyzer {
    /// The kind of finding with this id.
    pub fn kind(&self, id: &str) -> Option<&FindingKind> {
        self.kinds.iter().find(|kind| kind.id == id)
    }
}

impl Reporter {
    /// What it reads, as pairs of plugin and kind.
    pub fn sources<'a>(&'a self, own_id: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.reads.iter().map(move |read| read.split_once('/').unwrap_or((own_id, read)))
    }
}

impl Manifest {
    /// Reads a manifest; the error is a sentence that names the line or the key.
    pub fn parse(text: &str) -> Result<Self, String> {
        let tables: Tables = toml::from_str(text).map_err(|error| located(text, &error))?;
        check(&tables)?;
        let schema = match tables.settings {
            None => Schema::empty(),
            Some(table) => Schema::compile(json("settings", toml::Value::Table(table))?)?,
        };
        Ok(Self {
            plugin: tables.plugin,
            analyzer: tables.analyzer,
            masker: tables.masker,
            reporter: tables.reporter,
            limits: tables.limits,
            schema,
            text: text.to_owned(),
        })
    }

    /// The capabilities that it names.
    pub fn capabilities(&self) -> Vec<&'static str> {
        let named = [
            (self.analyzer.is_some(), "analyzer"),
            (self.masker.is_some(), "masker"),
            (self.reporter.is_some(), "reporter"),
        ];
        named.into_iter().filter(|(is_named, _)| *is_named).map(|(_, name)| name).collect()
    }
}

/// What the reader of TOML says, with the line and the likely word.
fn located(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().replace('\n', " ");
    let Some(span) = error.span() else { return message };
    let before = text.get(..span.start).unwrap_or(text);
    let number = before.matches('\n').count() + 1;
    let line = text.lines().nth(number - 1).unwrap_or("").trim();
    let place = match line {
        "" => format!("line {number}"),
        line => format!("line {number} ({})", super::text::line(line, 60)),
    };
    match likely(&message) {
        Some(word) => format!("{place}: {message}; did you mean `{word}`?"),
        None => format!("{place}: {message}"),
    }
}

/// The nearest of the words that the reader expected, where it found an unknown one.
fn likely(message: &str) -> Option<&str> {
    let mut quoted = message.strip_prefix("unknown ")?.split('`').skip(1).step_by(2);
    let found = quoted.next()?;
    let distance = |word: &&str| strsim::damerau_levenshtein(found, word);
    quoted.min_by_key(distance).filter(|word| distance(word) <= found.len() / 2)
}

/// What the types cannot say.
fn check(tables: &Tables) -> Result<(), String> {
    let about = &tables.plugin;
    check_slug("plugin.id", &about.id)?;
    if RESERVED_IDS.contains(&about.id.as_str()) {
        return Err(format!(
            "plugin.id is {:?}, which [plugins] of config.toml needs; choose another",
            about.id
        ));
    }
    for (key, value, max) in [("plugin.name", &about.name, 80), ("plugin.version", &about.version, 40)] {
        if value.trim().is_empty() || value.chars().count() > max || value.contains(char::is_control) {
            return Err(format!("{key} is {value:?}; write one line of 1 to {max} characters"));
        }
    }
    if about.api != API {
        return Err(other_api(&about.api));
    }
    if tables.analyzer.is_none() && tables.masker.is_none() && tables.reporter.is_none() {
        return Err("there is no [analyzer], [masker] or [reporter]; say what the plugin is".to_owned());
    }
    if let Some(analyzer) = &tables.analyzer {
        check_analyzer(analyzer)?;
    }
    for read in tables.reporter.iter().flat_map(|reporter| &reporter.reads) {
        check_source(read, tables)?;
    }
    check_limits(tables.limits)
}

/// The sentence for a plugin that was built for another version of the interface.
pub fn other_api(built_for: &str) -> String {
    format!(
        "it was built for version {} of the interface, and this server speaks {API}; rebuild it for {API}",
        super::text::line(built_for, 20)
    )
}

fn check_slug(key: &str, slug: &str) -> Result<(), String> {
    if is_slug(slug) {
        return Ok(());
    }
    let slug = super::text::line(slug, 80);
    Err(format!("{key} is {slug:?}; write 1 to 64 lower case letters, digits and hyphens"))
}

/// Whether a name is made of lower case letters, digits and hyphens.
pub fn is_slug(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&name.len()) && name.bytes().all(allowed) && !name.starts_with('-')
}

fn check_analyzer(analyzer: &Analyzer) -> Result<(), String> {
    if analyzer.events.is_empty() {
        return Err("analyzer.events is empty; name the kinds of events that it looks at".to_owned());
    }
    let kinds = analyzer.kinds.iter().map(|kind| ("analyzer.kinds", &kind.id));
    let mut seen = Vec::new();
    for (key, id) in kinds.chain(analyzer.facts.iter().map(|id| ("analyzer.facts", id))) {
        check_slug(key, id)?;
        if seen.contains(&(key, id)) {
            return Err(format!("{key} names {id:?} twice; remove one"));
        }
        seen.push((key, id));
    }
    if seen.len() > MAX_KINDS {
        return Err(format!("analyzer names {} kinds; {MAX_KINDS} are allowed", seen.len()));
    }
    Ok(())
}

fn check_source(read: &str, tables: &Tables) -> Result<(), String> {
    let (plugin, kind) = read.split_once('/').unwrap_or((&tables.plugin.id, read));
    check_slug("reporter.reads", plugin)?;
    check_slug("reporter.reads", kind)?;
    let own =
        |analyzer: &Analyzer| analyzer.kind(kind).is_some() || analyzer.facts.iter().any(|fact| fact == kind);
    if plugin == tables.plugin.id && !tables.analyzer.as_ref().is_some_and(own) {
        return Err(format!(
            "reporter.reads names {kind:?}, which is no kind of this plugin; write \"PLUGIN/{kind}\" for that of another"
        ));
    }
    Ok(())
}

fn check_limits(asked: Asked) -> Result<(), String> {
    for (key, value) in [
        ("limits.memory_mib", asked.memory_mib),
        ("limits.cpu_ms", asked.cpu_ms),
        ("limits.report_cpu_ms", asked.report_cpu_ms),
    ] {
        if value == Some(0) {
            return Err(format!("{key} is 0; write what the plugin needs, or leave it out"));
        }
    }
    Ok(())
}

/// TOML as JSON. Dates have no JSON.
pub fn json(key: &str, value: toml::Value) -> Result<Value, String> {
    Ok(match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => Value::from(number),
        toml::Value::Boolean(flag) => Value::Bool(flag),
        toml::Value::Datetime(_) => return Err(format!("`{key}` is a date; write it as a text, in quotes")),
        toml::Value::Array(items) => {
            let items = items.into_iter().map(|item| json(key, item));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        toml::Value::Table(table) => {
            let entry = |(name, value)| {
                let value = json(&format!("{key}.{name}"), value)?;
                Ok((name, value))
            };
            Value::Object(table.into_iter().map(entry).collect::<Result<_, String>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOUT: &str = "[plugin]\nid = \"rage\"\nname = \"Rage\"\nversion = \"1.0.0\"\napi = \"0.1\"\n";

    fn complaint(rest: &str) -> String {
        Manifest::parse(&format!("{ABOUT}{rest}")).expect_err(rest)
    }

    #[test]
    fn a_manifest_says_all_that_is_known() {
        let text = format!(
            "{ABOUT}description = \"Clicks.\"\n[analyzer]\nevents = [\"click\", \"page-view\"]\n\
             kinds = [{{ id = \"rage-click\", title = \"Rage click\", severity = \"medium\" }}]\nfacts = [\"page\"]\n\
             [reporter]\nreads = [\"rage-click\", \"friction/dead-click\"]\nschedule = \"daily\"\n\
             [limits]\nmemory_mib = 32\n[settings]\ntype = \"object\"\n\
             [settings.properties.clicks]\ntype = \"integer\"\ndefault = 3\n"
        );
        let manifest = Manifest::parse(&text).expect("right");
        assert_eq!(manifest.capabilities(), ["analyzer", "reporter"]);
        let analyzer = manifest.analyzer.expect("an analyzer");
        assert_eq!(analyzer.events, [KindName::Click, KindName::PageView]);
        assert_eq!(analyzer.kind("rage-click").expect("declared").severity, Severity::Medium);
        let reporter = manifest.reporter.expect("a reporter");
        let sources: Vec<_> = reporter.sources("rage").collect();
        assert_eq!(sources, [("rage", "rage-click"), ("friction", "dead-click")]);
        assert_eq!(reporter.schedule, Schedule::Daily);
    }

    #[test]
    fn complaints_name_the_place_and_the_remedy() {
        let rows = [
            ("", "there is no [analyzer], [masker] or [reporter]; say what the plugin is"),
            (
                "[analyzer]\nevnts = [\"click\"]",
                "line 7 (evnts = [\"click\"]): unknown field `evnts`, expected one of `events`, `kinds`, `facts`; did you mean `events`?",
            ),
            ("[analyser]", "did you mean `analyzer`?"),
            ("[analyzer]\nevents = [\"clik\"]", "did you mean `click`?"),
            ("[analyzer]\nevents = []", "analyzer.events is empty; name the kinds"),
            ("[analyzer]\nevents = 3", "line 7 (events = 3): invalid type: integer `3`"),
            ("[masker]\n[limits]\ncpu_ms = 0", "limits.cpu_ms is 0; write what the plugin needs"),
            ("[masker]\n[limits]\ncpu_ms = -1", "line 8 (cpu_ms = -1)"),
            ("[reporter]\nreads = [\"page\"]", "no kind of this plugin; write \"PLUGIN/page\""),
            ("[reporter]\nreads = [\"a b/page\"]", "reporter.reads is \"a b\"; write 1 to 64 lower case"),
            (
                "[analyzer]\nevents = [\"click\"]\nfacts = [\"a\", \"a\"]",
                "analyzer.facts names \"a\" twice; remove one",
            ),
            ("[masker]\n[settings]\ntype = \"objekt\"", "settings"),
            (
                "[masker]\n[settings]\ndefault = 1979-05-27",
                "`settings.default` is a date; write it as a text",
            ),
            ("[masker", "line 6"),
        ];
        for (rest, expected) in rows {
            let complaint = complaint(rest);
            assert!(complaint.contains(expected), "{complaint} lacks {expected}");
            assert!(!complaint.contains('\n'), "{complaint} is one line");
        }
        let other = ABOUT.replace("0.1\"", "0.2\"");
        let complaint = Manifest::parse(&(other + "[masker]")).expect_err("another version");
        assert_eq!(
            complaint,
            "it was built for version 0.2 of the interface, and this server speaks 0.1; rebuild it for 0.1"
        );
        let complaint =
            Manifest::parse(&(ABOUT.replace("rage", "workers") + "[masker]")).expect_err("reserved");
        assert!(complaint.contains("choose another"), "{complaint}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*", tail in "[a-z.\\[\\]=\"{}0-9\\n ]{0,200}") {
            let _ = Manifest::parse(&text);
            let _ = Manifest::parse(&format!("{ABOUT}{tail}"));
        }
    }
}
