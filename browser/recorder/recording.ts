/**
 * The life of a recording in one page: when the page is captured, what is said
 * beside it, and which session's stream takes it.
 */

import { type eventWithTime, record } from "rrweb";
import { type AttentionListener, watchAttention } from "./attention";
import { Capture, type CaptureListener } from "./capture";
import { debug } from "./guard";
import type { Recorder } from "./handover";
import { type NavigationKind, watchNavigation } from "./navigation";
import { watchForms } from "./privacy/addresses";
import { Cleaner } from "./privacy/cleaner";
import { type Rules, rulesFor } from "./privacy/rules";
import { randomId } from "./random";
import type { Session } from "./session";
import type { Settings } from "./settings";
import { type SignalListener, watchSignals } from "./signals/signals";
import { Stream, type StreamListener } from "./stream";

/** What a page does by itself while nobody is there is not recorded. */
const IDLE_AFTER_MS = 5 * 60 * 1000;
/** How long after an action a request may still come from it. */
const BUSY_MS = 3000;
/** How often it is written down that the visitor is still there. */
const TOUCH_EVERY_MS = 1000;
/** A server that ends every session at once is not asked for ever. */
const MAX_RENEWALS = 3;

export class Recording
  implements Recorder, AttentionListener, CaptureListener, SignalListener, StreamListener
{
  private readonly rules: Rules;
  private readonly cleaner: Cleaner;
  private stream: Stream;
  /** Absent while nobody is watching the page: rrweb costs nothing then. */
  private capture: Capture | undefined;
  private stopWatching: (() => void) | undefined;
  /** Nothing starts a finished recording again. */
  private finished = false;
  private actedAt = 0;
  private touchedAt = 0;
  private renewals = 0;

  constructor(
    private readonly settings: Settings,
    private readonly session: Session,
  ) {
    this.rules = rulesFor(settings);
    this.cleaner = new Cleaner(this.rules, record.mirror);
    this.stream = this.openStream();
  }

  start(): void {
    if (this.finished || this.stopWatching) return;
    const stopAttention = watchAttention(this, (error) => this.failed(error));
    const stopNavigation = watchNavigation((kind, href) => this.navigated(kind, href));
    const stopForms = watchForms(this.rules);
    const stopSignals = watchSignals(this.settings, this.rules, this);
    this.stopWatching = () => {
      stopSignals();
      stopAttention();
      stopNavigation();
      stopForms();
    };
    this.acted();
  }

  stop(): void {
    if (!this.stopWatching) return;
    this.halt();
    this.stream.leave(true);
  }

  say(tag: string, payload: unknown): void {
    if (this.stopWatching) this.stream.say(tag, payload);
  }

  flush(): Promise<void> {
    return this.stream.flush();
  }

  // What the visitor does.

  acted(): void {
    const now = Date.now();
    this.actedAt = now;
    if (this.capture && now - this.touchedAt < TOUCH_EVERY_MS) return;
    this.touchedAt = now;
    if (this.session.touch()) {
      this.stream.leave(true);
      this.changeStream();
    }
    this.resume();
  }

  appeared(): void {
    const wasWatched = this.capture !== undefined;
    this.acted();
    if (!wasWatched) this.sayVisibility("visible");
  }

  hidden(): void {
    this.sayVisibility("hidden");
    this.suspend();
    this.stream.leave(false);
  }

  left(): void {
    this.suspend();
    this.stream.leave(true);
  }

  // What the page does.

  captured(event: eventWithTime): void {
    if (this.isIdle()) this.suspend();
    else this.stream.add(event);
  }

  overwhelmed(changes: number): void {
    this.stream.say("hindsight.stop", { reason: "changes", changes });
    this.stop();
    this.finished = true;
  }

  failed(error: unknown): void {
    debug(error);
    this.finish();
  }

  private navigated(kind: NavigationKind | "load", address: string): void {
    const href = this.cleaner.url(address);
    this.say("hindsight.navigate", { href, title: this.cleaner.title(document.title), kind });
  }

  /** Errors and the like mean something only while somebody is there. */
  signal(tag: string, payload: object): void {
    if (this.capture && !this.isIdle()) this.stream.say(tag, payload, "noted");
  }

  isBusy(): boolean {
    return Date.now() - this.actedAt < BUSY_MS;
  }

  private sayVisibility(state: "hidden" | "visible"): void {
    if (this.settings.signals.visibility) this.signal("hindsight.visibility", { state });
  }

  // What the server answers. A stream that was left behind has no say in this.

  opened(): void {
    this.navigated("load", location.href);
  }

  snapshotWanted(stream: Stream): void {
    if (stream === this.stream) this.capture?.snapshot();
  }

  sessionOver(stream: Stream): void {
    stream.close();
    if (stream !== this.stream) return;
    this.renewals += 1;
    if (this.renewals > MAX_RENEWALS) {
      this.finish();
      return;
    }
    this.session.renew();
    this.changeStream();
    this.resume();
  }

  unwanted(stream: Stream): void {
    stream.close();
    if (stream === this.stream) this.finish();
  }

  private isIdle(): boolean {
    return Date.now() - this.actedAt > IDLE_AFTER_MS;
  }

  private resume(): void {
    if (!this.stopWatching || this.capture || document.hidden) return;
    this.capture = new Capture(this.rules, this.cleaner, this);
  }

  private suspend(): void {
    this.capture?.stop();
    this.capture = undefined;
  }

  /** The session changed. What is captured next starts a stream in the new one. */
  private changeStream(): void {
    this.suspend();
    this.stream = this.openStream();
    if (!this.session.isSampled(this.settings.sample)) this.finish();
  }

  private openStream(): Stream {
    const { ingestUrl, connection } = this.settings;
    return new Stream(`${ingestUrl}/${connection}/${this.session.id}/${randomId()}`, this);
  }

  private halt(): void {
    this.suspend();
    this.stopWatching?.();
    this.stopWatching = undefined;
  }

  private finish(): void {
    this.finished = true;
    this.halt();
    this.stream.close();
  }
}
