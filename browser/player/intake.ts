/**
 * Turns what was recorded into what rrweb can play.
 *
 * Takes the parts of one stream in order. Only events that change what is seen
 * go on to rrweb; times are made to run forward within the stream, every full
 * snapshot gets the page's address and size before it, and bad events are left
 * out and counted. Times in here are milliseconds since the stream's start.
 */

import { EventType, type eventWithTime, IncrementalSource } from "rrweb";
import type { PartManifest, StreamManifest } from "../contracts/replay";
import { addInteraction, interactionOf, type Span } from "./interactions";
import type { Piece } from "./recording";
import { Sanitiser, sanitiseStyles } from "./sanitise";
import { examine, type Fields } from "./shape";
import type { StyleMap } from "./styles";

/** An event for rrweb that knows where it was recorded: `stream/seq/index/place in its part`. */
export type PlayableEvent = eventWithTime & { origin: string };

/** From when on a page can be shown, and how large it is. */
export interface Snapshot {
  at: number;
  elements: number;
  /** The first of the events that show it. */
  first: PlayableEvent;
}

/** From when on the page had this address. */
export interface Address {
  at: number;
  href: string;
}

/** What a part holds. */
export interface Take {
  events: PlayableEvent[];
  snapshots: Snapshot[];
  addresses: Address[];
  interactions: Span[];
  /** How many events had to be left out. */
  bad: number;
  /** Whether stylesheets are not there that the part refers to. */
  lacksStyles: boolean;
}

/** An event that rrweb can play. */
interface Examined {
  event: eventWithTime;
  at: number;
  origin: string;
}

type FullSnapshot = Extract<eventWithTime, { type: EventType.FullSnapshot }>;
type Change = Extract<eventWithTime, { type: EventType.IncrementalSnapshot }>;

/** The page's size where a recording does not say it. */
const DEFAULT_SIZE = { width: 1280, height: 720 };
const MAX_SIZE = 10_000;

/** What the first snapshot holds anyway: rrweb sends some of it before. */
const STYLES = new Set([
  IncrementalSource.StyleSheetRule,
  IncrementalSource.StyleDeclaration,
  IncrementalSource.AdoptedStyleSheet,
  IncrementalSource.Font,
]);

/** rrweb skips what is added but not later than the last event it played: a part is later than the one before. */
const PART_STEP_MS = 0.01;

export class Intake {
  private last = 0;
  private href = "";
  private size = DEFAULT_SIZE;
  private hasSnapshot = false;
  /** Whether changes came before the first snapshot: they cannot be shown. */
  private lostChanges = false;
  private readonly sanitiser = new Sanitiser();
  private styles: StyleMap = new Map();

  constructor(
    private readonly streamId: string,
    private readonly startedAt: number,
    /** Whether the first part taken is the stream's first. */
    private readonly fromStart: boolean,
    /** Origins of events that made rrweb throw before. */
    private readonly rejected: ReadonlySet<string>,
  ) {}

  /**
   * Takes the next part. What comes before the snapshot from which `place` is
   * shown, that is in the same part, is not made ready to be shown.
   */
  take(stream: StreamManifest, part: PartManifest, { events, styles }: Piece, place: number): Take {
    const taken: Take = {
      events: [],
      snapshots: [],
      addresses: [],
      interactions: [],
      bad: 0,
      lacksStyles: false,
    };
    taken.lacksStyles = part.styles.some((hash) => !styles.has(hash));
    this.styles = styles;
    this.last += PART_STEP_MS;
    const examined = this.examine(
      events,
      `${this.streamId}/${part.seq}/${part.index}`,
      boundsOf(stream, part),
    );
    taken.bad = examined.bad;
    const shownFrom = this.hasSnapshot ? -1 : lastSnapshot(examined.playable, place);
    for (const [index, one] of examined.playable.entries()) this.accept(one, index < shownFrom, taken);
    return taken;
  }

  private examine(events: unknown[], name: string, bounds: Span): { playable: Examined[]; bad: number } {
    const playable: Examined[] = [];
    let bad = 0;
    events.forEach((recorded, index) => {
      const verdict = examine(recorded);
      const origin = `${name}/${index}`;
      if (verdict === "bad" || this.rejected.has(origin)) bad += 1;
      else if (verdict === "playable") {
        const event = recorded as eventWithTime;
        playable.push({ event, at: this.timeOf(event, bounds), origin });
      }
    });
    return { playable, bad };
  }

