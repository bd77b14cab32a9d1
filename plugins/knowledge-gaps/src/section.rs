//! The tables and the chart of the report.

use std::collections::BTreeMap;

use hindsight_plugin::{Cell, Chart, ChartKind, Column, Moment, Point, Section, Series, Table};

use crate::Settings;
use crate::report::Findings;
use crate::text::{count, cut, percent};
use crate::topics::{Asked, Topic};

/// A chart with more bars is drawn by months.
const MOST_DAYS: usize = 62;

/// All sections that have something to tell.
pub fn of(findings: &Findings, settings: &Settings) -> Vec<Section> {
    let tables = [
        unanswered(findings, settings),
        wrong(findings, settings),
        badly(findings, settings),
        common(findings, settings),
        missed(findings, settings),
        gaps(findings, settings),
    ];
    let tables = tables.into_iter().filter(|table| !table.rows.is_empty()).map(Section::Table);
    tables.chain(chart(findings.questions).map(Section::Chart)).collect()
}

/// The topics of which some questions are so, most of them first.
fn ranked<'a, 'b>(
    findings: &'b Findings<'a>,
    settings: &Settings,
    is: impl Fn(&Asked) -> bool,
) -> Vec<(usize, &'b Topic<'a>)> {
    let counted = findings.topics.iter().map(|topic| (topic.count(&is), topic));
    let mut ranked: Vec<_> = counted.filter(|(count, _)| *count > 0).collect();
    ranked.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    ranked.truncate(settings.rows);
    ranked
}

fn question(topic: &Topic) -> Cell {
    cut(topic.label, 140).into()
}

fn number(count: usize) -> Cell {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}

fn example(moment: Option<Moment>) -> Cell {
    moment.map_or_else(|| "".into(), Cell::from)
}

fn unanswered(findings: &Findings, settings: &Settings) -> Table {
    let is = |asked: &Asked| !asked.answered;
    let rows = ranked(findings, settings, is).into_iter().map(|(count, topic)| {
        let example = example(topic.moment(findings.sessions, is));
        vec![
            question(topic),
            number(count),
            number(topic.asked.len()),
            topic.trend(is).into(),
            topic.pages(is).into(),
            example,
        ]
    });
    Table {
        title: "Unanswered questions".to_owned(),
        columns: vec![
            Column::text("Question"),
            Column::number("Without answer"),
            Column::number("Asked"),
            Column::text("Trend"),
            Column::text("Asked on"),
            Column::text("Example"),
        ],
        rows: rows.collect(),
    }
}

fn wrong(findings: &Findings, settings: &Settings) -> Table {
    let rows = ranked(findings, settings, Asked::is_wrong).into_iter().map(|(count, topic)| {
        let down = topic.count(|asked| asked.answered && asked.feedback < 0);
        let said = topic.count(|asked| asked.answered && asked.corrected);
        let example = example(topic.moment(findings.sessions, Asked::is_wrong));
        vec![
            question(topic),
            number(count),
            number(down),
            number(said),
            number(topic.asked.len()),
            topic.trend(Asked::is_wrong).into(),
            example,
        ]
    });
    Table {
        title: "Wrong answers".to_owned(),
        columns: vec![
            Column::text("Question"),
            Column::number("Called wrong"),
            Column::number("By thumbs down"),
            Column::number("In words"),
            Column::number("Asked"),
            Column::text("Trend"),
            Column::text("Example"),
        ],
        rows: rows.collect(),
    }
}

