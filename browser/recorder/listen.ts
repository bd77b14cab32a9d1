/**
 * Calls `handle` for each of the named events, before the page's own listeners
 * see them and without ever delaying a scroll. Returns what stops it.
 */
export function listen(target: EventTarget, names: string[], handle: (event: Event) => void): () => void {
  const options = { capture: true, passive: true };
  for (const name of names) target.addEventListener(name, handle, options);
  return () => {
    for (const name of names) target.removeEventListener(name, handle, options);
  };
}
