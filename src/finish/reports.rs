//! Reports that somebody asked for: which plugins make some, what waits, and how far
//! the one is that is being made.
//!
//! Pages hold [`Reports`], the maker holds [`Orders`]. What waits is not kept over a
//! restart: whoever asked is told, and asks again. Nothing here makes or stores a report.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use crate::model::{ConnectionId, TimestampMs};

/// So many may wait; a report takes seconds.
const MAX_WAITING: usize = 8;

/// So many that failed are remembered, so that somebody reads why.
const MAX_FAILED: usize = 20;

/// What is said of one whose maker went away.
const ABANDONED: &str = "The server stopped before the report was made. Ask for it again.";

/// A plugin that makes reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reporter {
    /// Its name.
    pub plugin: String,
    /// What its reports say, in a sentence.
    pub description: String,
}

/// A report that somebody asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Tells it from others since the start of the server.
    pub number: u64,
    /// The connection that it is about.
    pub connection: ConnectionId,
    /// The plugin that is to make it.
    pub plugin: String,
    /// The begin of the time that it is about, by the server's clock.
    pub from: TimestampMs,
    /// Its end.
    pub to: TimestampMs,
    /// How far it is.
    pub state: State,
}

/// How far a report is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Others are made first.
    Waiting,
    /// The plugin has been given so many sessions of so many.
    Running {
        /// Sessions that it was given.
        done: u64,
        /// Sessions in all; 0 while they are not counted.
        total: u64,
    },
    /// It was not made, for this reason.
    Failed(String),
}

/// Why a report is not going to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such plugin, or it makes no reports.
    #[error("the plugin makes no reports")]
    UnknownPlugin,
    /// Too many wait already.
    #[error("{MAX_WAITING} reports wait already")]
    Full,
}

#[derive(Default)]
struct Board {
    reporters: Vec<Reporter>,
    /// In the order in which they were asked for.
    orders: Vec<Order>,
    next: u64,
    /// Counts the changes.
    version: u64,
}

#[derive(Clone)]
struct Shared(Arc<watch::Sender<Board>>);

impl Shared {
    /// Changes the board; `work` answers whether it did.
    fn change(&self, work: impl FnOnce(&mut Board) -> bool) {
        self.0.send_if_modified(|board| {
            let changed = work(board);
            board.version += u64::from(changed);
            changed
        });
    }
}

/// The pages' end. Clones share it.
#[derive(Clone)]
pub struct Reports {
    board: Shared,
    orders: mpsc::Sender<u64>,
}

/// The maker's end. Dropped, no report can be asked for any more.
pub struct Orders {
    board: Shared,
    orders: mpsc::Receiver<u64>,
}

/// A report that is being made. Dropped before it is [`done`](Making::done), it has failed.
pub struct Making {
    board: Shared,
    /// What was asked for.
    pub order: Order,
    is_settled: bool,
}

/// Learns that something about the reports has changed.
pub struct Changes(watch::Receiver<Board>);

/// Both ends. No plugin makes reports until the maker [offers](Orders::offer) some.
pub fn channel() -> (Reports, Orders) {
    let board = Shared(Arc::new(watch::Sender::new(Board::default())));
    let (sender, receiver) = mpsc::channel(MAX_WAITING);
    (Reports { board: board.clone(), orders: sender }, Orders { board, orders: receiver })
}

impl Reports {
    /// The plugins that make reports.
    pub fn reporters(&self) -> Vec<Reporter> {
        self.board.0.borrow().reporters.clone()
    }

    /// What was asked for about a connection and is not there, in the order in which it was asked for.
    pub fn orders(&self, connection: ConnectionId) -> Vec<Order> {
        let board = self.board.0.borrow();
        board.orders.iter().filter(|order| order.connection == connection).cloned().collect()
    }

    /// Asks for a report about a time. One that waits already, or is being made, is not made twice.
    pub fn request(
        &self,
        connection: ConnectionId,
        plugin: &str,
        from: TimestampMs,
        to: TimestampMs,
    ) -> Result<(), Refused> {
        if !self.board.0.borrow().reporters.iter().any(|reporter| reporter.plugin == plugin) {
            return Err(Refused::UnknownPlugin);
        }
        let permit = self.orders.try_reserve().map_err(|_| Refused::Full)?;
        let mut added = None;
        self.board.change(|board| {
            added = board.add(connection, plugin, from, to);
            added.is_some()
        });
        if let Some(number) = added {
            permit.send(number);
        }
        Ok(())
    }

    /// Grows with every change.
    pub fn version(&self) -> u64 {
        self.board.0.borrow().version
    }

    /// Learns of every change from now on.
    pub fn changes(&self) -> Changes {
        Changes(self.board.0.subscribe())
    }
}

impl Board {
    fn add(
        &mut self,
        connection: ConnectionId,
        plugin: &str,
        from: TimestampMs,
        to: TimestampMs,
    ) -> Option<u64> {
        let is_of_plugin = |order: &Order| order.connection == connection && order.plugin == plugin;
        let is_open = |order: &Order| !matches!(order.state, State::Failed(_));
        if self
            .orders
            .iter()
            .any(|order| is_of_plugin(order) && is_open(order) && (order.from, order.to) == (from, to))
        {
            return None;
        }
        // Whoever asks again has read why the former one failed.
        self.orders.retain(|order| !is_of_plugin(order) || is_open(order));
        self.next += 1;
        let (number, plugin) = (self.next, plugin.to_owned());
        self.orders.push(Order { number, connection, plugin, from, to, state: State::Waiting });
        Some(number)
    }

