"""Finds clicks on the pay button that are soon followed by an error."""

import json

from wit_world import exports
from wit_world.exports.analyzer import Output
from wit_world.imports.types import (
    EventKind_Click,
    EventKind_Console,
    EventKind_Error,
    EventKind_Request,
    Finding,
    LogLevel,
    Severity,
)


class Analyzer(exports.Analyzer):
    """The plugin."""

    def analyze(self, session, settings):
        """Walks through the session; what it raises is told on the plugin's page."""
        wanted = json.loads(settings)
        findings = []
        paid = None
        for event, elements in events_of(session):
            match event.kind:
                case EventKind_Click(click) if elements[click.target].label == wanted["label"]:
                    paid = (event.at, elements[click.target].selector)
                    continue
            problem = problem_of(event.kind)
            if paid and problem and event.at - paid[0] <= wanted["within_ms"]:
                at, selector = paid
                findings.append(
                    Finding(
                        kind="pay-error",
                        severity=Severity.HIGH,
                        title=f"“{wanted['label']}” was followed by an error",
                        detail=problem,
                        at=at,
                        until=event.at,
                        selector=selector,
                        fields=[],
                    )
                )
                paid = None
        return Output(findings=findings, facts=[], score=None)


def events_of(session):
    """All events, some hundred at a time, each with the elements that it names by number."""
    while (batch := session.next(512)).events:
        for event in batch.events:
            yield event, batch.elements


def problem_of(kind):
    """What went wrong, if the event says that something did."""
    match kind:
        case EventKind_Error(error):
            return error.text
        case EventKind_Console(line) if line.level == LogLevel.ERROR:
            return line.text
        case EventKind_Request(request) if request.status == 0 or request.status >= 400:
            return f"{request.status} {request.method} {request.url}"
    return None
