import type { Analysis, Click, Event, Finding, Session } from "../plugin";

interface Settings {
  label: string;
  within_ms: number;
}

/** Finds clicks on the pay button that are soon followed by an error. */
export function analyze(session: Session, settings: Settings): Analysis {
  const findings: Finding[] = [];
  let paid: Click | undefined;
  for (const event of session) {
    if (event.kind === "click" && event.target.label === settings.label) {
      paid = event;
      continue;
    }
    const problem = problemOf(event);
    if (paid && problem && event.at - paid.at <= settings.within_ms) {
      findings.push({
        kind: "pay-error",
        at: paid.at,
        until: event.at,
        severity: "high",
        title: `“${settings.label}” was followed by an error`,
        detail: problem,
        selector: paid.target.selector,
      });
      paid = undefined;
    }
  }
  return { findings };
}

/** What went wrong, if the event says that something did. */
function problemOf(event: Event): string | undefined {
  switch (event.kind) {
    case "error":
      return event.text;
    case "console":
      return event.level === "error" ? event.text : undefined;
    case "request":
      return event.status === 0 || event.status >= 400 ? `${event.status} ${event.method} ${event.url}` : undefined;
    default:
      return undefined;
  }
}
