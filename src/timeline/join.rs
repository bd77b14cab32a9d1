//! The streams of a session as one timeline.
//!
//! Events are mixed by time, pages are numbered as they are met. What only the whole
//! session can tell is put right: whether a page was loaded again, and whether a pause in
//! one tab was one in all of them.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::block::{self, Block, Kinds, Writer};
use super::event::{Event, Kind, Millis, PageCause};

/// A pause that is shorter once other tabs are looked at is none.
const IDLE_MS: Millis = 5_000;

/// Joins the timelines of the streams of a session, in the order in which the streams
/// began. Each event of the whole is shown to `see` as it is written.
pub fn join(streams: Vec<Vec<Block>>, mut see: impl FnMut(&Event)) -> Result<Vec<Block>, block::Error> {
    let mut streams: Vec<Reading> = streams.into_iter().map(Reading::of).collect();
    let mut next = BinaryHeap::new();
    for (index, stream) in streams.iter_mut().enumerate() {
        next.extend(stream.next_at()?.map(|at| Reverse((at, index))));
    }
    let mut session = Session::default();
    let mut writer = Writer::default();
    while let Some(Reverse((_, index))) = next.pop() {
        let Some(event) = streams[index].take() else { continue };
        let at = streams[index].next_at()?;
        next.extend(at.map(|at| Reverse((at, index))));
        if let Some(event) = session.place(event, index, at.is_some()) {
            see(&event);
            writer.push(&event);
        }
    }
    Ok(writer.finish())
}

/// A stream that is read block by block.
struct Reading {
    blocks: std::vec::IntoIter<Block>,
    events: std::iter::Peekable<std::vec::IntoIter<Event>>,
}

impl Reading {
    fn of(blocks: Vec<Block>) -> Self {
        Self { blocks: blocks.into_iter(), events: Vec::new().into_iter().peekable() }
    }

    /// When the next event happened.
    fn next_at(&mut self) -> Result<Option<Millis>, block::Error> {
        while self.events.peek().is_none() {
            let Some(block) = self.blocks.next() else { return Ok(None) };
            self.events = block::read(&block.bytes, Kinds::ALL)?.into_iter().peekable();
        }
        Ok(self.events.peek().map(|event| event.at))
    }

    fn take(&mut self) -> Option<Event> {
        self.events.next()
    }
}

/// What is known of the whole so far.
#[derive(Default)]
struct Session {
    pages: u32,
    /// The number in the session of each stream's page, by its number in the stream.
    numbers: HashMap<(usize, u32), u32>,
    /// The page that began last: its URL, its stream, and whether that is over.
    last_page: Option<(String, usize, bool)>,
    /// When something was done last and the time before in another stream.
    done: Option<(usize, Millis)>,
    done_elsewhere: Option<(usize, Millis)>,
}

impl Session {
    /// An event of a stream as one of the session; none if the session makes it untrue.
    fn place(&mut self, mut event: Event, stream: usize, goes_on: bool) -> Option<Event> {
        let pages = &mut self.pages;
        event.page = *self.numbers.entry((stream, event.page)).or_insert_with(|| {
            *pages += 1;
            *pages - 1
        });
        match &mut event.kind {
            Kind::PageView { url, cause, .. } => {
                let is_same = self.last_page.as_ref().is_some_and(|(last_url, last_stream, is_over)| {
                    last_url == url && *last_stream != stream && *is_over
                });
                if *cause == PageCause::Load && is_same {
                    *cause = PageCause::Reload;
                }
                self.last_page = Some((url.clone(), stream, false));
            }
            Kind::Idle { lasted } => {
                let elsewhere = [self.done, self.done_elsewhere].into_iter().flatten();
                let elsewhere = elsewhere.filter(|(other, _)| *other != stream).map(|(_, at)| at).max();
                let since_elsewhere = elsewhere.map_or(*lasted, |at| event.at.saturating_sub(at));
                *lasted = (*lasted).min(since_elsewhere);
                if *lasted < IDLE_MS {
                    return None;
                }
            }
            kind if is_done(kind) => self.note_done(stream, event.at),
            _ => {}
        }
        if let Some((_, last_stream, is_over)) = &mut self.last_page
            && *last_stream == stream
        {
            *is_over = !goes_on;
        }
        Some(event)
    }

