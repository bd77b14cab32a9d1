//! What every handler can reach.

use std::sync::Arc;

use super::accounts::Doors;
use super::assets::Assets;
use super::audited::Looks;
use super::clients::Clients;
use super::draining::Draining;
use super::operations::{Pace, Reloads};
use super::page::Templates;
use super::share;
use super::tokens::TokenRates;
use super::traffic::Traffic;
use super::who::Who;
use crate::accounts::Attempts;
use crate::answers::Answers;
use crate::backup;
use crate::clock::Clock;
use crate::config::{Live, Settings};
use crate::finish::reports::Reports;
use crate::ingest::{Ingest, Keys, Rates, Refusals, Sightings};
use crate::model::{Connection, ConnectionId};
use crate::openid::Provider;
use crate::plugins::Host;
use crate::stop::Stopping;
use crate::store::{Scope, Store};
use crate::unfinished::Unfinished;

/// The parts of the running server. Clones share them.
#[derive(Clone)]
pub struct App {
    parts: Arc<Parts>,
    /// The settings as they were when this was asked for.
    pub settings: Arc<Settings>,
    /// For whom it works.
    asker: Who,
}

/// See [`App`].
pub struct Parts {
    /// The settings as they are now.
    pub live: Live,
    /// What time it is.
    pub clock: Clock,
    /// Recordings and lists.
    pub store: Store,
    /// The way of uploads into the store.
    pub ingest: Ingest,
    /// Which connection a write key belongs to.
    pub keys: Keys,
    /// How often uploads may come.
    pub rates: Rates,
    /// How often may be asked.
    pub ask_rates: Rates,
    /// How often anything else may be asked for by those who have not logged in.
    pub request_rates: Rates,
    /// How often each token may ask.
    pub token_rates: TokenRates,
    /// Whoever answers visitors.
    pub answers: Answers,
    /// What uploads were refused for.
    pub refusals: Refusals,
    /// What pages asked for and were refused, for the doctor.
    pub sightings: Sightings,
    /// The plugins that are live.
    pub plugins: Host,
    /// Asking for reports.
    pub reports: Reports,
    /// The timelines of sessions that are not finished.
    pub unfinished: Unfinished,
    /// The HTML pages.
    pub(super) templates: Templates,
    /// Scripts, styles and fonts.
    pub(super) assets: Assets,
    /// How often passwords of links were tried.
    pub(super) guests: Attempts,
    /// The OpenID provider that people may log in through.
    pub(super) openid: Option<Provider>,
    /// What the login remembers.
    pub(super) doors: Doors,
    /// What is known of the clients of other recorders.
    pub(super) clients: Clients,
    /// What was looked at and is not in the audit log yet.
    pub(super) looks: Looks,
    /// How browsers reach the server, without a slash at the end.
    pub public_url: String,
    /// The connection that the demo shop records to, when the demo is served.
    pub demo: Option<ConnectionId>,
    /// Learns when the server stops.
    pub stopping: Stopping,
    /// Whether it was told to.
    pub draining: Draining,
    /// What was answered.
    pub traffic: Traffic,
    /// How fast uploads came lately.
    pub(super) pace: Pace,
    /// What came of settings that changed.
    pub reloads: Reloads,
    /// What became of backups.
    pub backups: backup::Log,
}

/// What [`App::new`] is given.
pub struct Start {
    /// The settings.
    pub settings: Settings,
    /// What time it is.
    pub clock: Clock,
    /// The open store.
    pub store: Store,
    /// The plugins that are live.
    pub plugins: Host,
    /// Asking for reports.
    pub reports: Reports,
    /// How browsers reach the server.
    pub public_url: String,
    /// The connection of the demo shop, to serve the demo.
    pub demo: Option<ConnectionId>,
    /// Learns when the server is to stop.
    pub stopping: Stopping,
}

impl App {
    /// Starts the parts that run by themselves and reads the templates.
    pub fn new(start: Start) -> anyhow::Result<Self> {
        let assets = Assets::new(&start.settings.recorder);
        let templates = Templates::load(&start.settings.pages.templates_dir, &assets)?;
        let live = Live::from(start.settings.clone());
        let ingest = Ingest::start(start.store.clone(), &live)?;
        let rates = Rates::new(&start.settings.ingest, start.clock.clone());
        let ask_rates = Rates::of_questions(&start.settings.answers, start.clock.clone());
        let request_rates = Rates::of_requests(&start.settings.server, start.clock.clone());
        let token_rates = TokenRates::new(&start.clock);
        let answers = Answers::new(&start.settings, start.clock.clone(), start.stopping.clone())?;
        let openid = Provider::new(&start.settings, start.clock.clone(), &start.public_url)?;
        let refusals = Refusals::new(start.clock.clone());
        let sightings = Sightings::new(start.clock.clone());
        let keys = Keys::new(start.store.clone(), start.clock.clone());
        let parts = Parts {
            unfinished: Unfinished::new(start.store.clone(), start.stopping.clone()),
            clock: start.clock,
            store: start.store,
            ingest,
            keys,
            rates,
            ask_rates,
            request_rates,
            token_rates,
            answers,
            refusals,
            sightings,
            plugins: start.plugins,
            reports: start.reports,
            templates,
            assets,
            guests: share::attempts(),
            openid,
            doors: Doors::default(),
            clients: Clients::default(),
            looks: Looks::default(),
            public_url: start.public_url,
            demo: start.demo,
            stopping: start.stopping,
            live,
            draining: Draining::default(),
            traffic: Traffic::default(),
            pace: Pace::default(),
            reloads: Reloads::default(),
            backups: backup::Log::default(),
        };
        let settings = parts.live.now();
        Ok(Self { parts: Arc::new(parts), settings, asker: Who::nobody() })
    }

    /// The same server, as it works for somebody by the settings that it had when it was asked.
    pub fn asked_by(&self, asker: Who) -> Self {
        Self { parts: Arc::clone(&self.parts), settings: Arc::clone(&self.settings), asker }
    }

    /// The same server by the settings of this moment, for nobody yet.
    pub fn now(&self) -> Self {
        Self { parts: Arc::clone(&self.parts), settings: self.live.now(), asker: Who::nobody() }
    }

    /// Goes by other settings from now on.
    pub fn set_settings(&self, settings: Settings) {
        self.rates.set_uploads(&settings.ingest);
        self.ask_rates.set_questions(&settings.answers);
        self.request_rates.set_requests(&settings.server);
        self.store.disk().set_settings(&settings.disk);
        self.plugins.set_settings(&settings.plugins.of);
        self.live.set(settings);
    }

    /// Whoever asks.
    pub fn asker(&self) -> &Who {
        &self.asker
    }

    /// What the asker may see.
    pub fn scope(&self) -> Scope {
        self.asker.scope.clone()
    }

    /// What a site puts into its pages to be recorded.
    pub fn snippet(&self, connection: &Connection) -> String {
        format!(
            "<script async src=\"{}{}\" data-connection=\"{}\"></script>",
            self.public_url, self.settings.recorder.script_path, connection.write_key
        )
    }

    /// What a site puts into its pages to have the chat in them, which records as well.
    pub fn widget_snippet(&self, connection: &Connection) -> String {
        format!(
            "<script async src=\"{}{}\" data-connection=\"{}\"></script>",
            self.public_url, self.settings.recorder.widget_path, connection.write_key
        )
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}
