"""Counts dead clicks by control."""

import json

from wit_world import exports
from wit_world.exports.reporter import (
    Cell_Moment,
    Cell_Number,
    Cell_Text,
    Column,
    Moment,
    Report,
    Section_Table,
    Table,
)
from wit_world.imports.host import Item_Finding


class Reporter(exports.Reporter):
    """The plugin."""

    def summarize(self, source, settings):
        """Walks through the rows and writes the report."""
        limit = json.loads(settings)["rows"]
        controls = {}
        for row in rows_of(source):
            match row.item:
                case Item_Finding(finding):
                    name = finding.selector or "unknown"
                    clicks = controls[name][0] + 1 if name in controls else 1
                    last = Moment(session=row.session, at=finding.at, label=finding.title)
                    controls[name] = (clicks, last)
        total = sum(clicks for clicks, _ in controls.values())
        most = sorted(controls.items(), key=lambda item: -item[1][0])[:limit]
        sessions = source.period().sessions
        return Report(
            title="Controls that do nothing",
            summary=f"{total} clicks on {len(controls)} controls led nowhere, in {sessions} sessions.",
            sections=[
                Section_Table(
                    Table(
                        title="Most clicked first",
                        columns=[
                            Column(title="Control", numeric=False),
                            Column(title="Clicks", numeric=True),
                            Column(title="Last seen", numeric=False),
                        ],
                        rows=[
                            [Cell_Text(name), Cell_Number(float(clicks)), Cell_Moment(last)]
                            for name, (clicks, last) in most
                        ],
                    )
                )
            ],
        )


def rows_of(source):
    """All rows, some hundred at a time."""
    while batch := source.next(512):
        yield from batch
