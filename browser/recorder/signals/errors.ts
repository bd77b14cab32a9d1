import { guard } from "../guard";
import { listen } from "../listen";
import { framesOf, render } from "./render";

/** An error that nothing in the page caught. */
export interface Uncaught {
  text: string;
  stack: string;
}

/** Reports errors and rejections that nothing caught, until the returned function is called. */
export function watchErrors(report: (look: () => Uncaught) => void): () => void {
  const caught = guard((event: Event) => {
    // Pictures that do not load are events of the same name.
    if (event instanceof ErrorEvent) {
      report(() => ({ text: render([event.message]), stack: framesOf(event.error) }));
    } else if (event instanceof PromiseRejectionEvent) {
      const { reason } = event;
      report(() => ({ text: `Uncaught (in promise) ${render([reason])}`, stack: framesOf(reason) }));
    }
  });
  return listen(window, ["error", "unhandledrejection"], caught);
}
