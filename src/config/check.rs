//! What the types of the settings cannot say.

use super::layers::Layers;
use super::{Error, Settings};

impl Settings {
    /// What the types cannot say.
    pub(super) fn check(&self, layers: &Layers) -> Result<(), Error> {
        let paths = [
            ("recorder.ingest_path", &self.recorder.ingest_path),
            ("recorder.script_path", &self.recorder.script_path),
            ("recorder.widget_path", &self.recorder.widget_path),
        ];
        for (key, path) in paths {
            if !is_url_path(path) {
                return Err(layers.invalid(
                    key,
                    format!("is {path:?}, which is not a free path"),
                    "write one like \"/name\" with letters, digits, '-', '_', '.' and '/' that no page of ours has",
                ));
            }
        }
        if !self.server.public_url.is_empty() && !is_web_origin(&self.server.public_url) {
            return Err(layers.invalid(
                "server.public_url",
                format!("is {:?}, which is not a web address", self.server.public_url),
                "write one like \"https://replay.example.org\", or leave it empty",
            ));
        }
        if !self.pages.templates_dir.as_os_str().is_empty() && !self.pages.templates_dir.is_dir() {
            return Err(layers.invalid(
                "pages.templates_dir",
                format!("is {:?}, where there is no folder", self.pages.templates_dir),
                "name a folder, or leave it empty",
            ));
        }
        for (index, (key, path)) in paths.iter().enumerate() {
            if let Some((other, _)) = paths[..index].iter().find(|(_, other)| other == path) {
                return Err(layers.invalid(key, format!("is the same as `{other}`"), "choose two paths"));
            }
        }
        if self.ingest.buffer_bytes < self.ingest.max_body_bytes {
            return Err(layers.invalid(
                "ingest.buffer_bytes",
                format!("is {}, which holds no body of `ingest.max_body_bytes`", self.ingest.buffer_bytes),
                "write a larger number, or a smaller `ingest.max_body_bytes`",
            ));
        }
        self.check_tls(layers)?;
        self.check_logins(layers)?;
        self.check_operation(layers)?;
        let country_header = &self.server.country_header;
        if !country_header.is_empty() && !is_header_name(country_header) {
            return Err(layers.invalid(
                "server.country_header",
                format!("is {country_header:?}, which is no name of a header"),
                "write a name such as \"CF-IPCountry\", or leave it empty",
            ));
        }
        let contact = &self.server.security_contact;
        if !contact.is_empty() && !is_contact(contact) {
            return Err(layers.invalid(
                "server.security_contact",
                format!("is {contact:?}, which is no address to write to"),
                "write one like \"mailto:security@example.org\" or \"https://example.org/security\", or leave it empty",
            ));
        }
        if !is_log_filter(&self.log.level) {
            return Err(layers.invalid(
                "log.level",
                format!("is {:?}, which is no level", self.log.level),
                "write error, warn, info, debug or trace",
            ));
        }
        Ok(())
    }

    /// Backups and figures.
    fn check_operation(&self, layers: &Layers) -> Result<(), Error> {
        if !self.backup.at.is_empty() && self.backup.at_minute().is_none() {
            return Err(layers.invalid(
                "backup.at",
                format!("is {:?}, which is no time of the day", self.backup.at),
                "write one like \"03:00\" (UTC), or leave it empty to go by `backup.every_hours`",
            ));
        }
        if !self.metrics.listen.is_empty() && self.metrics.address().is_none() {
            return Err(layers.invalid(
                "metrics.listen",
                format!("is {:?}, which is no address", self.metrics.listen),
                "write one like \"127.0.0.1:9464\", or leave it empty",
            ));
        }
        Ok(())
    }

    /// A certificate is nothing without its key.
    fn check_tls(&self, layers: &Layers) -> Result<(), Error> {
        let names = ["server.tls_certificate", "server.tls_key"];
        let is_empty =
            [&self.server.tls_certificate, &self.server.tls_key].map(|path| path.as_os_str().is_empty());
        let (missing, there) = match is_empty {
            [true, false] => (names[0], names[1]),
            [false, true] => (names[1], names[0]),
            _ => return Ok(()),
        };
        Err(layers.invalid(missing, format!("is empty, and `{there}` is not"), "name both files, or neither"))
    }
}

