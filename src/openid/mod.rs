//! Logging in through an OpenID provider: the authorization code flow with PKCE (OpenID
//! Connect Core 1.0, RFC 7636, RFC 9207), as one provider's client.
//!
//! The provider is asked through `answers::outgoing`. Who the person is that it vouches for,
//! and whether they may come in, is not known here.

mod claims;
mod crypto;
mod id_token;
mod metadata;
mod secrets;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{self, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::answers::Failure;
use crate::answers::outgoing::Outgoing;
use crate::clock::Clock;
use crate::config::{Oidc, Settings};
use crate::model::{TimestampMs, Vouched};
use id_token::{Expected, Keys, NotGood};
use metadata::Metadata;
pub use secrets::Secrets;

/// The path at which the provider sends people back.
pub const BACK: &str = "/login/openid/back";

/// What the provider says of itself is looked at again after this time.
const KNOWN_FOR_MS: i64 = 60 * 60 * 1000;

/// Each request to the provider has this long: four of them fit into the time of one page.
const WITHIN: Duration = Duration::from_secs(7);

/// Why nobody came out of it. Each says so to whoever runs the server; nothing of what the
/// provider or the browser sent is repeated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not be asked.
    #[error("{what} of the OpenID provider could not be had: {cause}")]
    Unreachable {
        /// What was asked for.
        what: &'static str,
        /// Why.
        cause: Failure,
    },
    /// It answered what is of no use.
    #[error("{what} of the OpenID provider cannot be used: {why}")]
    Unusable {
        /// What was asked for.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// What the browser brought back does not belong to a login that was begun here.
    #[error("what came back from the OpenID provider {0}")]
    Answer(&'static str),
    /// The ID token is not good.
    #[error("the ID token of the OpenID provider {0}")]
    Token(#[from] NotGood),
    /// The provider names nobody.
    #[error("the OpenID provider does not say what the user is called; set `accounts.oidc.name_claim`")]
    Nameless,
}

impl Error {
    /// Whether the same may work later, or once somebody has seen to the provider.
    pub fn is_of_provider(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Unusable { .. })
    }
}

/// What a browser brings back from the provider.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// `code`.
    pub code: Option<String>,
    /// `state`.
    pub state: Option<String>,
    /// `iss`.
    pub issuer: Option<String>,
    /// `error`.
    pub error: Option<String>,
}

/// The provider that the settings name.
pub struct Provider {
    settings: Oidc,
    secret: String,
    redirect_uri: String,
    outgoing: Outgoing,
    clock: Clock,
    metadata: Mutex<Option<(TimestampMs, Arc<Metadata>)>>,
    keys: Mutex<Option<Arc<Keys>>>,
}

impl Provider {
    /// The provider of these settings, if they name one. Nothing is asked yet.
    pub fn new(settings: &Settings, clock: Clock, public_url: &str) -> anyhow::Result<Option<Self>> {
        let oidc = settings.accounts.oidc.clone();
        if !oidc.is_set() {
            return Ok(None);
        }
        crypto::install();
        let issuer = Url::parse(&oidc.issuer)?;
        let outgoing = Outgoing::to(&settings.answers, &issuer, WITHIN).map_err(anyhow::Error::msg)?;
        Ok(Some(Self {
            secret: secret_of(&oidc)?,
            redirect_uri: format!("{public_url}{BACK}"),
            settings: oidc,
            outgoing,
            clock,
            metadata: Mutex::default(),
            keys: Mutex::default(),
        }))
    }

    /// What it calls itself, and vouches by.
    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// What people call it.
    pub fn label(&self) -> &str {
        &self.settings.label
    }

    /// Where a browser goes to log in.
    pub async fn login_url(&self, secrets: &Secrets) -> Result<String, Error> {
        let metadata = self.metadata().await?;
        let mut url = Url::clone(&metadata.authorization_endpoint);
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("scope", &self.settings.scopes)
            .append_pair("state", &secrets.state())
            .append_pair("nonce", &secrets.nonce())
            .append_pair("code_challenge", &secrets.challenge())
            .append_pair("code_challenge_method", "S256");
        Ok(url.into())
    }

