//! What became of each question of one session, and the way the session took.

use hindsight_plugin::{Click, Event, EventKind, Fact, Feedback, Millis, Prompt, Reply};

use crate::terms::terms;
use crate::{Settings, language, phrases, text};

/// One session asks no more.
const MOST_QUESTIONS: usize = 500;
/// A way with more steps is cut in the middle.
const MOST_STEPS: usize = 60;
/// A question is known by its first characters.
const LONGEST_TEXT: usize = 300;
/// Anger about an answer shows soon.
const ANGRY_WITHIN: Millis = 30_000;
/// Three clicks at one place within this time are angry ones.
const ANGRY_CLICKS_WITHIN: Millis = 1000;
/// So near are clicks at one place, in pixels.
const ANGRY_REACH: i32 = 30;
/// Half of the words in common: asked again in other words.
const SAME_QUESTION: f64 = 0.5;

/// A question and what became of it.
struct Question {
    at: Millis,
    id: String,
    reply_id: String,
    text: String,
    terms: Vec<String>,
    path: String,
    /// When it was answered, and whether the answer was one.
    replied: Option<Millis>,
    answered: bool,
    feedback: i32,
    again: bool,
    corrected: bool,
    raged: bool,
}

/// One page of the way.
struct Step {
    at: Millis,
    path: String,
}

/// Sees the events of one session.
pub struct Watch<'a> {
    settings: &'a Settings,
    questions: Vec<Question>,
    steps: Vec<Step>,
    clicks: Vec<(Millis, i32, i32)>,
    last_act: Millis,
}

impl<'a> Watch<'a> {
    /// Has seen nothing yet.
    pub fn new(settings: &'a Settings) -> Self {
        let (questions, steps, clicks) = (Vec::new(), Vec::new(), Vec::new());
        Self { settings, questions, steps, clicks, last_act: 0 }
    }

    /// Looks at the next event.
    pub fn see(&mut self, event: &Event) {
        match &event.kind {
            EventKind::PageView(view) => self.viewed(event.at, &view.url),
            EventKind::Prompt(prompt) => self.asked(event.at, prompt),
            EventKind::Reply(reply) => self.replied(event.at, reply),
            EventKind::Feedback(feedback) => self.judged(feedback),
            EventKind::Click(click) => self.clicked(event.at, click),
            _ => {}
        }
        let is_act = matches!(
            event.kind,
            EventKind::PageView(_)
                | EventKind::Prompt(_)
                | EventKind::Click(_)
                | EventKind::Input(_)
                | EventKind::Feedback(_)
        );
        if is_act {
            self.last_act = event.at;
        }
    }

    fn viewed(&mut self, at: Millis, url: &str) {
        let path = text::path(url);
        if self.steps.last().is_some_and(|step| step.path == path) {
            return;
        }
        if self.steps.len() == MOST_STEPS {
            self.steps.remove(MOST_STEPS / 2);
        }
        self.steps.push(Step { at, path });
    }

    fn asked(&mut self, at: Millis, prompt: &Prompt) {
        if self.questions.len() == MOST_QUESTIONS {
            return;
        }
        let terms = terms(&prompt.text);
        if let Some(before) = self.questions.last_mut()
            && at - before.at <= self.settings.again_within_ms
        {
            before.again |= share(&before.terms, &terms) >= SAME_QUESTION;
            before.corrected |= phrases::is_correction(&prompt.text);
        }
        self.questions.push(Question {
            at,
            id: prompt.id.clone(),
            reply_id: String::new(),
            text: text::cut(&prompt.text, LONGEST_TEXT),
            terms,
            path: self.steps.last().map(|step| step.path.clone()).unwrap_or_default(),
            replied: None,
            answered: false,
            feedback: 0,
            again: false,
            corrected: false,
            raged: false,
        });
    }

    fn replied(&mut self, at: Millis, reply: &Reply) {
        let question = if reply.to.is_empty() {
            self.questions.last_mut().filter(|question| question.replied.is_none())
        } else {
            self.questions.iter_mut().rev().find(|question| question.id == reply.to)
        };
        let Some(question) = question else { return };
        let seems =
            || !reply.text.trim().is_empty() && !phrases::is_refusal(&reply.text, &self.settings.refusals);
        question.answered = reply.answered.unwrap_or_else(seems);
        question.reply_id.clone_from(&reply.id);
        question.replied = Some(at);
    }

    fn judged(&mut self, feedback: &Feedback) {
        let of = |question: &&mut Question| question.id == feedback.id || question.reply_id == feedback.id;
        if let Some(question) = self.questions.iter_mut().rev().find(of) {
            question.feedback = feedback.value;
        }
    }

    fn clicked(&mut self, at: Millis, click: &Click) {
        let is_near = |x: i32, y: i32| {
            (x - click.x).saturating_abs() <= ANGRY_REACH && (y - click.y).saturating_abs() <= ANGRY_REACH
        };
        self.clicks.retain(|(then, x, y)| at - then <= ANGRY_CLICKS_WITHIN && is_near(*x, *y));
        self.clicks.push((at, click.x, click.y));
        if self.clicks.len() >= 3
            && let Some(question) = self.questions.last_mut()
        {
            question.raged |= question.replied.is_some_and(|replied| at - replied <= ANGRY_WITHIN);
        }
    }

    /// What reporters will count on.
    pub fn facts(self, end: Millis) -> Vec<Fact> {
        let way: Vec<String> = self.steps.iter().map(|step| format!("{} {}", step.at, step.path)).collect();
        let asked = u32::try_from(self.questions.len()).unwrap_or(u32::MAX);
        let visit = Fact::new("visit", 0)
            .field("way", way.join("\n"))
            .field("questions", asked)
            .field("ended", self.last_act);
        let mut facts = vec![visit];
        for question in &self.questions {
            let is_left = question.replied.is_some_and(|replied| {
                self.last_act <= replied && end - replied.min(end) <= self.settings.left_within_ms
            });
            facts.push(question.fact(is_left));
        }
        facts
    }
}

impl Question {
    fn fact(&self, left: bool) -> Fact {
        Fact::new("question", self.at)
            .field("text", self.text.as_str())
            .field("terms", self.terms.join(" "))
            .field("language", language::detect(&self.text))
            .field("path", self.path.as_str())
            .field("answered", self.answered)
            .field("feedback", f64::from(self.feedback))
            .field("again", self.again)
            .field("corrected", self.corrected)
            .field("raged", self.raged)
            .field("left", left)
    }
}

/// How much two questions have in common, from 0 to 1.
fn share(one: &[String], other: &[String]) -> f64 {
    let common = one.iter().filter(|term| other.contains(term)).count();
    let all = one.len() + other.len() - common;
    if all == 0 { 0.0 } else { common as f64 / all as f64 }
}