  /** `isPast`: a later snapshot of the same part shows what is shown first. */
  private accept({ event, at, origin }: Examined, isPast: boolean, taken: Take): void {
    addInteraction(taken.interactions, interactionOf(event, at));
    switch (event.type) {
      case EventType.Meta:
        this.resize(event.data);
        this.goTo(String(event.data.href ?? ""), at, taken);
        return;
      case EventType.Custom:
        this.goTo(navigatedTo(event.data), at, taken);
        return;
      case EventType.FullSnapshot:
        if (isPast) this.lostChanges = true;
        else this.acceptSnapshot(event, this.standsForTheStart ? 0 : at, origin, taken);
        return;
      case EventType.IncrementalSnapshot:
        this.acceptChange(event, at, origin, taken);
    }
  }

  /**
   * rrweb can start where a page's size stands, so a size that no snapshot
   * follows would leave the viewer with a blank page: it gets one of ours,
   * directly before the snapshot.
   */
  private acceptSnapshot(event: FullSnapshot, at: number, origin: string, taken: Take): void {
    this.hasSnapshot = true;
    const timestamp = this.startedAt + at;
    const data = { href: this.href, ...this.size };
    const elements = this.sanitiser.snapshot(event.data.node as unknown as Fields, this.styles);
    const first: PlayableEvent = { type: EventType.Meta, data, timestamp, origin };
    taken.snapshots.push({ at, elements, first });
    taken.events.push(first, { ...event, timestamp, origin });
  }

  private acceptChange(event: Change, at: number, origin: string, taken: Take): void {
    const { data } = event;
    if (data.source === IncrementalSource.ViewportResize) Object.assign(data, this.resize(data));
    if (!this.hasSnapshot) {
      this.lostChanges ||= !STYLES.has(data.source);
      return;
    }
    if (data.source === IncrementalSource.Font && isRemoteFont(data)) return;
    if (data.source === IncrementalSource.Mutation) this.sanitiser.mutation(data, this.styles);
    else sanitiseStyles(data as unknown as Fields);
    taken.events.push({ ...event, timestamp: this.startedAt + at, origin });
  }

  /** While nothing else is known, the page looks as its first snapshot shows it. */
  private get standsForTheStart(): boolean {
    return this.fromStart && !this.hasSnapshot && !this.lostChanges;
  }

  /** rrweb sorts events by time: one that seems to be earlier than the one before would move before it. */
  private timeOf(event: eventWithTime, [earliest, latest]: Span): number {
    const at = Math.round(event.timestamp - this.startedAt);
    this.last = Math.max(this.last, Math.min(Math.max(at, earliest), latest));
    return this.last;
  }

  private resize({ width, height }: { width: number; height: number }): { width: number; height: number } {
    this.size = { width: withinSize(width), height: withinSize(height) };
    return this.size;
  }

  private goTo(href: string, at: number, taken: Take): void {
    if (!href || href === this.href) return;
    this.href = href;
    taken.addresses.push({ at, href });
  }
}

/** The place among these events of the last snapshot at or before a time. */
function lastSnapshot(events: Examined[], time: number): number {
  return events.findLastIndex(({ event, at }) => event.type === EventType.FullSnapshot && at <= time);
}

/** When the events of a part can have been: clocks that jump must not reach beyond. */
function boundsOf(stream: StreamManifest, part: PartManifest): Span {
  const earliest = Math.max(0, part.starts_ms - stream.offset_ms);
  const latest = Math.max(earliest, part.ends_ms - stream.offset_ms);
  return [Math.min(earliest, stream.duration_ms), Math.min(latest, stream.duration_ms)];
}

function navigatedTo({ tag, payload }: { tag: string; payload: unknown }): string {
  const href = tag === "hindsight.navigate" && (payload as Fields | null)?.href;
  return typeof href === "string" ? href : "";
}

function isRemoteFont({ buffer, fontSource }: { buffer: boolean; fontSource: string }): boolean {
  return buffer !== true && !/^\s*url\(\s*["']?data:/i.test(fontSource);
}

function withinSize(length: number): number {
  return Math.min(Math.max(Math.round(length), 1), MAX_SIZE);
}