    /// Where a browser goes to log out there as well, if there is such a place. A provider that
    /// cannot be asked has none.
    pub async fn logout_url(&self, after: &str) -> Option<String> {
        let metadata = self.metadata().await.ok()?;
        let mut url = Url::clone(metadata.end_session_endpoint.as_ref()?);
        url.query_pairs_mut()
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("post_logout_redirect_uri", after);
        Some(url.into())
    }

    /// Whom the provider vouches for, by what the browser brought back.
    pub async fn finish(&self, secrets: &Secrets, answer: Answer) -> Result<Vouched, Error> {
        if !answer.state.as_deref().is_some_and(|state| secrets.is_state(state)) {
            return Err(Error::Answer("belongs to another login, or to none that was begun in this browser"));
        }
        let metadata = self.metadata().await?;
        match &answer.issuer {
            Some(issuer) if *issuer != metadata.issuer => {
                return Err(Error::Answer("names another issuer"));
            }
            None if metadata.authorization_response_iss_parameter_supported => {
                return Err(Error::Answer("names no issuer, though the provider says that it always does"));
            }
            _ => {}
        }
        match answer.error.as_deref() {
            Some("access_denied") => {
                return Err(Error::Answer("says that the login was cancelled or denied"));
            }
            Some(_) => return Err(Error::Answer("says that the login failed there; its own log says why")),
            None => {}
        }
        let code = answer.code.filter(|code| !code.is_empty()).ok_or(Error::Answer("has no code"))?;
        let tokens = self.exchange(&metadata, secrets, &code).await?;
        let claims = self.checked(&metadata, &tokens.id_token, &secrets.nonce()).await?;
        let claims = self.completed(&metadata, claims, &tokens.access_token).await?;
        claims::person(&self.settings, claims).ok_or(Error::Nameless)
    }

