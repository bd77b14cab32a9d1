// Names of private members of the loader and the recorder, which esbuild may shorten: visitors of
// every recorded page pay for them. None of them is told to the other script, to a page or to rrweb.

const NAMES = `
  actedAt agreed arrival arrive askFirst asksByNotice asksConsent begun besideUrl changeStream cleanAttributesOf
  cleanIncrement cleanInput cleanMutation cleanNode cleanSelection decide decided exposures fetchBeside fetchRecorder
  fetched goOn hopeless isIdle isSampled isSnapshotDue isUrgent lastingBytes makeRecorder maxEvents mayAsk mayLast mayShow
  navigated openStream placeOf postpone makeUpNext recorderUrl refusals renewals replayUrl sayVisibility sealOldest sealed
  conflicts failures halt judge lose refuse release schedule settle steady stopped sendOldest snapshotAt startsOnLoad stopWatching suspend textOf touchedAt waiters waiting wanted
`;

/** Fails where a name is one of rrweb's as well. */
export function privates(rrweb) {
  const names = NAMES.trim().split(/\s+/);
  const taken = names.filter((name) => new RegExp(`\\b${name}\\b`).test(rrweb));
  if (taken.length) throw new Error(`rrweb has these names too: ${taken.join(", ")}`);
  return new RegExp(`^(${names.join("|")})$`);
}