    fn note_done(&mut self, stream: usize, at: Millis) {
        if self.done.is_some_and(|(last, _)| last != stream) {
            self.done_elsewhere = self.done;
        }
        self.done = Some((stream, at));
    }
}

/// Whether it is something that the visitor does.
fn is_done(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Click { .. }
            | Kind::Input { .. }
            | Kind::Scroll { .. }
            | Kind::Pointer { .. }
            | Kind::Resize { .. }
            | Kind::Selection { .. }
            | Kind::Copy { .. }
            | Kind::Prompt { .. }
            | Kind::Feedback { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(at: Millis, page: u32, url: &str) -> Event {
        let kind = Kind::PageView {
            url: url.to_owned(),
            title: String::new(),
            cause: PageCause::Load,
            width: 1,
            height: 1,
        };
        Event { at, page, kind }
    }

    fn pointer(at: Millis, page: u32) -> Event {
        Event { at, page, kind: Kind::Pointer { x: 0, y: 0 } }
    }

    fn joined(streams: &[&[Event]]) -> Vec<Event> {
        let write = |events: &&[Event]| {
            let mut writer = Writer::default();
            events.iter().for_each(|event| writer.push(event));
            writer.finish()
        };
        let mut events = Vec::new();
        let blocks = join(streams.iter().map(write).collect(), |event| events.push(event.clone()));
        let stored: Vec<Event> = blocks
            .expect("blocks")
            .iter()
            .flat_map(|block| block::read(&block.bytes, Kinds::ALL).expect("events"))
            .collect();
        assert_eq!(stored, events, "what is seen is what is written");
        events
    }

    #[test]
    fn tabs_are_mixed_by_time_and_their_pages_counted() {
        let one = [view(0, 0, "a"), pointer(10, 0), view(40, 1, "b"), pointer(41, 1)];
        let other = [view(20, 0, "c"), pointer(50, 0)];
        let events = joined(&[&one, &other]);
        let told: Vec<(Millis, u32)> = events.iter().map(|event| (event.at, event.page)).collect();
        assert_eq!(told, [(0, 0), (10, 0), (20, 1), (40, 2), (41, 2), (50, 1)]);
    }

    #[test]
    fn a_page_that_comes_again_was_reloaded_unless_it_is_another_tab() {
        let causes = |streams: &[&[Event]]| -> Vec<PageCause> {
            let cause = |event: &Event| match event.kind {
                Kind::PageView { cause, .. } => Some(cause),
                _ => None,
            };
            joined(streams).iter().filter_map(cause).collect()
        };
        let again = [view(30, 0, "a")];
        assert_eq!(
            causes(&[&[view(0, 0, "a"), pointer(10, 0)], &again]),
            [PageCause::Load, PageCause::Reload]
        );
        assert_eq!(causes(&[&[view(0, 0, "a"), pointer(99, 0)], &again]), [PageCause::Load, PageCause::Load]);
    }

    #[test]
    fn a_pause_is_one_in_all_tabs() {
        let idle = |at, lasted| Event { at, page: 0, kind: Kind::Idle { lasted } };
        let alone = [pointer(0, 0), idle(20_000, 20_000), pointer(20_000, 0)];
        let lasted = |streams: &[&[Event]]| -> Vec<Millis> {
            let lasted = |event: &Event| match event.kind {
                Kind::Idle { lasted } => Some(lasted),
                _ => None,
            };
            joined(streams).iter().filter_map(lasted).collect()
        };
        assert_eq!(lasted(&[&alone]), [20_000]);
        assert_eq!(lasted(&[&alone, &[pointer(12_000, 0)]]), [8_000]);
        assert_eq!(lasted(&[&alone, &[pointer(12_000, 0), pointer(16_000, 0)]]), [0; 0]);
    }
}
