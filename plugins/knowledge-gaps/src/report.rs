//! The report: what was read, and what it comes to.

use std::collections::{HashMap, HashSet};

use hindsight_plugin::{Item, Metric, Period, Report, Row, Section};

use crate::topics::{Asked, Topic, topics};
use crate::visits::{Gap, Missed, Struggle, Visit, gaps, missed};
use crate::{Settings, section, text, time};

/// So many things can be done first.
const MOST_ADVICE: usize = 5;

/// The rows of a period, as far as they are needed.
pub struct Read<'a> {
    period: &'a Period,
    /// The middle of the period, in seconds.
    middle: i64,
    sessions: Vec<String>,
    places: HashMap<String, usize>,
    questions: Vec<Asked>,
    visits: Vec<Visit>,
    struggles: Vec<Struggle>,
}

/// Everything that the sections tell.
pub struct Findings<'a> {
    pub sessions: &'a [String],
    pub questions: &'a [Asked],
    pub topics: Vec<Topic<'a>>,
    pub missed: Vec<Missed>,
    pub gaps: Vec<Gap>,
}

impl<'a> Read<'a> {
    /// Has read nothing yet.
    pub fn new(period: &'a Period) -> Self {
        let second = |time: &str| time::seconds(time).unwrap_or_default();
        Self {
            period,
            middle: i64::midpoint(second(&period.from), second(&period.to)),
            sessions: Vec::new(),
            places: HashMap::new(),
            questions: Vec::new(),
            visits: Vec::new(),
            struggles: Vec::new(),
        }
    }

    /// Keeps what is needed of a row.
    pub fn take(&mut self, row: &Row) {
        let session = self.session(&row.session);
        let item = &row.item;
        match (item, item.kind()) {
            (Item::Fact(_), "question") => self.questions.push(self.asked(session, row)),
            (Item::Fact(_), "visit") => {
                let number = |name: &str| item.number(name).unwrap_or_default() as u32;
                self.visits.push(Visit::new(session, item.text("way"), number("questions"), number("ended")));
            }
            (Item::Finding(finding), kind) => {
                let (kind, title) = (kind.to_owned(), finding.title.clone());
                self.struggles.push(Struggle { session, at: finding.at, kind, title });
            }
            (Item::Fact(_), _) => {}
        }
    }

    fn session(&mut self, id: &str) -> usize {
        if let Some(place) = self.places.get(id) {
            return *place;
        }
        self.sessions.push(id.to_owned());
        self.places.insert(id.to_owned(), self.sessions.len() - 1);
        self.sessions.len() - 1
    }

    fn asked(&self, session: usize, row: &Row) -> Asked {
        let item = &row.item;
        let flag = |name: &str| item.flag(name).unwrap_or_default();
        Asked {
            session,
            at: item.at(),
            text: item.text("text").to_owned(),
            terms: item.text("terms").to_owned(),
            language: item.text("language").to_owned(),
            path: item.text("path").to_owned(),
            late: time::seconds(&row.started_at).is_some_and(|at| at >= self.middle),
            day: row.started_at.get(..10).unwrap_or_default().to_owned(),
            answered: flag("answered"),
            feedback: item.number("feedback").unwrap_or_default() as i32,
            again: flag("again"),
            corrected: flag("corrected"),
            raged: flag("raged"),
            left: flag("left"),
        }
    }

    /// What all of it comes to.
    pub fn report(&self, settings: &Settings) -> Report {
        let findings = Findings {
            sessions: &self.sessions,
            questions: &self.questions,
            topics: topics(&self.questions, settings.similarity),
            missed: missed(&self.visits, &self.struggles, &self.sessions),
            gaps: gaps(&self.visits, &self.struggles, &self.sessions, settings.struggled_within_ms),
        };
        let advice = advice(&findings, settings);
        let mut sections = vec![Section::Metrics(self.metrics(&findings)), Section::Markdown(first(&advice))];
        sections.extend(section::of(&findings, settings));
        Report { title: "Knowledge gaps".to_owned(), summary: self.summary(&findings, &advice), sections }
    }

    fn summary(&self, findings: &Findings, advice: &[String]) -> String {
        let total = self.questions.len();
        if total == 0 {
            let sessions = text::count(self.period.sessions as usize, "session");
            return format!(
                "Nobody asked anything in {sessions}. Questions are recorded when the page calls hindsight.prompt."
            );
        }
        let unanswered = count(findings, |asked| !asked.answered);
        let wrong = count(findings, Asked::is_wrong);
        let head = format!(
            "{} on {} in {}. {unanswered} ({} %) were not answered; {} called wrong.",
            text::count(total, "question"),
            text::count(findings.topics.len(), "topic"),
            text::count(self.period.sessions as usize, "session"),
            text::percent(unanswered, total),
            if wrong == 1 { "1 answer was".to_owned() } else { format!("{wrong} answers were") },
        );
        match advice.first() {
            Some(first) => format!("{head} Do this first: {}", first.replace("**", "").replace('\\', "")),
            None => format!("{head} Nothing stands out that needs work."),
        }
    }

