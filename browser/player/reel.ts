/**
 * The loaded piece of one stream: parts in order, from one with a full snapshot on.
 *
 * Loads as far as it is told to. Times in here are milliseconds since the stream's start.
 */

import type { PartManifest, StreamManifest } from "../contracts/replay";
import { lastSnapshotPart } from "./cue";
import { type Address, Intake, type PlayableEvent, type Snapshot, type Take } from "./intake";
import type { Recording } from "./recording";

/** Hears of each part when it has been loaded; `trouble` says what was wrong with it as a whole. */
export type OnPart = (reel: Reel, part: PartManifest, take: Take, trouble: Error | null) => void;

export class Reel {
  readonly events: PlayableEvent[] = [];
  readonly snapshots: Snapshot[] = [];
  readonly startedAt: number;

  private readonly addresses: Address[] = [];
  private readonly intake: Intake;
  private lastSeq: number;
  private wanted = 0;
  private loading = false;
  private closed = false;

  constructor(
    private readonly recording: Recording,
    readonly streamId: string,
    firstSeq: number,
    rejected: ReadonlySet<string>,
    private readonly onPart: OnPart,
  ) {
    this.lastSeq = firstSeq - 1;
    this.startedAt = this.stream?.started_at ?? 0;
    const isFirst = this.stream?.parts[0]?.seq === firstSeq;
    this.intake = new Intake(streamId, this.startedAt, isFirst, rejected);
  }

  /** The manifest grows while the session is active, so it is asked each time. */
  get stream(): StreamManifest | undefined {
    return this.recording.stream(this.streamId);
  }

  /** From when on it can be shown. */
  get startsAt(): number {
    return this.snapshots[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Up to when everything is loaded. */
  get coveredTo(): number {
    const next = this.nextPart;
    return next && this.stream ? next.starts_ms - this.stream.offset_ms : Number.POSITIVE_INFINITY;
  }

  get nextPart(): PartManifest | undefined {
    return this.stream?.parts.find((part) => part.seq > this.lastSeq);
  }

  covers(at: number): boolean {
    return this.startsAt <= at && at < this.coveredTo;
  }

  /** Whether loading on is the shortest way to `at`: no snapshot on the way saves loading what is before it. */
  reaches(at: number): boolean {
    if (at < this.startsAt) return false;
    const snapshot = this.stream && lastSnapshotPart(this.stream, at);
    return !snapshot || snapshot.seq <= (this.nextPart?.seq ?? Number.POSITIVE_INFINITY);
  }

  snapshotAt(at: number): Snapshot | undefined {
    return this.snapshots.findLast((snapshot) => snapshot.at <= at);
  }

  addressAt(at: number): string {
    return this.addresses.findLast((address) => address.at <= at)?.href ?? this.addresses[0]?.href ?? "";
  }

  /** Loads on, in the background, until everything up to `to` is there. */
  load(to: number): void {
    this.wanted = to;
    if (!this.loading) void this.loadOn();
  }

  /** Loads the next part. */
  async loadNext(): Promise<void> {
    const part = this.nextPart;
    const stream = this.stream;
    if (!part || !stream) return;
    const [recorded, trouble] = await this.read(stream, part);
    if (this.closed) return;
    this.lastSeq = part.seq;
    const take = this.intake.take(stream, part, recorded);
    this.events.push(...take.events);
    this.snapshots.push(...take.snapshots);
    this.addresses.push(...take.addresses);
    this.onPart(this, part, take, trouble);
  }

  close(): void {
    this.closed = true;
  }

  private async loadOn(): Promise<void> {
    this.loading = true;
    while (!this.closed && this.nextPart && this.coveredTo <= this.wanted) await this.loadNext();
    this.loading = false;
  }

  private async read(stream: StreamManifest, part: PartManifest): Promise<[unknown[], Error | null]> {
    try {
      return [await this.recording.events(stream, part), null];
    } catch (error) {
      return [[], error instanceof Error ? error : new Error(String(error))];
    }
  }
}
