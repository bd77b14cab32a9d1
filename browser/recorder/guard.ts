/**
 * The recorder is a guest in somebody else's page: nothing it does may throw
 * there. Every way in from the page or the browser goes through {@link guard}.
 */

/** Says what went wrong where only a curious developer sees it. */
export function debug(...what: unknown[]): void {
  log("debug", what);
}

/** Says why nothing is recorded, to whoever put the snippet into the page. */
export function warn(...what: unknown[]): void {
  log("warn", what);
}

function log(level: "debug" | "warn", what: unknown[]): void {
  try {
    console[level]("hindsight:", ...what);
  } catch {
    // A page may have taken the console apart; there is nobody left to tell.
  }
}

/** The same function, except that it answers `undefined` where it would throw, after telling `failed`. */
export function guard<Args extends unknown[], Result>(
  run: (...args: Args) => Result,
  failed: (error: unknown) => void = debug,
): (...args: Args) => Result | undefined {
  return (...args) => {
    try {
      return run(...args);
    } catch (error) {
      failed(error);
      return undefined;
    }
  };
}

/** Guards every function of an object that the page may call. */
export function guardAll<Api extends object>(api: Api): Api {
  const functions = api as Record<string, (...args: unknown[]) => unknown>;
  for (const [name, run] of Object.entries(functions)) functions[name] = guard(run);
  return api;
}
