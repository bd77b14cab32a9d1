//! The real server on a free port, with a temporary folder, spoken to over sockets.

mod bad_input;
mod command_line;
mod deleting;
mod durability;
mod filters;
mod finish;
mod ingest;
mod pages;
mod recordings;
mod replay;
mod routes;
mod server;
mod storage;
