//! The form of the settings, read into a plan. Secrets are written and never shown.

use url::Url;

use crate::answers::plan::{Kind, OpenAi, Plan, Webhook, Wrong};
use crate::web::form::Form;

/// What the form says, on top of what is stored, and what of it cannot be used.
pub fn read(form: &Form, stored: &Plan) -> (Plan, Vec<Wrong>) {
    let mut wrong = Vec::new();
    let kind = Kind::named(form.text("kind")).unwrap_or_else(|| {
        wrong.push(Wrong { field: "kind", problem: "Choose who answers.".to_owned() });
        stored.kind
    });
    let text = |name: &str| form.text(name).trim().to_owned();
    let plan = Plan {
        kind,
        folder: text("folder"),
        unanswered: text("unanswered"),
        webhook: Webhook {
            url: text("webhook.url"),
            secret: secret(form, "webhook.secret", &stored.webhook.secret),
        },
        openai: OpenAi {
            url: text("openai.url"),
            key: secret(form, "openai.key", &stored.openai.key),
            model: text("openai.model"),
            instructions: text("openai.instructions").replace("\r\n", "\n"),
            temperature: number(form, "openai.temperature", &mut wrong),
            max_tokens: number(form, "openai.max_tokens", &mut wrong),
        },
    };
    wrong.extend(plan.check());
    let went_on = |before: &str, now: &str| !before.is_empty() && origin(before) != origin(now);
    if went_on(&stored.openai.url, &plan.openai.url) && is_kept(form, "openai.key", &stored.openai.key) {
        let problem = "The address is another one: write the key again, or remove it.".to_owned();
        wrong.push(Wrong { field: "openai.key", problem });
    }
    (plan, wrong)
}

/// A secret that is written anew, removed, or left as it is.
fn secret(form: &Form, name: &str, stored: &str) -> String {
    if is_kept(form, name, stored) { stored.to_owned() } else { form.text(name).trim().to_owned() }
}

/// Whether a secret that is set stays. What it was given to is the only one to get it.
fn is_kept(form: &Form, name: &str, stored: &str) -> bool {
    let is_removed = form.text(&format!("{name}.remove")) == "1";
    !stored.is_empty() && form.text(name).trim().is_empty() && !is_removed
}

fn origin(address: &str) -> Option<String> {
    Url::parse(address).ok().map(|url| url.origin().ascii_serialization())
}

fn number<T: std::str::FromStr>(form: &Form, field: &'static str, wrong: &mut Vec<Wrong>) -> Option<T> {
    let text = form.text(field).trim().replace(',', ".");
    if text.is_empty() {
        return None;
    }
    let number = text.parse().ok();
    if number.is_none() {
        wrong.push(Wrong { field, problem: "Write a number, or nothing.".to_owned() });
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> Form {
        Form::of(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn stored() -> Plan {
        Plan {
            openai: OpenAi {
                url: "https://api.example/v1".to_owned(),
                key: "sk-1".to_owned(),
                model: "m".to_owned(),
                ..OpenAi::default()
            },
            ..Plan::default()
        }
    }

    #[test]
    fn a_secret_stays_is_replaced_or_removed() {
        let base = [("kind", "openai"), ("openai.url", "https://api.example/v2"), ("openai.model", "m")];
        let read = |more: &[(&str, &str)]| read(&form(&[&base[..], more].concat()), &stored());
        for (more, key) in [
            (&[][..], "sk-1"),
            (&[("openai.key", " sk-2 ")][..], "sk-2"),
            (&[("openai.key.remove", "1")][..], ""),
        ] {
            let (plan, wrong) = read(more);
            assert_eq!((plan.openai.key.as_str(), wrong), (key, Vec::new()));
        }
    }

    #[test]
    fn a_key_does_not_follow_to_another_address() {
        let moved = [("kind", "openai"), ("openai.url", "https://evil.example/v1"), ("openai.model", "m")];
        let (_, wrong) = read(&form(&moved), &stored());
        assert_eq!(wrong.iter().map(|wrong| wrong.field).collect::<Vec<_>>(), ["openai.key"]);
        let again = [&moved[..], &[("openai.key", "sk-3")]].concat();
        assert_eq!(read(&form(&again), &stored()).1, Vec::new());
        // Neither through a change that leaves no address, and one after that.
        let (_, wrong) = read(&form(&[("kind", "documents")]), &stored());
        assert_eq!(wrong.iter().map(|wrong| wrong.field).collect::<Vec<_>>(), ["openai.key"]);
    }
}
