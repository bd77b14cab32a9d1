//! Clicks in anger and clicks that did nothing.
//!
//! Clicks at one place, shortly one after the other, are one burst. A burst is settled when
//! nothing can answer it any more. It is rage when there were enough clicks in a short time
//! and the page did not answer each; it is dead when nothing answered at all. Where nothing
//! answers, the time may be twice as long: so many clicks then have no other cause.

use std::rc::Rc;

use hindsight_plugin::{Button, Click, Element, Event, EventKind, Finding, Millis, Mutation, Severity};

use crate::{Detector, Settings, element, words};

/// What the browser itself does on a click happens at once; later, it was the visitor.
const AT_ONCE: Millis = 300;
/// Requests and pages that were begun by a click are there after this time, if ever.
const LONGEST_WAIT: Millis = 30_000;
/// New content after this time has another cause, even if the visitor did nothing meanwhile.
const LATEST_CONTENT: Millis = 15_000;
/// Parts of the names of classes that only show that something was pressed.
const PRESSED_LOOKS: [&str; 2] = ["ripple", "wave"];
/// A word is marked by two clicks, a paragraph by three.
const MOST_TO_MARK: usize = 3;
/// No visitor leaves more clicks without an answer within that time.
const MOST_OPEN: usize = 64;

/// One click, and when the page answered it.
struct Watched {
    at: Millis,
    target: Rc<Element>,
    answered: Option<Millis>,
}

/// Clicks at one place.
struct Burst {
    x: i32,
    y: i32,
    page: u32,
    /// Whether no recording would show an answer.
    is_unseen: bool,
    clicks: Vec<Watched>,
    /// Text was marked: that is what double and triple clicks are for.
    marked: bool,
}

/// Rage clicks and dead clicks.
pub struct Clicks<'a> {
    settings: &'a Settings,
    url: String,
    /// Bursts that may still be answered, oldest first.
    open: Vec<Burst>,
    /// When the visitor did something for the last time.
    last_act: Millis,
    /// The link that led here: to follow it again changes nothing.
    here: Option<String>,
}

impl<'a> Clicks<'a> {
    /// Has seen nothing yet.
    pub fn new(settings: &'a Settings) -> Self {
        Self { settings, url: String::new(), open: Vec::new(), last_act: 0, here: None }
    }

    fn clicked(&mut self, at: Millis, page: u32, click: &Click) {
        if self.settings.ignore.iter().any(|ignored| click.target.selector.contains(ignored.as_str())) {
            return;
        }
        let (within, reach) = (self.settings.rage_within_ms, self.settings.rage_distance_px);
        let watched = Watched { at, target: Rc::clone(&click.target), answered: None };
        let same = self.open.iter_mut().rev().find(|burst| {
            let apart = burst.x.abs_diff(click.x).max(burst.y.abs_diff(click.y));
            let is_near = i64::from(apart) <= i64::from(reach);
            is_near && burst.page == page && at - burst.last().at <= within
        });
        match same {
            Some(burst) => {
                burst.marked |= click.button == Button::Double && !click.target.interactive;
                burst.clicks.push(watched);
            }
            None => {
                let is_here = self.here.as_ref() == Some(&click.target.selector);
                let is_unseen = is_here || element::answers_unseen(&click.target, &self.url);
                let clicks = vec![watched];
                self.open.push(Burst { x: click.x, y: click.y, page, is_unseen, clicks, marked: false });
            }
        }
    }

    /// Whatever this event answers is answered.
    fn answer(&mut self, event: &Event) {
        let patience = self.settings.dead_after_ms;
        let last_act = self.last_act;
        for burst in &mut self.open {
            if let EventKind::Selection(text) = &event.kind {
                burst.marked |= !text.is_empty();
            }
            for click in burst.clicks.iter_mut().filter(|click| click.answered.is_none()) {
                let since = event.at - click.at;
                let is_answered = match &event.kind {
                    EventKind::Request(request) => {
                        let began = event.at.saturating_sub(request.took);
                        began + AT_ONCE >= click.at && began <= click.at + patience
                    }
                    EventKind::PageView(_) => since <= patience || click.at == last_act,
                    // A page that stands still while it works: slow, and not dead.
                    EventKind::Mutation(mutation) if since > patience => {
                        click.at == last_act && since <= LATEST_CONTENT && element::is_content(mutation)
                    }
                    _ => since <= patience && answers(event, click),
                };
                if is_answered {
                    click.answered = Some(event.at);
                    if click.target.attr("href").is_some() {
                        self.here = Some(click.target.selector.clone());
                    }
                }
            }
        }
    }

    /// Settles what nothing can answer any more.
    fn settle(&mut self, now: Millis, found: &mut Vec<Finding>) {
        let is_over = |burst: &Burst| now - burst.last().at > LONGEST_WAIT;
        let too_many = self.open.len().saturating_sub(MOST_OPEN);
        // Nearly every event settles nothing.
        if too_many == 0 && !self.open.iter().any(is_over) {
            return;
        }
        let mut place = 0;
        let (over, open) = self.open.drain(..).partition(|burst| {
            place += 1;
            place <= too_many || is_over(burst)
        });
        self.open = open;
        for burst in over {
            found.extend(self.judge(&burst, now));
        }
    }

