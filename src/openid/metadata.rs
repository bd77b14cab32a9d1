//! What a provider says of itself (OpenID Connect Discovery 1.0).

use std::ops::Deref;

use serde::Deserialize;
use url::Url;

/// As much of it as is used.
#[derive(Clone, Debug, Deserialize)]
pub struct Metadata {
    /// What it calls itself.
    pub issuer: String,
    /// Where browsers log in.
    pub authorization_endpoint: Address,
    /// Where codes are exchanged.
    pub token_endpoint: Address,
    /// Where its keys are.
    pub jwks_uri: Address,
    /// Where more claims are.
    pub userinfo_endpoint: Option<Address>,
    /// Where browsers log out.
    pub end_session_endpoint: Option<Address>,
    /// How clients may say who they are.
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// Whether what a browser brings back always names the issuer (RFC 9207).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

/// An address.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Address(Url);

impl TryFrom<String> for Address {
    type Error = url::ParseError;

    fn try_from(text: String) -> Result<Self, url::ParseError> {
        text.parse().map(Self)
    }
}

impl Deref for Address {
    type Target = Url;

    fn deref(&self) -> &Url {
        &self.0
    }
}

impl Metadata {
    /// Why it cannot be used, if it cannot.
    pub fn check(&self, issuer: &str) -> Result<(), String> {
        if self.issuer != issuer {
            return Err(format!(
                "it is of another issuer; `accounts.oidc.issuer` has to be exactly as the provider writes it{}",
                if self.issuer.trim_end_matches('/') == issuer.trim_end_matches('/') {
                    ", and differs in the slash at its end"
                } else {
                    ""
                }
            ));
        }
        let is_encrypted = issuer.starts_with("https:");
        let endpoints = [&self.authorization_endpoint, &self.token_endpoint, &self.jwks_uri];
        let more = [&self.userinfo_endpoint, &self.end_session_endpoint].into_iter().flatten();
        let mut all = endpoints.into_iter().chain(more);
        if all.any(|url| !(url.scheme() == "https" || url.scheme() == "http" && !is_encrypted)) {
            return Err("one of its addresses is not https://".to_owned());
        }
        Ok(())
    }

    /// Whether a client may say who it is in a header, which is so unless something else is said.
    pub fn takes_basic(&self) -> bool {
        let methods = self.token_endpoint_auth_methods_supported.as_ref();
        methods.is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_who_the_settings_say_and_never_less_encrypted() {
        let of = |issuer: &str, at: &str| -> Metadata {
            serde_json::from_value(serde_json::json!({
                "issuer": issuer,
                "authorization_endpoint": format!("{at}/auth"),
                "token_endpoint": format!("{at}/token"),
                "jwks_uri": format!("{at}/keys"),
            }))
            .expect("metadata")
        };
        let named = "https://auth.example";
        assert_eq!(of(named, named).check(named), Ok(()));
        assert!(of(named, named).takes_basic());
        for (issuer, at, says) in [
            ("https://auth.example/", named, "slash"),
            ("https://evil.example", named, "another issuer"),
            (named, "http://auth.example", "not https"),
            (named, "javascript:alert(1)//", "not https"),
        ] {
            let problem = of(issuer, at).check(named).expect_err("refused");
            assert!(problem.contains(says), "{problem}");
        }
        let plain = "http://127.0.0.1:9";
        assert_eq!(of(plain, plain).check(plain), Ok(()));
        assert!(of(plain, "file:///etc").check(plain).is_err());
    }
}
