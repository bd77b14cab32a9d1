import { guard } from "./guard";
import { listen } from "./listen";

/** What the recorder wants to know about the visitor's presence. */
export interface AttentionListener {
  /** The visitor did something on the page. */
  acted(): void;
  /** The page came into view, or back from the browser's cache. */
  appeared(): void;
  /** The page went out of view. It may never come back: phones drop hidden pages without a word. */
  hidden(): void;
  /** The visitor leaves the page. The browser may keep it and bring it back. */
  left(): void;
}

const ACTIONS = ["pointerdown", "pointermove", "keydown", "wheel", "touchmove"];

/**
 * Watches for the visitor's presence until the returned function is called.
 *
 * There is no `unload` handler: one would keep the page out of the browser's back/forward cache.
 */
export function watchAttention(listener: AttentionListener, failed: (error: unknown) => void): () => void {
  const acted = guard(() => listener.acted(), failed);
  const appeared = guard(() => listener.appeared(), failed);
  const hidden = guard(() => listener.hidden(), failed);
  const left = guard(() => listener.left(), failed);
  const stops = [
    // Events that scripts make up are not the visitor's.
    listen(window, ACTIONS, (event) => event.isTrusted && acted()),
    listen(document, ["visibilitychange"], () => (document.hidden ? hidden() : appeared())),
    listen(window, ["pagehide"], left),
    listen(window, ["pageshow"], (event) => (event as PageTransitionEvent).persisted && appeared()),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
