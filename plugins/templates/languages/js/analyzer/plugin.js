// @ts-check

/**
 * Finds clicks on the pay button that are soon followed by an error.
 *
 * @type {import("./plugin").Analyze<{ label: string, within_ms: number }>}
 */
export function analyze(session, settings) {
  /** @type {import("./plugin").Finding[]} */
  const findings = [];
  /** @type {import("./plugin").Click | undefined} */
  let paid;
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

/**
 * What went wrong, if the event says that something did.
 *
 * @param {import("./plugin").Event} event
 */
function problemOf(event) {
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
