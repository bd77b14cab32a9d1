/**
 * The loaded piece of one stream: parts in order, from one with a full snapshot on.
 *
 * Loads as far as it is told to, within a budget of bytes, and lets go of what
 * it is told to leave behind. When the stream is stored in other parts by now it
 * loads no more: what it has stays right, and another reel goes on.
 * Times in here are milliseconds since the stream's start.
 */

import type { PartManifest, StreamManifest } from "../contracts/replay";
import { lastSnapshotPart } from "./cue";
import { type Address, Intake, type PlayableEvent, type Snapshot, type Take } from "./intake";
import { bytesOf, firstWithin, isBefore, type Place } from "./place";
import type { Piece, Recording } from "./recording";

/** Hears of each part when it has been loaded; `trouble` says what was wrong with it as a whole. */
export type OnPart = (reel: Reel, part: PartManifest, take: Take, trouble: Error | null) => void;

/**
 * What may be loaded ahead of the head, as JSON: in memory it takes two to three
 * times as much. It is some minutes of a busy page, or two of the largest parts.
 */
const AHEAD_MAX_BYTES = 8 * 1024 * 1024;

/** How many parts are asked for beyond the one that is needed. */
const READ_AHEAD = 3;

const NOTHING: Piece = { events: [], styles: new Map() };

/** A snapshot, and the bytes of the parts that were loaded before the one it came in. */
type Kept = Snapshot & { bytesBefore: number };

export class Reel {
  readonly events: PlayableEvent[] = [];
  readonly streamId: string;
  readonly startedAt: number;

  private snapshots: Kept[] = [];
  private addresses: Address[] = [];
  /** Where each part starts, of those loaded. */
  private loaded: { at: number; bytes: number }[] = [];
  private readonly intake: Intake;
  /** The place from which on nothing is loaded yet. */
  private next: Place;
  private bytes = 0;
  private forgottenBytes = 0;
  private wanted: number;
  private loading = false;
  private closed = false;

  /** `head`: the place that is to be shown first. */
  constructor(
    private readonly recording: Recording,
    private known: StreamManifest,
    first: PartManifest,
    private head: number,
    rejected: ReadonlySet<string>,
    private readonly onPart: OnPart,
  ) {
    this.streamId = known.id;
    this.startedAt = known.started_at;
    this.next = first;
    this.wanted = head;
    this.intake = new Intake(known.id, known.started_at, known.parts[0] === first, rejected);
  }

  /** The stream with the parts that this reel is made of. It grows while the session is active. */
  get stream(): StreamManifest {
    if (!this.isOutdated) this.known = this.recording.stream(this.streamId) ?? this.known;
    return this.known;
  }

  /** Whether the stream is by now stored in other parts, so that no more of these can be loaded. */
  get isOutdated(): boolean {
    return this.recording.isOutdated(this.known);
  }