fn badly(findings: &Findings, settings: &Settings) -> Table {
    let rows = ranked(findings, settings, Asked::is_bad).into_iter().map(|(count, topic)| {
        let part = |is: fn(&Asked) -> bool| number(topic.count(|asked| asked.is_bad() && is(asked)));
        let example = example(topic.moment(findings.sessions, Asked::is_bad));
        vec![
            question(topic),
            number(count),
            part(|asked| asked.again),
            part(|asked| asked.raged),
            number(topic.count(|asked| asked.left)),
            topic.trend(Asked::is_bad).into(),
            example,
        ]
    });
    Table {
        title: "Answers that did not help".to_owned(),
        columns: vec![
            Column::text("Question"),
            Column::number("Answered badly"),
            Column::number("Asked again"),
            Column::number("Clicked in anger"),
            Column::number("Left after the answer"),
            Column::text("Trend"),
            Column::text("Example"),
        ],
        rows: rows.collect(),
    }
}

fn common(findings: &Findings, settings: &Settings) -> Table {
    let common =
        findings.topics.iter().filter(|topic| topic.asked.len() >= settings.fewest).take(settings.rows);
    let rows = common.map(|topic| {
        let answered = percent(topic.count(|asked| asked.answered), topic.asked.len());
        vec![
            question(topic),
            number(topic.asked.len()),
            number(topic.sessions()),
            number(answered),
            topic.trend(|_| true).into(),
            topic.language().into(),
            topic.pages(|_| true).into(),
            example(topic.moment(findings.sessions, |_| true)),
        ]
    });
    Table {
        title: "Common questions".to_owned(),
        columns: vec![
            Column::text("Question"),
            Column::number("Asked"),
            Column::number("Sessions"),
            Column::number("Answered, %"),
            Column::text("Trend"),
            Column::text("Language"),
            Column::text("Asked on"),
            Column::text("Example"),
        ],
        rows: rows.collect(),
    }
}

fn missed(findings: &Findings, settings: &Settings) -> Table {
    let rows = findings.missed.iter().take(settings.rows).map(|page| {
        let asked = findings.questions.iter().filter(|asked| asked.path == page.path).count();
        let cells =
            [page.path.as_str().into(), number(page.sessions), page.with.as_str().into(), number(asked)];
        cells.into_iter().chain([page.example.clone().into()]).collect()
    });
    Table {
        title: "Missed opportunities: struggled and did not ask".to_owned(),
        columns: vec![
            Column::text("Page"),
            Column::number("Sessions"),
            Column::text("With what"),
            Column::number("Questions asked there by others"),
            Column::text("Example"),
        ],
        rows: rows.collect(),
    }
}

fn gaps(findings: &Findings, settings: &Settings) -> Table {
    let rows = findings.gaps.iter().take(settings.rows).map(|gap| {
        vec![
            format!("{} → {}", gap.from, gap.to).into(),
            number(gap.ended),
            number(gap.came),
            number(percent(gap.ended, gap.came)),
            gap.example.clone().into(),
        ]
    });
    Table {
        title: "Workflow gaps: left after friction".to_owned(),
        columns: vec![
            Column::text("Way"),
            Column::number("Ended there"),
            Column::number("Came this way"),
            Column::number("Share, %"),
            Column::text("Example"),
        ],
        rows: rows.collect(),
    }
}

/// Questions over time, and those without an answer.
fn chart(questions: &[Asked]) -> Option<Chart> {
    let days: BTreeMap<&str, ()> = questions.iter().map(|asked| (asked.day.as_str(), ())).collect();
    let length = if days.len() > MOST_DAYS { 7 } else { 10 };
    let mut counts: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for asked in questions {
        let (all, without) = counts.entry(asked.day.get(..length).unwrap_or_default()).or_default();
        *all += 1;
        *without += u32::from(!asked.answered);
    }
    if counts.len() < 2 {
        return None;
    }
    let series = |name: &str, value: fn(&(u32, u32)) -> u32| Series {
        name: name.to_owned(),
        points: counts
            .iter()
            .map(|(day, counts)| Point { x: (*day).to_owned(), y: value(counts).into() })
            .collect(),
    };
    let title = format!("Questions over time ({})", count(questions.len(), "question"));
    let series = vec![series("Asked", |counts| counts.0), series("Without answer", |counts| counts.1)];
    Some(Chart { title, kind: ChartKind::Bar, series })
}