impl Settings {
    /// Who says who people are, if not they with a password.
    fn check_logins(&self, layers: &Layers) -> Result<(), Error> {
        let accounts = &self.accounts;
        let oidc = &accounts.oidc;
        let headers = [
            ("accounts.proxy_header", &accounts.proxy_header),
            ("accounts.proxy_email_header", &accounts.proxy_email_header),
            ("accounts.proxy_groups_header", &accounts.proxy_groups_header),
        ];
        let wrong = |key, problem: &str, remedy| Err(layers.invalid(key, problem.to_owned(), remedy));
        for (key, header) in headers {
            if !is_header_name(header) {
                return wrong(
                    key,
                    "is no name of a header",
                    "write a name such as \"Remote-User\", or leave it empty",
                );
            }
        }
        if !accounts.proxy_header.is_empty() && self.server.trusted_proxies.is_empty() {
            return wrong(
                "accounts.proxy_header",
                "is set, and no proxy is trusted, so that nobody could log in by it",
                "name the proxy in `server.trusted_proxies`, or leave it empty",
            );
        }
        if oidc.is_set() && !is_issuer(&oidc.issuer) {
            return wrong(
                "accounts.oidc.issuer",
                "is not an address that a provider has",
                "write one like \"https://auth.example.org/realms/main\", without ? and #, or leave it empty",
            );
        }
        if oidc.is_set() && oidc.client_id.is_empty() {
            return wrong(
                "accounts.oidc.client_id",
                "is empty, and `accounts.oidc.issuer` is not",
                "name both",
            );
        }
        if !oidc.client_secret.0.is_empty() && !oidc.client_secret_file.as_os_str().is_empty() {
            return wrong(
                "accounts.oidc.client_secret",
                "is set, and so is `client_secret_file`",
                "set one of them",
            );
        }
        if oidc.is_set() && !oidc.scopes.split_whitespace().any(|scope| scope == "openid") {
            return wrong(
                "accounts.oidc.scopes",
                "lacks \"openid\"",
                "write it like \"openid profile email\"",
            );
        }
        if !accounts.password && !oidc.is_set() && accounts.proxy_header.is_empty() {
            return wrong(
                "accounts.password",
                "is false, and nothing else says who people are",
                "set `accounts.oidc.issuer` or `accounts.proxy_header`, or leave it true",
            );
        }
        Ok(())
    }
}

/// The first segments of our own paths.
const OWN_PATHS: [&str; 23] = [
    ".well-known",
    "account",
    "api",
    "assets",
    "audit",
    "connections",
    "demo",
    "erase",
    "favicon.svg",
    "go",
    "healthz",
    "invitation",
    "login",
    "logout",
    "operations",
    "privacy",
    "problems",
    "readyz",
    "receipts",
    "setup",
    "storage",
    "tokens",
    "users",
];

/// Whether a path can be ours to give: plain, and not that of a page.
fn is_url_path(path: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let Some(segments) = path.strip_prefix('/') else { return false };
    let is_plain = |segment: &str| {
        !segment.is_empty() && segment.bytes().all(allowed) && !segment.bytes().all(|byte| byte == b'.')
    };
    segments.split('/').all(is_plain) && !segments.split('/').any(|first| OWN_PATHS.contains(&first))
}

/// Whether an OpenID provider can call itself this.
fn is_issuer(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| {
        let is_bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        matches!(url.scheme(), "http" | "https") && url.has_host() && is_bare && url.password().is_none()
    })
}

fn is_header_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Whether this is an address as security.txt has it, on a line of its own.
fn is_contact(address: &str) -> bool {
    let is_plain = address.bytes().all(|byte| byte.is_ascii_graphic());
    let has_scheme = ["mailto:", "https://", "tel:"].iter().any(|scheme| address.starts_with(scheme));
    is_plain && has_scheme && url::Url::parse(address).is_ok()
}

/// Whether this is a level, or a list of targets with levels.
fn is_log_filter(filter: &str) -> bool {
    let is_level = |text: &str| text.parse::<tracing::level_filters::LevelFilter>().is_ok();
    let mut parts = filter.split(',').map(str::trim);
    parts.all(|part| is_level(part.split_once('=').map_or(part, |(_, level)| level)))
        && tracing_subscriber::EnvFilter::builder().parse(filter).is_ok()
}

fn is_web_origin(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| {
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        matches!(url.scheme(), "http" | "https") && url.has_host() && is_bare
    })
}
