/** The parameters with which a page is told what the page before has done. */
const TOLD_BY = ["deleted", "saved", "done", "forgotten", "revoked", "restored"];

/** Takes what was just said out of the address, so that it is not said again when the page is reloaded. */
export function forgetWhatIsDone(): void {
  const url = new URL(location.href);
  const told = TOLD_BY.filter((name) => url.searchParams.has(name));
  if (told.length === 0) return;
  for (const name of told) url.searchParams.delete(name);
  history.replaceState(history.state, "", url);
}
