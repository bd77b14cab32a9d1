//! Hindsight: a self-hosted session-recording server in one binary.
//!
//! The path of an event: a page's recorder uploads a batch, `web` reads it,
//! `ingest` inflates and checks it, `store` commits it and only then is it
//! answered; `finish` completes the session; `web` lists it, and serves the bytes
//! that came to the player. Data flows one way, and no module reaches back: who may
//! use whom stands in `ARCHITECTURE.md` and is held by `tests/tidy.rs`.

pub mod accounts;
pub mod allocator;
pub mod answers;
pub mod backup;
pub mod cli;
pub mod clients;
pub mod clock;
pub mod config;
pub mod disk;
pub mod embedded;
pub mod export;
pub mod finish;
pub mod ingest;
pub mod masking;
pub mod measure;
pub mod model;
pub mod moving;
pub mod openid;
pub mod pieces;
pub mod playback;
pub mod plugins;
pub mod privacy;
pub mod rrweb;
pub mod segment;
pub mod stop;
pub mod store;
pub mod timeline;
pub mod unfinished;
pub mod watch;
pub mod web;
pub mod webhooks;