  /** From when on it can be shown. */
  get startsAt(): number {
    return this.snapshots[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Up to when everything is loaded. */
  get coveredTo(): number {
    const { nextPart } = this;
    return nextPart ? nextPart.starts_ms - this.stream.offset_ms : Number.POSITIVE_INFINITY;
  }

  get nextPart(): PartManifest | undefined {
    return this.stream.parts.find((part) => !isBefore(part, this.next));
  }

  /** Whether `at` can be shown. Its first snapshot can be, even when the next part starts at that very moment. */
  covers(at: number): boolean {
    return this.startsAt <= at && (at < this.coveredTo || at === this.startsAt);
  }

  /** Whether loading on is the shortest way to `at`: no snapshot on the way saves loading what is before it. */
  reaches(at: number): boolean {
    if (at < this.startsAt) return false;
    const snapshot = lastSnapshotPart(this.stream, at);
    const { nextPart } = this;
    return !snapshot || !nextPart || !isBefore(nextPart, snapshot);
  }

  snapshotAt(at: number): Kept | undefined {
    return this.snapshots.findLast((snapshot) => snapshot.at <= at);
  }

  addressAt(at: number): string {
    return this.addresses.findLast((address) => address.at <= at)?.href ?? this.addresses[0]?.href ?? "";
  }

  /** How much is held that only a seek back from `at` would need, in bytes of JSON. */
  leftBehind(at: number): number {
    return Math.max(0, (this.snapshotAt(at)?.bytesBefore ?? 0) - this.forgottenBytes);
  }

  /** Lets go of what comes before the snapshot from which `at` is shown. */
  forget(at: number): void {
    const from = this.snapshotAt(at);
    if (!from) return;
    this.events.splice(0, this.events.indexOf(from.first));
    this.snapshots = this.snapshots.slice(this.snapshots.indexOf(from));
    const address = this.addresses.findLastIndex((one) => one.at <= from.at);
    this.addresses = this.addresses.slice(Math.max(0, address));
    this.loaded = this.loaded.filter((part) => part.at >= from.at);
    this.forgottenBytes = from.bytesBefore;
  }

  /** Loads on, in the background, until everything up to `to` is there or as much as may be held ahead of the head. */
  load(head: number, to: number): void {
    this.head = head;
    this.wanted = to;
    if (!this.loading && this.wantsMore) void this.loadOn();
  }

  /** Loads the next part, if there is one and it is still there. */
  async loadNext(): Promise<void> {
    const { nextPart: part, stream } = this;
    if (!part) return;
    const reading = this.read(stream, part);
    this.recording.prefetch(this.soonNeeded(stream, part));
    const [piece, trouble] = await reading;
    if (!piece || this.closed) return;
    this.next = { seq: part.seq, index: part.index + 1 };
    const take = this.intake.take(stream, part, piece, this.head);
    this.add(stream, part, take);
    this.onPart(this, part, take, trouble);
  }

  close(): void {
    this.closed = true;
  }

  private add(stream: StreamManifest, part: PartManifest, take: Take): void {
    for (const event of take.events) this.events.push(event);
    for (const snapshot of take.snapshots) this.snapshots.push({ ...snapshot, bytesBefore: this.bytes });
    this.addresses.push(...take.addresses);
    this.loaded.push({ at: part.starts_ms - stream.offset_ms, bytes: bytesOf(part) });
    this.bytes += bytesOf(part);
  }

  private async loadOn(): Promise<void> {
    this.loading = true;
    while (this.wantsMore) await this.loadNext();
    this.loading = false;
  }

  private get wantsMore(): boolean {
    const { nextPart, coveredTo } = this;
    if (!nextPart || this.closed || this.isOutdated || coveredTo > this.wanted) return false;
    const ahead = this.bytesAhead;
    return coveredTo <= this.head || ahead === 0 || ahead + bytesOf(nextPart) <= AHEAD_MAX_BYTES;
  }

  private get bytesAhead(): number {
    let bytes = 0;
    for (let last = this.loaded.length - 1; last >= 0; last -= 1) {
      const part = this.loaded[last];
      if (!part || part.at <= this.head) break;
      bytes += part.bytes;
    }
    return bytes;
  }

  /** The parts after this one that will be wanted as well. */
  private soonNeeded(stream: StreamManifest, part: PartManifest): PartManifest[] {
    const index = stream.parts.indexOf(part);
    const following = stream.parts.slice(index + 1, index + 1 + READ_AHEAD);
    const wanted = following.filter(({ starts_ms }) => starts_ms - stream.offset_ms <= this.wanted);
    const room = AHEAD_MAX_BYTES - this.bytesAhead;
    return firstWithin([part, ...wanted], room).slice(1);
  }

  /** Nothing for a part that is stored elsewhere by now; no events and the reason for one that is not to be had. */
  private async read(stream: StreamManifest, part: PartManifest): Promise<[Piece | null, Error | null]> {
    try {
      return [await this.recording.piece(stream, part), null];
    } catch (error) {
      return [NOTHING, error instanceof Error ? error : new Error(String(error))];
    }
  }
}
