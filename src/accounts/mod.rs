//! How somebody proves who they are: passwords, codes, tokens, and guessing them slowly.
//!
//! Nothing here knows HTTP or where anything is kept.

mod attempts;
pub mod password;
pub mod secret;
pub mod totp;
mod weak;

pub use attempts::{Attempts, Key, Wait};

/// Why a password could not be hashed or compared: never because it is wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The machine gives no random bytes, or no memory.
    #[error("a password could not be hashed")]
    Hash,
    /// The server stops.
    #[error("the server stops")]
    Stopping,
}
