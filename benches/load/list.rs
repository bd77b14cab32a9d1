//! `list`: the pages that list sessions and prompts, and their queries, with few and with many sessions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use anyhow::bail;
use clap::Args;
use hindsight::config::Settings;
use hindsight::model::Severity;
use hindsight::model::{ConnectionId, Status};
use hindsight::store::feed::{Kind, Step};
use hindsight::store::listing::{self, Filter, Order, Page, Place, Prompts};
use hindsight::store::{
    self, Closing, Db, Scope, Store, activity, connections, facets, sessions, visitors, words,
};

use crate::client::Client;
use crate::fill::{Filled, fill};
use crate::meter;
use crate::process::{Server, add_connection};
use crate::table::{Table, grouped, median};

/// The connection that has all sessions.
const CONNECTION: ConnectionId = ConnectionId(1);

/// Sessions on one page, as `config.toml` has it.
const PAGE: usize = 50;

/// What is asked, in three ways: its name, what follows `/connections/1/` in its
/// URL, if it has one, and the functions of the store.
struct Query(&'static str, Option<fn(&Filled) -> String>, fn(&Db, &Filled) -> store::Result<()>);

static QUERIES: [Query; 44] = [
    Query("first page", Some(|_| "sessions".to_owned()), |conn, _| list(conn, &all(), Page::First)),
    Query("older, from the middle", Some(|at| older(at.middle)), |conn, at| {
        list(conn, &all(), Page::OlderThan(Place::at(at.middle)))
    }),
    Query("newer, from the middle", Some(|at| newer(at.middle)), |conn, at| {
        list(conn, &all(), Page::NewerThan(Place::at(at.middle)))
    }),
    Query("last page", Some(|at| older(at.end)), |conn, at| {
        list(conn, &all(), Page::OlderThan(Place::at(at.end)))
    }),
    Query("active, first page", Some(|_| "sessions?status=active".to_owned()), |conn, _| {
        list(conn, &with(Status::Active), Page::First)
    }),
    Query("active, from the middle", Some(|at| older(at.middle) + "&status=active"), |conn, at| {
        list(conn, &with(Status::Active), Page::OlderThan(Place::at(at.middle)))
    }),
    Query("completed, first page", Some(|_| "sessions?status=completed".to_owned()), |conn, _| {
        list(conn, &with(Status::Completed), Page::First)
    }),
    Query("completed, last page", Some(|at| older(at.end) + "&status=completed"), |conn, at| {
        list(conn, &with(Status::Completed), Page::OlderThan(Place::at(at.end)))
    }),
    Query("one session", Some(|at| format!("sessions/{}", at.id)), |conn, at| {
        sessions::find(conn, &Scope::everything(), CONNECTION, &at.id).map(drop)
    }),
    Query("one day", None, |conn, at| list(conn, &of_a_day(at), Page::First)),
    Query("one day, its last page", None, |conn, at| {
        list(conn, &of_a_day(at), Page::NewerThan(Place::at(at.middle - 1)))
    }),
    Query("URL, found often", Some(|_| "sessions?url=category-7".to_owned()), |conn, _| {
        list(conn, &by_url("category-7"), Page::First)
    }),
    Query("URL, found often, from the middle", None, |conn, at| {
        list(conn, &by_url("category-7"), Page::OlderThan(Place::at(at.middle)))
    }),
    Query("URL, found nowhere", None, |conn, _| list(conn, &by_url("checkout/thanks"), Page::First)),
    Query("URL, found nowhere, by LIKE alone", None, |conn, _| scan(conn)),
    Query("visitor", Some(|_| "sessions?visitor=visitor-50".to_owned()), |conn, _| {
        list(conn, &by_visitor(), Page::First)
    }),
    Query("word, found often", Some(|_| "sessions?q=cart".to_owned()), |conn, _| {
        first(conn, by_words("cart "))
    }),
    Query("beginning of a word, found often", None, |conn, _| first(conn, by_words("checko"))),
    Query("word, found seldom", Some(|_| "sessions?q=needle500".to_owned()), |conn, _| {
        first(conn, by_words("needle500"))
    }),
    Query("two words, found nowhere together", None, |conn, _| first(conn, by_words("alpha beta "))),
    Query("phrase", None, |conn, _| first(conn, by_words("\"add to cart\""))),
    Query("visited page", None, |conn, _| {
        first(conn, Filter { words: words::query("", "/category-7"), ..all() })
    }),
    Query("browser, most", Some(|_| "sessions?browser=Firefox".to_owned()), |conn, _| {
        first(conn, Filter { browser: Some("Firefox".to_owned()), ..all() })
    }),
    Query("browser, few", None, |conn, _| {
        first(conn, Filter { browser: Some("Vivaldi".to_owned()), ..all() })
    }),
    Query("with errors", Some(|_| "sessions?errors=any".to_owned()), |conn, _| {
        first(conn, Filter { errors: true, ..all() })
    }),
    Query("unanswered", None, |conn, _| first(conn, Filter { prompts: Some(Prompts::Unanswered), ..all() })),
    Query("grave findings", None, |conn, _| first(conn, Filter { severity: Some(Severity::High), ..all() })),
    Query("kind of finding", None, |conn, _| {
        first(conn, Filter { kind: Some("rage-click".to_owned()), ..all() })
    }),
    Query("tag", None, |conn, _| first(conn, Filter { tag: Some("bug".to_owned()), ..all() })),
    Query("longer than any", Some(|_| "sessions?min_duration=9h".to_owned()), |conn, _| {
        first(conn, Filter { min_duration_ms: Some(9 * 3_600_000), ..all() })
    }),
    Query("not watched", None, |conn, _| {
        first(conn, Filter { watched: Some(("v".to_owned(), false)), ..all() })
    }),
    Query("few, and seldom of them", None, |conn, _| {
        first(
            conn,
            Filter { errors: true, browser: Some("Firefox".to_owned()), min_events: Some(5000), ..all() },
        )
    }),
    Query("longest", Some(|_| "sessions?sort=longest".to_owned()), |conn, _| {
        first(conn, ordered(Order::Longest))
    }),
    Query("most errors of a day", None, |conn, at| {
        first(conn, Filter { order: Order::MostErrors, ..of_a_day(at) })
    }),
    Query("highest score of a browser", None, |conn, _| {
        first(conn, Filter { browser: Some("Firefox".to_owned()), ..ordered(Order::HighestScore) })
    }),
    Query("longest with a word", None, |conn, _| {
        first(conn, Filter { order: Order::Longest, ..by_words("needle") })
    }),
    Query("what a filter offers", None, |conn, _| {
        facets::of_connection(conn, &Scope::everything(), CONNECTION).map(drop)
    }),
    Query("chart of 7 days by the hour", None, |conn, at| chart(conn, at, 7)),
    Query("chart of 45 days by the hour", None, |conn, at| chart(conn, at, 45)),
    Query("activity, first page", Some(|_| "activity".to_owned()), |conn, _| {
        feed(conn, Kind::All, Step::First)
    }),
    Query("activity, from the middle", Some(|at| format!("activity?before=s{}", at.middle)), |conn, at| {
        feed(conn, Kind::All, Step::OlderThan(store::feed::Place { row: at.middle, is_prompt: false }))
    }),
    Query("unanswered, first page", Some(|_| "activity?show=unanswered".to_owned()), |conn, _| {
        feed(conn, Kind::Unanswered, Step::First)
    }),
    Query("visitor's page", Some(|_| "visitors/visitor-50".to_owned()), |conn, _| {
        visitors::find(conn, &Scope::everything(), CONNECTION, "visitor-50", &all()).map(drop)
    }),
    Query("totals", None, |conn, _| connections::totals(conn, &Scope::everything(), CONNECTION).map(drop)),
];

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn list(conn: &Db, filter: &Filter, page: Page) -> store::Result<()> {
    listing::list(conn, &Scope::everything(), CONNECTION, filter, page, PAGE).map(drop)
}

fn first(conn: &Db, filter: Filter) -> store::Result<()> {
    list(conn, &filter, Page::First)
}

fn by_words(text: &str) -> Filter {
    Filter { words: words::query(text, ""), ..all() }
}

fn ordered(order: Order) -> Filter {
    Filter { order, ..all() }
}

fn feed(conn: &Db, kind: Kind, step: Step) -> store::Result<()> {
    let filter = store::feed::Filter { kind, ..Default::default() };
    store::feed::list(conn, &Scope::everything(), CONNECTION, &filter, step, PAGE).map(drop)
}

fn all() -> Filter {
    Filter::default()
}

fn with(status: Status) -> Filter {
    Filter { status: Some(status), ..all() }
}

/// Those of one day in the middle.
fn of_a_day(at: &Filled) -> Filter {
    Filter { from: Some(at.middle_at - DAY_MS), to: Some(at.middle_at), ..all() }
}

fn by_url(text: &str) -> Filter {
    Filter { url: Some(text.to_owned()), ..all() }
}

/// What a search is without an index.
fn scan(conn: &Db) -> store::Result<()> {
    let mut statement =
        conn.prepare_cached("SELECT count(*) FROM session WHERE landing_url LIKE '%checkout/thanks%'")?;
    statement.query_row([], |row| row.get::<_, i64>(0))?;
    Ok(())
}

fn by_visitor() -> Filter {
    Filter { visitor: Some("visitor-50".to_owned()), ..all() }
}

fn chart(conn: &Db, at: &Filled, days: i64) -> store::Result<()> {
    let (from, to) = (at.middle_at - days * DAY_MS, at.middle_at);
    activity::hours(conn, &Scope::everything(), CONNECTION, from, to).map(drop)
}

fn older(than: i64) -> String {
    format!("sessions?before={than}")
}

fn newer(than: i64) -> String {
    format!("sessions?after={than}")
}

/// What the command takes.
#[derive(Args)]
pub struct Arguments {
    /// Sessions in the small database.
    #[arg(long, default_value_t = 1_000)]
    few: i64,
    /// Sessions in the large one.
    #[arg(long, default_value_t = 1_000_000)]
    many: i64,
    /// How often each query is asked in a round.
    #[arg(long, default_value_t = 50)]
    times: usize,
    /// How often all is measured; results are medians.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

/// A database of one size, with a server on it.
struct Size {
    filled: Arc<Filled>,
    _server: Server,
    client: Client,
    store: Store,
    closing: Closing,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.few <= PAGE as i64 {
        bail!("--few must be more than the {PAGE} sessions of one page");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut sizes = [Size::new(arguments.few).await?, Size::new(arguments.many).await?];
        println!("load average {}", meter::load_average());
        let mut measured: Vec<[Vec<Times>; 2]> = QUERIES.iter().map(|_| Default::default()).collect();
        for _ in 0..arguments.rounds {
            for (query, measured) in QUERIES.iter().zip(&mut measured) {
                for (size, measured) in sizes.iter_mut().zip(measured) {
                    measured.push(size.measure(query, arguments.times).await?);
                }
            }
        }
        report(arguments, &measured);
        for size in sizes {
            size.closing.close();
        }
        Ok(())
    })
}

/// Medians of one round, in microseconds.
#[derive(Clone, Copy)]
struct Times {
    /// CPU time of the store's functions.
    store: f64,
    /// From the request to the end of the answer. NaN for what has no URL.
    http: f64,
}

impl Size {
    async fn new(sessions: i64) -> anyhow::Result<Self> {
        let data = tempfile::tempdir()?;
        add_connection(data.path())?;
        println!("writing {} sessions", grouped(sessions as f64));
        let filled = Arc::new(fill(data.path(), sessions, PAGE as i64)?);
        let server = Server::start_on(
            data,
            &[
                // Active sessions are to stay active, however long ago they began.
                ("HINDSIGHT_SESSIONS__IDLE_AFTER_SECONDS", "31536000"),
                // The connection waits while the other database is written.
                ("HINDSIGHT_SERVER__HEADER_TIMEOUT_SECONDS", "3600"),
            ],
        )?;
        let client = Client::connect(server.process.address).await?;
        let mut settings = Settings::load(None, BTreeMap::new())?.store;
        settings.readers = 1;
        let (store, closing) = Store::open_existing(server.data.path(), &settings)?;
        Ok(Self { filled, _server: server, client, store, closing })
    }

    async fn measure(&mut self, query: &'static Query, times: usize) -> anyhow::Result<Times> {
        let Query(name, path, _) = query;
        let mut http = Vec::with_capacity(times);
        if let Some(path) = path {
            let path = format!("/connections/{CONNECTION}/{}", path(&self.filled));
            for _ in 0..times {
                let start = Instant::now();
                let answer = self.client.get(&path, "Accept: text/html\r\n").await?;
                http.push(start.elapsed().as_secs_f64() * 1e6);
                if answer.status != 200 {
                    bail!("{name}: {path} was answered with {}", answer.status);
                }
            }
        }
        Ok(Times { store: self.ask_store(query, times).await?, http: median(http) })
    }

    /// The median over this many times on a connection that has been used before.
    async fn ask_store(&self, query: &'static Query, times: usize) -> anyhow::Result<f64> {
        let Query(_, _, ask) = query;
        let filled = Arc::clone(&self.filled);
        let asked = self.store.read(move |conn| {
            let mut asked = Vec::with_capacity(times);
            for _ in 0..times {
                let start = meter::thread_cpu();
                ask(conn, &filled)?;
                asked.push(meter::thread_cpu().saturating_sub(start).as_secs_f64() * 1e6);
            }
            Ok(asked)
        });
        Ok(median(asked.await?))
    }
}

fn report(arguments: &Arguments, measured: &[[Vec<Times>; 2]]) {
    let size = |sessions: i64| grouped(sessions as f64);
    let (few, many) = (size(arguments.few), size(arguments.many));
    let columns = ["query", &few, &many, "ratio", &format!("page at {few}"), &format!("at {many}"), "ratio"];
    let mut table = Table::new(&columns);
    for (Query(name, ..), [small, large]) in QUERIES.iter().zip(measured) {
        let mut cells = vec![(*name).to_owned()];
        for of in [|times: &Times| times.store, |times: &Times| times.http] {
            let ratio = median(small.iter().zip(large).map(|(small, large)| of(large) / of(small)));
            let times = [small, large].map(|times| median(times.iter().map(of)));
            cells.extend(times.map(|us| or_dash(us, format!("{us:.0} us"))));
            cells.push(or_dash(ratio, format!("{ratio:.2}")));
        }
        table.cells(cells);
    }
    table.print("Lists: CPU time of the store's functions, and time to the whole answer over HTTP");
}

fn or_dash(value: f64, text: String) -> String {
    if value.is_nan() { "–".to_owned() } else { text }
}
