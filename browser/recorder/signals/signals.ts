/**
 * What a page does beside what is seen of it, each told as a custom event, at a
 * bearable pace and as far as it may be seen:
 *
 * - `hindsight.console` `{level, text, stack, times?}`
 * - `hindsight.error` `{text, stack, times?}`
 * - `hindsight.request` `{method, url, status, took, times?}`, told when it has ended
 * - `hindsight.copy` `{text, length}`
 * - `hindsight.skipped` `{tag, count}`: so many more of a kind than a reader could follow
 *
 * `times` is there when the same happened again within a second: so many times more.
 */

import { guard } from "../guard";
import { listen } from "../listen";
import { withoutSecrets } from "../privacy/addresses";
import { cleanNote, cleanStack } from "../privacy/notes";
import type { Rules } from "../privacy/rules";
import { selectedText } from "../privacy/selection";
import { maskPersonalUrl } from "../privacy/text";
import type { Settings } from "../settings";
import { watchConsole } from "./console";
import { watchErrors } from "./errors";
import { Pace, type SignalListener } from "./pace";
import { type PageRequest, watchRequests } from "./requests";

const SLOW_MS = 1000;
const MAX_COPIED = 200;

export type { SignalListener };

/** Tells what the settings ask for until the returned function is called. */
export function watchSignals(
  { signals, ingestUrl }: Settings,
  rules: Rules,
  listener: SignalListener,
): () => void {
  const stops = [
    signals.console && watchConsole(tellNotes("hindsight.console", rules, listener)),
    signals.errors && watchErrors(tellNotes("hindsight.error", rules, listener)),
    signals.requests && watchRequests(tellRequests(ingestUrl, rules, listener)),
    signals.copies && watchCopies(rules, listener),
  ];
  return () => {
    for (const stop of stops) if (stop) stop();
  };
}

interface Note {
  text: string;
  stack: string;
}

function tellNotes(tag: string, rules: Rules, listener: SignalListener): (look: () => Note) => void {
  const pace = new Pace(tag, listener);
  const clean = (note: Note): Note => ({
    ...note,
    text: cleanNote(note.text, rules),
    stack: cleanStack(note.stack, rules),
  });
  return (look) => pace.add(look, clean);
}

/**
 * Requests that failed or were slow are told always; all others only while the
 * visitor is busy, to know whether an action had any effect. What a page asks
 * for again and again while nobody does anything says nothing.
 */
function tellRequests(
  ingestUrl: string,
  rules: Rules,
  listener: SignalListener,
): (request: PageRequest) => void {
  const bad = new Pace("hindsight.request", listener);
  const good = new Pace("hindsight.request", listener);
  const clean = (url: string): string => withoutSecrets(rules.maskPersonal ? maskPersonalUrl(url) : url);
  return (request) => {
    const { method, url, status, took } = request;
    const isBad = status === 0 || status >= 400 || took >= SLOW_MS;
    if (url.startsWith(`${ingestUrl}/`) || !(isBad || listener.isBusy())) return;
    const pace = isBad ? bad : good;
    pace.add(
      () => [method, url, status],
      () => ({ ...request, url: clean(url) }),
    );
  };
}

function watchCopies(rules: Rules, listener: SignalListener): () => void {
  const copied = guard((event: Event) => {
    if (!event.isTrusted) return;
    const text = selectedText(event.composedPath()[0], rules);
    const shown = rules.maskPersonal ? "" : text.slice(0, MAX_COPIED);
    listener.signal("hindsight.copy", { text: shown, length: text.length });
  });
  return listen(document, ["copy", "cut"], copied);
}
