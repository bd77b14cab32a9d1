//! The server on the open internet: proxies, encryption, limits, and clients that mean no good.

mod clear_text;
mod forwarded;
mod headers;
mod limits;
mod proxies;
pub mod secure;
mod sockets;
mod tls;
