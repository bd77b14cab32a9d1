import { guard } from "../guard";
import { wrap } from "../wrap";
import { framesOf, render } from "./render";

/** A line of the console. */
export interface Line {
  level: "warn" | "error";
  text: string;
  stack: string;
}

/** Reports warnings and errors that the page writes to the console, until the returned function is called. */
export function watchConsole(report: (look: () => Line) => void): () => void {
  const watch = guard((level: Line["level"]) =>
    wrap(console, level, ({ args, run }) => {
      const answer = run();
      tell(level, args);
      return answer;
    }),
  );
  const tell = guard((level: Line["level"], args: unknown[]) =>
    report(() => ({ level, text: render(args), stack: args.map(framesOf).find(Boolean) ?? "" })),
  );
  const stops = [watch("warn"), watch("error")];
  return () => {
    for (const stop of stops) stop?.();
  };
}
