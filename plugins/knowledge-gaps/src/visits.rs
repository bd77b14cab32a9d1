//! Where visitors struggle without asking, and where they leave.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hindsight_plugin::{Millis, Moment};

use crate::text::cut;

/// A moment at which the friction plugin found something.
pub struct Struggle {
    pub session: usize,
    pub at: Millis,
    pub kind: String,
    pub title: String,
}

/// The way that a session took.
pub struct Visit {
    pub session: usize,
    /// When each page came, and its path.
    pub way: Vec<(Millis, String)>,
    pub questions: u32,
    /// When something was done for the last time.
    pub ended: Millis,
}

impl Visit {
    /// Reads what the analyzer noted: a line for each page, "MILLIS PATH".
    pub fn new(session: usize, way: &str, questions: u32, ended: Millis) -> Self {
        let step = |line: &str| {
            let (at, path) = line.split_once(' ')?;
            Some((at.parse().ok()?, path.to_owned()))
        };
        Self { session, way: way.lines().filter_map(step).collect(), questions, ended }
    }

    fn path_at(&self, at: Millis) -> &str {
        self.way.iter().rev().find(|(then, _)| *then <= at).map_or("", |(_, path)| path.as_str())
    }
}

/// A page on which visitors struggle and do not ask.
pub struct Missed {
    pub path: String,
    pub sessions: usize,
    /// What they struggle with, the most frequent first.
    pub with: String,
    pub example: Moment,
}

/// A way that ends after friction.
pub struct Gap {
    pub from: String,
    pub to: String,
    /// Sessions that ended there, right after friction.
    pub ended: usize,
    /// Sessions that came this way.
    pub came: usize,
    pub example: Moment,
}

fn moment(sessions: &[String], struggle: &Struggle) -> Moment {
    Moment { session: sessions[struggle.session].clone(), at: struggle.at, label: cut(&struggle.title, 60) }
}

fn by_session(struggles: &[Struggle]) -> HashMap<usize, Vec<&Struggle>> {
    let mut by_session: HashMap<usize, Vec<&Struggle>> = HashMap::new();
    for struggle in struggles {
        by_session.entry(struggle.session).or_default().push(struggle);
    }
    by_session
}

/// Missed opportunities, those of most sessions first.
pub fn missed(visits: &[Visit], struggles: &[Struggle], sessions: &[String]) -> Vec<Missed> {
    let by_session = by_session(struggles);
    let mut pages: BTreeMap<&str, Vec<&Struggle>> = BTreeMap::new();
    for visit in visits.iter().filter(|visit| visit.questions == 0) {
        for struggle in by_session.get(&visit.session).into_iter().flatten() {
            pages.entry(visit.path_at(struggle.at)).or_default().push(struggle);
        }
    }
    let page = |(path, struggles): (&str, Vec<&Struggle>)| {
        let distinct: BTreeSet<usize> = struggles.iter().map(|struggle| struggle.session).collect();
        let example = moment(sessions, struggles.last()?);
        Some(Missed { path: path.to_owned(), sessions: distinct.len(), with: kinds(&struggles), example })
    };
    let mut missed: Vec<Missed> =
        pages.into_iter().filter(|(path, _)| !path.is_empty()).filter_map(page).collect();
    missed.sort_by(|one, other| (other.sessions, &one.path).cmp(&(one.sessions, &other.path)));
    missed
}

/// "3 rage-click, 1 dead-click" as people say it.
fn kinds(struggles: &[&Struggle]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for struggle in struggles {
        *counts.entry(struggle.kind.as_str()).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(kind, count)| (std::cmp::Reverse(*count), *kind));
    let said = |(kind, count): (&str, usize)| match kind {
        "rage-click" => crate::text::count(count, "rage click"),
        "dead-click" => crate::text::count(count, "dead click"),
        "error-click" => crate::text::count(count, "error"),
        "form-errors" => crate::text::count(count, "refused form"),
        "form-abandoned" => crate::text::count(count, "abandoned form"),
        other => format!("{count} × {other}"),
    };
    counts.into_iter().map(said).collect::<Vec<_>>().join(", ")
}

/// Workflow gaps, those of most sessions first.
pub fn gaps(visits: &[Visit], struggles: &[Struggle], sessions: &[String], within: Millis) -> Vec<Gap> {
    let by_session = by_session(struggles);
    let mut came: HashMap<(&str, &str), usize> = HashMap::new();
    let mut ended: BTreeMap<(&str, &str), (usize, Moment)> = BTreeMap::new();
    for visit in visits {
        let pairs = visit.way.windows(2).map(|pair| (pair[0].1.as_str(), pair[1].1.as_str()));
        for pair in pairs.collect::<BTreeSet<_>>() {
            *came.entry(pair).or_default() += 1;
        }
        let [.., (_, from), (arrived, to)] = visit.way.as_slice() else { continue };
        let last = by_session
            .get(&visit.session)
            .and_then(|struggles| struggles.iter().max_by_key(|found| found.at));
        if let Some(last) = last
            && last.at >= *arrived
            && last.at.saturating_add(within) >= visit.ended
        {
            let (count, example) = ended.entry((from, to)).or_insert_with(|| (0, moment(sessions, last)));
            *count += 1;
            *example = moment(sessions, last);
        }
    }
    let gap = |(pair, (ended, example)): ((&str, &str), (usize, Moment))| Gap {
        from: pair.0.to_owned(),
        to: pair.1.to_owned(),
        ended,
        came: came.get(&pair).copied().unwrap_or(ended),
        example,
    };
    let mut gaps: Vec<Gap> = ended.into_iter().map(gap).collect();
    gaps.sort_by(|one, other| (other.ended, &one.to, &one.from).cmp(&(one.ended, &other.to, &other.from)));
    gaps
}
