//! The kinds of entries.

/// Writes the kinds with their names, once for each.
macro_rules! kinds {
    ($($kind:ident = $name:literal: $words:literal,)+) => {
        /// What can be done, with its name and the words for it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum What {
            $(#[doc = $words] $kind,)+
        }

        impl What {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$kind,)+];

            /// As it is stored, and stands in addresses and exports.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)+ }
            }

            /// As people say it.
            pub fn words(self) -> &'static str {
                match self { $(Self::$kind => $words,)+ }
            }

            /// The kind of this name.
            pub fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$kind),)+ _ => None }
            }
        }
    };
}

kinds! {
    SessionWatched = "session-watched": "Watched a session",
    SessionDownloaded = "session-downloaded": "Downloaded a session",
    DataExported = "data-exported": "Exported data",
    PersonExported = "person-exported": "Exported a person's data",
    PersonErased = "person-erased": "Erased a person",
    SessionsDeleted = "sessions-deleted": "Deleted sessions",
    VisitForgotten = "visit-forgotten": "Erased their own visit",
    SessionLookedAt = "session-looked-at": "Let plugins look at a session again",
    SessionPinned = "session-pinned": "Pinned or unpinned a session",
    RetentionRun = "retention-run": "Erased what was outdated",
    ReceiptDownloaded = "receipt-downloaded": "Downloaded a receipt",
    ShareMade = "share-made": "Made a link",
    ShareEnded = "share-ended": "Ended a link",
    ShareRestored = "share-restored": "Let a link work again",
    ShareOpened = "share-opened": "Opened a link",
    ConnectionAdded = "connection-added": "Added a connection",
    ConnectionDeleted = "connection-deleted": "Deleted a connection",
    SettingsChanged = "settings-changed": "Changed settings",
    KeyReplaced = "key-replaced": "Replaced a write key",
    KeysEnded = "keys-ended": "Ended former write keys",
    PluginSwitched = "plugin-switched": "Switched a plugin",
    PluginChanged = "plugin-changed": "Changed a plugin's settings",
    PluginRerun = "plugin-rerun": "Ran a plugin over the past",
    ReportOrdered = "report-ordered": "Asked for a report",
    ReportDeleted = "report-deleted": "Deleted a report",
    BackupMade = "backup-made": "Made a backup",
    BackupRestored = "backup-restored": "Restored a backup",
    DataImported = "data-imported": "Imported recordings",
    LogShortened = "log-shortened": "Removed old entries of this log",
    LogExported = "log-exported": "Exported this log",
    ViewsLost = "views-lost": "Could not record views",
    Login = "login": "Logged in",
    LoginFailed = "login-failed": "Failed to log in",
    Logout = "logout": "Logged out",
    PasswordChanged = "password-changed": "Changed a password",
    UserAdded = "user-added": "Added a user",
    UserChanged = "user-changed": "Changed a user",
    UserRemoved = "user-removed": "Removed a user",
    RoleChanged = "role-changed": "Changed a role",
    TokenMade = "token-made": "Made a token",
    TokenRevoked = "token-revoked": "Revoked a token",
    SessionEnded = "session-ended": "Ended a user's session",
    TotpOn = "totp-on": "Switched a second factor on",
    TotpOff = "totp-off": "Switched a second factor off",
    WebhookChanged = "webhook-changed": "Changed a webhook",
    LeakScan = "leak-scan": "Looked for leaks",
    LeakRemasked = "leak-remasked": "Masked what had leaked",
}
