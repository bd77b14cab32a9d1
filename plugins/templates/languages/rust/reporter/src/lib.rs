//! Counts dead clicks by control.

use std::collections::BTreeMap;

use hindsight_plugin::{Cell, Column, Item, Moment, Period, Report, Reporter, Row, Section, Table};
use serde::Deserialize;

/// The settings of `plugin.toml`, typed.
#[derive(Deserialize)]
pub struct Settings {
    rows: usize,
}

/// The plugin.
pub struct MyPlugin;

struct Control {
    clicks: u32,
    last: Moment,
}

impl Reporter for MyPlugin {
    type Settings = Settings;

    fn summarize(
        period: &Period,
        rows: impl Iterator<Item = Row>,
        settings: &Settings,
    ) -> Result<Report, String> {
        let mut controls: BTreeMap<String, Control> = BTreeMap::new();
        for row in rows {
            let Item::Finding(finding) = &row.item else { continue };
            let name = finding.selector.clone().unwrap_or_else(|| "unknown".to_owned());
            let last = row.moment(finding.title.as_str());
            let clicks = controls.get(&name).map_or(0, |control| control.clicks) + 1;
            controls.insert(name, Control { clicks, last });
        }
        let clicks: u32 = controls.values().map(|control| control.clicks).sum();
        let summary =
            format!("{clicks} clicks on {} controls led nowhere, in {} sessions.", controls.len(), period.sessions);
        let mut sorted: Vec<(String, Control)> = controls.into_iter().collect();
        sorted.sort_by_key(|(_, control)| std::cmp::Reverse(control.clicks));
        let rows = sorted.into_iter().take(settings.rows).map(|(name, control)| {
            vec![Cell::from(name), Cell::from(control.clicks), Cell::from(control.last)]
        });
        let table = Table {
            title: "Most clicked first".to_owned(),
            columns: vec![Column::text("Control"), Column::number("Clicks"), Column::text("Last seen")],
            rows: rows.collect(),
        };
        Ok(Report { title: "Controls that do nothing".to_owned(), summary, sections: vec![Section::Table(table)] })
    }
}

hindsight_plugin::export!(reporter: MyPlugin);

#[cfg(test)]
mod tests {
    use hindsight_plugin::testing::defaults;
    use hindsight_plugin::{Finding, Severity};

    use super::*;

    fn row(session: &str, selector: &str) -> Row {
        let mut finding = Finding::new("dead-click", Severity::Medium, "Clicked", 5);
        finding.selector = Some(selector.to_owned());
        let (session, plugin) = (session.to_owned(), "friction".to_owned());
        Row { session, started_at: String::new(), plugin, item: Item::Finding(finding) }
    }

    #[test]
    fn the_most_clicked_control_comes_first() {
        let (from, to) = (String::new(), String::new());
        let rows = vec![row("s1", "#a"), row("s2", "#b"), row("s3", "#b")];
        let settings = defaults(include_str!("../plugin.toml"));
        let period = Period { from, to, sessions: 9 };
        let report = MyPlugin::summarize(&period, rows.into_iter(), &settings).expect("a report");
        assert_eq!(report.summary, "3 clicks on 2 controls led nowhere, in 9 sessions.");
        let [Section::Table(table)] = &report.sections[..] else { panic!("one table") };
        assert_eq!(table.rows[0][0], Cell::from("#b"));
    }
}
