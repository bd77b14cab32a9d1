//! Somebody whom another system knows and vouches for.

/// The one that vouches when it is a proxy in front of the server. OpenID providers are named
/// by their addresses.
pub const PROXY: &str = "proxy";

/// What another system says of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    /// Who says it: the issuer of an OpenID provider, or `PROXY`.
    pub by: String,
    /// Who it is there, for ever.
    pub subject: String,
    /// What they are called.
    pub name: String,
    /// Their address, if it is known that it is theirs.
    pub email: Option<String>,
    /// The groups that they are in.
    pub groups: Vec<String>,
}