    fn metrics(&self, findings: &Findings) -> Vec<Metric> {
        let total = self.questions.len();
        let share = |part: usize| text::percent(part, total) as f64;
        let struggled: HashSet<usize> = self.struggles.iter().map(|struggle| struggle.session).collect();
        let is_silent = |visit: &&Visit| visit.questions == 0 && struggled.contains(&visit.session);
        let silent = self.visits.iter().filter(is_silent).count();
        vec![
            Metric::new("Questions", total as f64, ""),
            Metric::new("Topics", findings.topics.len() as f64, ""),
            Metric::new("Not answered", share(count(findings, |asked| !asked.answered)), "%"),
            Metric::new("Answers called wrong", share(count(findings, Asked::is_wrong)), "%"),
            Metric::new("Answers that did not help", share(count(findings, Asked::is_bad)), "%"),
            Metric::new("Sessions with friction and no question", silent as f64, ""),
        ]
    }
}

fn count(findings: &Findings, is: impl Fn(&Asked) -> bool) -> usize {
    findings.questions.iter().filter(|asked| is(asked)).count()
}

/// What to do, the most worthwhile first.
fn advice(findings: &Findings, settings: &Settings) -> Vec<String> {
    let mut all: Vec<(usize, String)> = Vec::new();
    for topic in &findings.topics {
        all.extend(advice_on(topic).into_iter().filter(|_| topic.asked.len() >= settings.fewest));
    }
    for page in findings.missed.iter().filter(|page| page.sessions >= settings.fewest) {
        let (sessions, path) = (text::count(page.sessions, "session"), text::plain(&page.path));
        let sentence =
            format!("Offer help on **{path}**: {sessions} struggled there ({}) and nobody asked.", page.with);
        all.push((page.sessions, sentence));
    }
    for gap in findings.gaps.iter().filter(|gap| gap.ended >= settings.fewest) {
        let (from, to) = (text::plain(&gap.from), text::plain(&gap.to));
        let sentence = format!(
            "Look at the way **{from} → {to}**: {} of {} ended there right after friction.",
            gap.ended,
            text::count(gap.came, "session")
        );
        all.push((gap.ended * 2, sentence));
    }
    all.sort_by_key(|(worth, _)| std::cmp::Reverse(*worth));
    all.into_iter().take(MOST_ADVICE).map(|(_, sentence)| sentence).collect()
}

/// What to do about one topic, with what it is worth: a wrong answer harms more than none.
fn advice_on(topic: &Topic) -> Option<(usize, String)> {
    let label = text::plain(&text::cut(topic.label, 100));
    let total = topic.asked.len();
    let unanswered = topic.count(|asked| !asked.answered);
    let wrong = topic.count(Asked::is_wrong);
    let bad = topic.count(Asked::is_bad);
    let (worth, sentence) = if wrong * 4 >= unanswered * 3 && wrong > 0 {
        let times = text::count(wrong, "time");
        (wrong * 4, format!("Correct the answer to **“{label}”**: it was called wrong {times} of {total}."))
    } else if unanswered > 0 {
        let pages = topic.pages(|asked| !asked.answered);
        let place =
            if pages.is_empty() { String::new() } else { format!(", asked on {}", text::plain(&pages)) };
        let trend = topic.trend(|asked| !asked.answered);
        let sentence = format!(
            "Write an answer to **“{label}”**: {unanswered} of {total} stayed without one (trend {trend}){place}."
        );
        (unanswered * 3, sentence)
    } else if bad > 0 {
        let sentence = format!(
            "Improve the answer to **“{label}”**: {bad} of {total} asked again or clicked in anger after it."
        );
        (bad * 2, sentence)
    } else {
        return None;
    };
    Some((worth, sentence))
}

fn first(advice: &[String]) -> String {
    if advice.is_empty() {
        return "## What to do first\n\nNothing stands out: what was asked was answered, and nobody struggled in silence.".to_owned();
    }
    let lines: Vec<String> =
        (1..).zip(advice).map(|(number, sentence)| format!("{number}. {sentence}")).collect();
    format!("## What to do first\n\n{}", lines.join("\n"))
}