    async fn exchange(&self, metadata: &Metadata, secrets: &Secrets, code: &str) -> Result<Tokens, Error> {
        let mut fields = vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code.to_owned()),
            ("redirect_uri", self.redirect_uri.clone()),
            ("code_verifier", secrets.verifier()),
        ];
        let mut headers = HeaderMap::new();
        if !self.secret.is_empty() && metadata.takes_basic() {
            headers.insert(header::AUTHORIZATION, self.basic()?);
        } else {
            fields.push(("client_id", self.settings.client_id.clone()));
            if !self.secret.is_empty() {
                fields.push(("client_secret", self.secret.clone()));
            }
        }
        let (what, form) = ("the token", Serializer::new(String::new()).extend_pairs(fields).finish());
        match self.ask(what, &metadata.token_endpoint, headers, Some(form)).await? {
            (200, body) => parse(what, &body),
            (_, body) => Err(Error::Unusable { what, why: refusal(&body).to_owned() }),
        }
    }

    /// RFC 6749, 2.3.1.
    fn basic(&self) -> Result<HeaderValue, Error> {
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{}:{}", encoded(&self.settings.client_id), encoded(&self.secret));
        HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair)))
            .map_err(|_| Error::Unusable { what: "the client secret", why: "it is no header".to_owned() })
    }

    /// The claims of a good ID token. Keys that are not known yet are looked for once.
    async fn checked(
        &self,
        metadata: &Metadata,
        token: &str,
        nonce: &str,
    ) -> Result<Map<String, Value>, Error> {
        let expected = Expected {
            issuer: &metadata.issuer,
            client: &self.settings.client_id,
            nonce,
            now: self.clock.now() / 1000,
        };
        let known = self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(keys) = known {
            match id_token::check(token, &keys, &expected) {
                Err(NotGood::UnknownKey) => {}
                checked => return Ok(checked?),
            }
        }
        let what = "the keys";
        let (status, body) = self.ask(what, &metadata.jwks_uri, HeaderMap::new(), None).await?;
        if status != 200 {
            return Err(Error::Unreachable { what, cause: Failure::Status { status } });
        }
        let keys = Arc::new(Keys::read(&body).ok_or_else(|| not_json(what))?);
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&keys));
        Ok(id_token::check(token, &keys, &expected)?)
    }

    /// Some providers say name, address and groups only where one asks for them.
    async fn completed(
        &self,
        metadata: &Metadata,
        mut claims: Map<String, Value>,
        access_token: &str,
    ) -> Result<Map<String, Value>, Error> {
        let Some(url) = metadata.userinfo_endpoint.as_ref() else { return Ok(claims) };
        if claims::are_complete(&self.settings, &claims) || access_token.is_empty() {
            return Ok(claims);
        }
        let what = "the user's claims";
        let mut headers = HeaderMap::new();
        let bearer = HeaderValue::from_str(&format!("Bearer {access_token}"));
        let bearer = bearer.map_err(|_| Error::Unusable { what, why: "no header".to_owned() })?;
        headers.insert(header::AUTHORIZATION, bearer);
        let (status, body) = self.ask(what, url, headers, None).await?;
        if status != 200 {
            return Err(Error::Unreachable { what, cause: Failure::Status { status } });
        }
        let more: Map<String, Value> = parse(what, &body)?;
        if more.get("sub") != claims.get("sub") {
            return Err(Error::Unusable { what, why: "they are of somebody else".to_owned() });
        }
        for (name, value) in more {
            // What is signed holds.
            claims.entry(name).or_insert(value);
        }
        Ok(claims)
    }

    async fn metadata(&self) -> Result<Arc<Metadata>, Error> {
        let now = self.clock.now();
        let known = self.metadata.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, metadata)) = &known
            && (0..KNOWN_FOR_MS).contains(&(now - at))
        {
            return Ok(Arc::clone(metadata));
        }
        let found = match (self.discover().await, known) {
            (Ok(found), _) => Arc::new(found),
            // What was good an hour ago most likely still is.
            (Err(Error::Unreachable { .. }), Some((_, metadata))) => metadata,
            (Err(error), _) => return Err(error),
        };
        *self.metadata.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(&found)));
        Ok(found)
    }

    async fn discover(&self) -> Result<Metadata, Error> {
        let what = "the configuration";
        let unusable = |why: String| Error::Unusable { what, why };
        let url = format!("{}/.well-known/openid-configuration", self.settings.issuer.trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|error| unusable(error.to_string()))?;
        let (status, body) = self.ask(what, &url, HeaderMap::new(), None).await?;
        if status != 200 {
            return Err(Error::Unreachable { what, cause: Failure::Status { status } });
        }
        let metadata: Metadata = parse(what, &body)?;
        metadata.check(&self.settings.issuer).map_err(unusable)?;
        Ok(metadata)
    }

    async fn ask(
        &self,
        what: &'static str,
        url: &Url,
        headers: HeaderMap,
        form: Option<String>,
    ) -> Result<(u16, Vec<u8>), Error> {
        let asked = self.outgoing.fetch(url, headers, form).await;
        asked.map_err(|cause| Error::Unreachable { what, cause })
    }
}

/// What the provider gives for a code.
#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    #[serde(default)]
    access_token: String,
}

fn parse<'a, T: Deserialize<'a>>(what: &'static str, body: &'a [u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|_| not_json(what))
}

fn not_json(what: &'static str) -> Error {
    Error::Unusable { what, why: "it is not the JSON that it should be".to_owned() }
}

/// What a refused code most likely means (RFC 6749, 5.2).
fn refusal(body: &[u8]) -> &'static str {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    let refusal = serde_json::from_slice::<Refusal>(body);
    match refusal.as_ref().map(|refusal| &*refusal.error) {
        Ok("invalid_client" | "unauthorized_client") => {
            "it does not know this server; compare `accounts.oidc.client_id` and the secret with what is registered"
        }
        Ok("invalid_grant") => {
            "the code was used already, has expired, or was given for another redirect URI"
        }
        Ok("invalid_scope") => "it has not all of `accounts.oidc.scopes`",
        _ => "it refused the code; its own log says why",
    }
}

/// The secret, from the settings or from its own file.
fn secret_of(oidc: &Oidc) -> anyhow::Result<String> {
    let file = &oidc.client_secret_file;
    if file.as_os_str().is_empty() {
        return Ok(oidc.client_secret.0.clone());
    }
    let text = std::fs::read_to_string(file).map_err(|error| {
        anyhow::anyhow!("accounts.oidc.client_secret_file: {} cannot be read ({error})", file.display())
    })?;
    Ok(text.trim().to_owned())
}