    fn judge(&self, burst: &Burst, now: Millis) -> Option<Finding> {
        // What would have answered may have come after the recording: rage needs no answer.
        let is_watched = now - burst.last().at > self.settings.dead_after_ms;
        if burst.marks_text() || burst.is_unseen {
            return None;
        }
        let is_dead = burst.clicks.iter().all(|click| click.answered.is_none());
        let is_dead = is_dead && is_watched;
        if burst.is_rage(self.settings, is_dead) {
            return Some(rage(burst, is_dead));
        }
        let expects = burst.target().interactive || burst.clicks.len() > 1;
        (is_dead && expects).then(|| dead(burst))
    }
}

impl Detector for Clicks<'_> {
    fn see(&mut self, event: &Event, found: &mut Vec<Finding>) {
        self.settle(event.at, found);
        self.answer(event);
        if element::is_act(&event.kind) {
            self.last_act = event.at;
        }
        match &event.kind {
            EventKind::PageView(view) => self.url.clone_from(&view.url),
            EventKind::Click(click)
                if matches!(click.button, Button::Primary | Button::Double | Button::Tap) =>
            {
                self.clicked(event.at, event.page, click);
            }
            _ => {}
        }
    }

    fn end(&mut self, at: Millis, found: &mut Vec<Finding>) {
        for burst in std::mem::take(&mut self.open) {
            found.extend(self.judge(&burst, at));
        }
    }
}

impl Burst {
    fn last(&self) -> &Watched {
        self.clicks.last().expect("a burst begins with a click")
    }

    fn target(&self) -> &Element {
        &self.clicks[0].target
    }

    fn lasted(&self) -> Millis {
        self.last().at - self.clicks[0].at
    }

    /// Text is marked by two or three clicks; more, or on what is no text, are something else.
    fn marks_text(&self) -> bool {
        self.marked && self.clicks.len() <= MOST_TO_MARK && element::is_text(self.target())
    }

    fn is_rage(&self, settings: &Settings, is_dead: bool) -> bool {
        let enough = settings.rage_clicks;
        let within = if is_dead { 2 * settings.rage_within_ms } else { settings.rage_within_ms };
        let is_fast =
            self.clicks.windows(enough).any(|window| window[enough - 1].at - window[0].at <= within);
        if !is_fast {
            return false;
        }
        let gaps = self.clicks.len() - 1;
        let answered =
            self.clicks.windows(2).filter(|pair| pair[0].answered.is_some_and(|at| at <= pair[1].at)).count();
        let is_answered = answered * 2 >= gaps;
        !is_answered || self.clicks.len() >= enough + 2 && !element::is_repeatable(self.target())
    }
}

/// Whether an event is, or may be, what the page did upon a click.
fn answers(event: &Event, click: &Watched) -> bool {
    let since = event.at - click.at;
    match &event.kind {
        EventKind::Hidden | EventKind::Copy(_) => true,
        EventKind::Mutation(mutation) => is_change(mutation),
        EventKind::Focus(focused) => since <= AT_ONCE && focused.node != click.target.node,
        EventKind::Scroll(_) | EventKind::Input(_) => since <= AT_ONCE,
        // Clicking fast marks the words on a control as well, which is no answer of the page.
        EventKind::Selection(text) => since <= AT_ONCE && !text.is_empty() && element::is_text(&click.target),
        _ => false,
    }
}

/// Whether a mutation is more than a look that tells that something was pressed.
fn is_change(mutation: &Mutation) -> bool {
    let class =
        mutation.target.as_ref().and_then(|target| target.attr("class")).unwrap_or_default().to_lowercase();
    !PRESSED_LOOKS.iter().any(|look| class.contains(look))
}

fn rage(burst: &Burst, is_dead: bool) -> Finding {
    let count = burst.clicks.len();
    let outcome = if is_dead {
        "; nothing happened".to_owned()
    } else {
        let first = burst.clicks.iter().filter_map(|click| click.answered).min();
        let late = first.filter(|at| *at > burst.last().at).map(|at| at - burst.clicks[0].at);
        late.map_or(String::new(), |late| format!("; the page answered after {}", words::span(late)))
    };
    let name = words::name(burst.target());
    let title = format!("Clicked {name} {count} times in {}{outcome}", words::span(burst.lasted()));
    Finding::new("rage-click", Severity::High, title, burst.clicks[0].at)
        .until(burst.last().at)
        .on(burst.target())
        .field("clicks", u32::try_from(count).unwrap_or(u32::MAX))
        .field("label", burst.target().label.as_str())
        .field("dead", is_dead)
}

fn dead(burst: &Burst) -> Finding {
    let times = match burst.clicks.len() {
        1 => String::new(),
        2 => " twice".to_owned(),
        count => format!(" {count} times"),
    };
    let title = format!("Clicked {}{times}; nothing happened", words::name(burst.target()));
    Finding::new("dead-click", Severity::Medium, title, burst.clicks[0].at)
        .on(burst.target())
        .field("label", burst.target().label.as_str())
}