    fn fail(&mut self, number: u64, reason: &str) -> bool {
        if let Some(order) = self.orders.iter_mut().find(|order| order.number == number) {
            order.state = State::Failed(reason.to_owned());
        }
        let failed = |order: &Order| matches!(order.state, State::Failed(_));
        if self.orders.iter().filter(|order| failed(order)).count() > MAX_FAILED
            && let Some(oldest) = self.orders.iter().position(failed)
        {
            self.orders.remove(oldest);
        }
        true
    }
}

impl Changes {
    /// Waits for the next change and answers the version after it. `None` when there will be none.
    pub async fn next(&mut self) -> Option<u64> {
        self.0.changed().await.ok()?;
        Some(self.0.borrow_and_update().version)
    }
}

impl Orders {
    /// Says which plugins make reports from now on.
    pub fn offer(&self, reporters: Vec<Reporter>) {
        self.board.change(|board| {
            let changed = board.reporters != reporters;
            board.reporters = reporters;
            changed
        });
    }

    /// Waits for the next report to be made. `None` when nobody can ask for one any more.
    pub async fn next(&mut self) -> Option<Making> {
        loop {
            let number = self.orders.recv().await?;
            let order = self.board.0.borrow().orders.iter().find(|order| order.number == number).cloned();
            if let Some(order) = order {
                let making = Making { board: self.board.clone(), order, is_settled: false };
                making.progress(0, 0);
                return Some(making);
            }
        }
    }
}

impl Drop for Orders {
    fn drop(&mut self) {
        self.board.change(|board| {
            board.reporters.clear();
            for order in board.orders.iter_mut().filter(|order| order.state == State::Waiting) {
                order.state = State::Failed(ABANDONED.to_owned());
            }
            true
        });
    }
}

impl Making {
    /// Says how far it is.
    pub fn progress(&self, done: u64, total: u64) {
        let state = State::Running { done, total };
        self.board.change(|board| {
            let order = board.orders.iter_mut().find(|order| order.number == self.order.number);
            order.is_some_and(|order| std::mem::replace(&mut order.state, state.clone()) != state)
        });
    }

    /// The report is stored.
    pub fn done(mut self) {
        self.is_settled = true;
        self.board.change(|board| {
            board.orders.retain(|order| order.number != self.order.number);
            true
        });
    }

    /// It was not made, for a reason in one sentence.
    pub fn failed(mut self, reason: &str) {
        self.is_settled = true;
        self.board.change(|board| board.fail(self.order.number, reason));
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        if !self.is_settled {
            self.board.change(|board| board.fail(self.order.number, ABANDONED));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: ConnectionId = ConnectionId(1);

    fn open() -> (Reports, Orders) {
        let (reports, orders) = channel();
        orders.offer(vec![Reporter { plugin: "gaps".to_owned(), description: String::new() }]);
        (reports, orders)
    }

    fn states(reports: &Reports) -> Vec<State> {
        reports.orders(SHOP).into_iter().map(|order| order.state).collect()
    }

    #[tokio::test]
    async fn a_report_is_asked_for_followed_and_gone_when_it_is_stored() {
        let (reports, mut orders) = open();
        let mut changes = reports.changes();
        reports.request(SHOP, "gaps", 0, 10).expect("taken");
        assert_eq!(changes.next().await, Some(reports.version()));
        assert_eq!(states(&reports), [State::Waiting]);
        let making = orders.next().await.expect("one waits");
        assert_eq!((making.order.from, making.order.to, making.order.connection), (0, 10, SHOP));
        making.progress(3, 40);
        assert_eq!(states(&reports), [State::Running { done: 3, total: 40 }]);
        assert!(reports.orders(ConnectionId(2)).is_empty(), "another connection does not see it");
        making.done();
        assert!(states(&reports).is_empty());
    }

    #[tokio::test]
    async fn the_same_report_is_not_made_twice() {
        let (reports, mut orders) = open();
        for _ in 0..3 {
            reports.request(SHOP, "gaps", 0, 10).expect("taken");
        }
        let making = orders.next().await.expect("one waits");
        reports.request(SHOP, "gaps", 0, 10).expect("it is being made");
        making.done();
        assert!(orders.orders.try_recv().is_err());
    }

    #[tokio::test]
    async fn what_fails_says_why_until_it_is_asked_for_again() {
        let (reports, mut orders) = open();
        reports.request(SHOP, "gaps", 0, 10).expect("taken");
        orders.next().await.expect("one waits").failed("It ran out of memory.");
        assert_eq!(states(&reports), [State::Failed("It ran out of memory.".to_owned())]);
        reports.request(SHOP, "gaps", 0, 10).expect("taken");
        assert_eq!(states(&reports), [State::Waiting]);
        drop(orders.next().await.expect("one waits"));
        assert_eq!(states(&reports), [State::Failed(ABANDONED.to_owned())]);
    }

    #[tokio::test]
    async fn there_is_a_limit_and_a_closed_door() {
        let (reports, orders) = open();
        assert_eq!(reports.request(SHOP, "other", 0, 10), Err(Refused::UnknownPlugin));
        for to in 0..MAX_WAITING as i64 {
            reports.request(SHOP, "gaps", 0, to).expect("taken");
        }
        assert_eq!(reports.request(SHOP, "gaps", 0, 1000), Err(Refused::Full));
        drop(orders);
        assert_eq!(reports.request(SHOP, "gaps", 0, 1), Err(Refused::UnknownPlugin));
        assert_eq!(states(&reports), vec![State::Failed(ABANDONED.to_owned()); MAX_WAITING]);
    }
}
