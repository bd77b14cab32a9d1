// Names of private members of the loader and the recorder, which esbuild may shorten: visitors of
// every recorded page pay for them. None of them is told to a page, to the server or to rrweb.

const NAMES = `
  actedAt agreed answers arrival arrive askFirst asksByNotice asksConsent attempt begun besideUrl changeStream
  cleanAttributesOf cleaner cleanIncrement cleanInput cleanMutation cleanNode cleanSelection conflicts decide decided
  excess exposures failures fetchBeside fetched fetchRecorder finished fitting goOn halt hopeless isIdle isSampled
  isSnapshotDue isUrgent judge lastingBytes lose makeRecorder makeUpNext maxEvents mayAsk mayLast mayShow navigated
  oldest openStream pending placeOf postpone pushed recorderUrl refusals refuse release renewals replayUrl
  sayVisibility schedule sealed sealOldest sending sendOldest settle skipped snapshotAt snapshotWanted startsOnLoad
  steady stopped stopWatching suspend textOf touchedAt upload waiters waiting wanted
`;

/**
 * esbuild's options that shorten them. The loader hands objects over to the recorder, so what a name became in
 * the one it becomes in the other: each build is given `mangleCache`, and adds to it what it returns.
 *
 * Fails where a name is one of rrweb's as well.
 */
export function privates(rrweb) {
  const names = NAMES.trim().split(/\s+/);
  const taken = names.filter((name) => new RegExp(`\\b${name}\\b`).test(rrweb));
  if (taken.length) throw new Error(`rrweb has these names too: ${taken.join(", ")}`);
  return { mangleProps: new RegExp(`^(${names.join("|")})$`), mangleCache: {} };
}
