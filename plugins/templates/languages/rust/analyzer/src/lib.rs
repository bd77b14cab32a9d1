//! Finds clicks on the pay button that are soon followed by an error.

use hindsight_plugin::{
    Analyzer, Click, Event, EventKind, Finding, LogLevel, Millis, Output, SessionInfo, Severity,
};
use serde::Deserialize;

/// The settings of `plugin.toml`, typed.
#[derive(Deserialize)]
pub struct Settings {
    label: String,
    within_ms: Millis,
}

/// The plugin.
pub struct MyPlugin;

impl Analyzer for MyPlugin {
    type Settings = Settings;

    fn analyze(
        _session: &SessionInfo,
        events: impl Iterator<Item = Event>,
        settings: &Settings,
    ) -> Result<Output, String> {
        let mut output = Output::default();
        let mut paid: Option<(Millis, Click)> = None;
        for event in events {
            if let EventKind::Click(click) = &event.kind
                && click.target.label == settings.label
            {
                paid = Some((event.at, click.clone()));
                continue;
            }
            let Some(problem) = problem_of(&event.kind) else { continue };
            if let Some((at, click)) = paid.take_if(|(at, _)| event.at - *at <= settings.within_ms) {
                let title = format!("“{}” was followed by an error", settings.label);
                let finding = Finding::new("pay-error", Severity::High, title, at);
                output.findings.push(finding.until(event.at).detail(problem).on(&click.target));
            }
        }
        Ok(output)
    }
}

/// What went wrong, if the event says that something did.
fn problem_of(kind: &EventKind) -> Option<String> {
    match kind {
        EventKind::Error(error) => Some(error.text.clone()),
        EventKind::Console(line) if line.level == LogLevel::Error => Some(line.text.clone()),
        EventKind::Request(request) if request.status == 0 || request.status >= 400 => {
            Some(format!("{} {} {}", request.status, request.method, request.url))
        }
        _ => None,
    }
}

hindsight_plugin::export!(analyzer: MyPlugin);

#[cfg(test)]
mod tests {
    use hindsight_plugin::testing::{Visit, button, defaults, session};

    use super::*;

    fn findings(visit: Visit) -> Vec<Finding> {
        let settings: Settings = defaults(include_str!("../plugin.toml"));
        let output = MyPlugin::analyze(&session(), visit.events().into_iter(), &settings);
        output.expect("it finds what there is").findings
    }

    #[test]
    fn an_error_after_paying_is_found_once() {
        let visit = Visit::to("/basket").wait(500).click(&button("Pay")).wait(900).error("no order");
        let found = findings(visit.wait(10).error("and another"));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].at, found[0].detail.as_str()), (500, "no order"));
    }

    #[test]
    fn an_error_much_later_is_about_something_else() {
        assert_eq!(findings(Visit::to("/basket").click(&button("Pay")).wait(9000).error("late")), []);
    }
}
