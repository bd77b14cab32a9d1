//! Questions of many sessions, joined into topics.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hindsight_plugin::{Millis, Moment};

use crate::cluster::cluster;

/// A question as the analyzer noted it.
pub struct Asked {
    pub session: usize,
    pub at: Millis,
    pub text: String,
    pub terms: String,
    pub language: String,
    pub path: String,
    /// Whether it was asked in the second half of the period.
    pub late: bool,
    pub day: String,
    pub answered: bool,
    pub feedback: i32,
    pub again: bool,
    pub corrected: bool,
    pub raged: bool,
    pub left: bool,
}

impl Asked {
    /// The visitor said that the answer was wrong.
    pub fn is_wrong(&self) -> bool {
        self.answered && (self.feedback < 0 || self.corrected)
    }

    /// The visitor did something that says that the answer did not help.
    pub fn is_bad(&self) -> bool {
        self.answered && !self.is_wrong() && (self.again || self.raged)
    }
}

/// Questions that mean the same.
pub struct Topic<'a> {
    /// The question that says it best.
    pub label: &'a str,
    /// All of them, oldest first.
    pub asked: Vec<&'a Asked>,
}

impl<'a> Topic<'a> {
    /// How many of its questions are so.
    pub fn count(&self, is: impl Fn(&Asked) -> bool) -> usize {
        self.asked.iter().filter(|asked| is(asked)).count()
    }

    /// In how many sessions it was asked.
    pub fn sessions(&self) -> usize {
        self.asked.iter().map(|asked| asked.session).collect::<BTreeSet<_>>().len()
    }

    /// The page on which it is asked most, and how many others there are.
    pub fn pages(&self, is: impl Fn(&Asked) -> bool) -> String {
        let paths =
            self.most(|asked| is(asked).then_some(asked.path.as_str()).filter(|path| !path.is_empty()));
        match paths.as_slice() {
            [] => String::new(),
            [only] => (*only).to_owned(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        }
    }

    /// The language that it is asked in most.
    pub fn language(&self) -> &'a str {
        self.most(|asked| Some(asked.language.as_str())).first().copied().unwrap_or_default()
    }

    /// The values that some of its questions have, the most frequent first.
    fn most(&self, value: impl Fn(&'a Asked) -> Option<&'a str>) -> Vec<&'a str> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for value in self.asked.iter().filter_map(|asked| value(asked)) {
            *counts.entry(value).or_default() += 1;
        }
        let mut values: Vec<(&str, usize)> = counts.into_iter().collect();
        values.sort_by_key(|(value, count)| (std::cmp::Reverse(*count), *value));
        values.into_iter().map(|(value, _)| value).collect()
    }

    /// From the first half of the period to the second.
    pub fn trend(&self, is: impl Fn(&Asked) -> bool) -> String {
        let late = self.count(|asked| is(asked) && asked.late);
        match (self.count(|asked| is(asked) && !asked.late), late) {
            (0, 0) => String::new(),
            (0, late) => format!("new: {late}"),
            (early, 0) => format!("{early} → none"),
            (early, late) => format!("{early} → {late}"),
        }
    }

    /// The newest moment at which it was so.
    pub fn moment(&self, sessions: &[String], is: impl Fn(&Asked) -> bool) -> Option<Moment> {
        let asked = self.asked.iter().rev().find(|asked| is(asked))?;
        Some(Moment {
            session: sessions[asked.session].clone(),
            at: asked.at,
            label: crate::text::cut(&asked.text, 60),
        })
    }
}

/// The topics of all questions, the most frequent first.
pub fn topics(questions: &[Asked], similarity: f64) -> Vec<Topic<'_>> {
    let mut by_terms: HashMap<&str, usize> = HashMap::new();
    let mut groups: Vec<(&str, Vec<&Asked>)> = Vec::new();
    for asked in questions.iter().filter(|asked| !asked.terms.is_empty()) {
        let place = *by_terms.entry(&asked.terms).or_insert_with(|| {
            groups.push((&asked.terms, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(asked);
    }
    let documents: Vec<(Vec<&str>, usize)> =
        groups.iter().map(|(terms, asked)| (terms.split(' ').collect(), asked.len())).collect();
    let clusters = cluster(&documents, similarity as f32);
    clusters.into_iter().map(|members| topic(&members, &groups)).collect()
}

fn topic<'a>(members: &[usize], groups: &[(&'a str, Vec<&'a Asked>)]) -> Topic<'a> {
    let speakers = members.first().map_or(&[][..], |speaker| groups[*speaker].1.as_slice());
    // Of the ways to write it, the most frequent; of these the first in the alphabet.
    let mut spellings: BTreeMap<&str, usize> = BTreeMap::new();
    for asked in speakers {
        *spellings.entry(asked.text.as_str()).or_default() += 1;
    }
    let label = spellings.iter().max_by_key(|(text, count)| (**count, std::cmp::Reverse(**text)));
    let mut asked: Vec<&Asked> =
        members.iter().flat_map(|member| groups[*member].1.iter().copied()).collect();
    asked.sort_by_key(|asked| (asked.late, asked.day.as_str(), asked.session, asked.at));
    Topic { label: label.map_or("", |(text, _)| text), asked }
}
