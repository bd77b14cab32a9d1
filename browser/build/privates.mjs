// Names of private members of the loader and the recorder, which esbuild may shorten: visitors of
// every recorded page pay for them. None of them is told to the other script, to a page or to rrweb.

const NAMES = `
  actedAt agreed arrival arrive askFirst asksByNotice asksConsent attempt begun besideUrl changeStream
  cleanAttributesOf cleaner cleanIncrement cleanInput cleanMutation cleanNode cleanSelection conflicts decide decided
  exposures failures fetchBeside fetched fetchRecorder goOn halt hopeless isIdle isSampled isSnapshotDue isUrgent
  judge lastingBytes lose makeRecorder makeUpNext maxEvents mayAsk mayLast mayShow navigated openStream placeOf
  postpone pushed recorderUrl refusals refuse release renewals replayUrl sayVisibility schedule sealed sealOldest
  sending sendOldest settle skipped snapshotAt snapshotWanted startsOnLoad steady stopped stopWatching suspend textOf
  touchedAt waiters waiting wanted
`;

/** Fails where a name is one of rrweb's as well. */
export function privates(rrweb) {
  const names = NAMES.trim().split(/\s+/);
  const taken = names.filter((name) => new RegExp(`\\b${name}\\b`).test(rrweb));
  if (taken.length) throw new Error(`rrweb has these names too: ${taken.join(", ")}`);
  return new RegExp(`^(${names.join("|")})$`);
}
