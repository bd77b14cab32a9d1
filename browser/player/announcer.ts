/** What the stage tells the page about the recording and the head. */

import type { FromStage, Manifest, PartManifest } from "../contracts/replay";
import { Activity, activitySlices } from "./activity";
import type { Span } from "./interactions";

const EVERY_MS = 100;

export type State = Omit<Extract<FromStage, { type: "state" }>, "type">;

export class Announcer {
  private readonly activity = new Activity();
  private idle: Span[] = [];
  private announcedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly tell: (message: FromStage) => void) {}

  /** Whether a head that moves should be told again. */
  get isDue(): boolean {
    return performance.now() - this.announcedAt >= EVERY_MS;
  }

  loaded(manifest: Manifest): void {
    const streams = manifest.streams.map(({ offset_ms, duration_ms, started_at }) => ({
      offset_ms,
      duration_ms,
      started_at,
    }));
    const { duration_ms, heard_at } = manifest;
    const active = manifest.status === "active";
    this.tell({ type: "loaded", duration_ms, active, heard_at, streams, activity: activitySlices(manifest) });
    this.tellIdle(manifest);
  }

  /** Takes in what is now known exactly of a part. */
  learned(manifest: Manifest, part: PartManifest, interactions: Span[]): void {
    this.activity.learn(part, interactions);
    this.tellIdle(manifest);
  }

  state(state: State): void {
    this.announcedAt = performance.now();
    this.tell({ type: "state", ...state });
  }

  /** The stretch of idle time around this place. */
  idleAround(at_ms: number): Span | undefined {
    return this.idle.find(([from, to]) => from <= at_ms && at_ms < to);
  }

  private tellIdle(manifest: Manifest): void {
    const spans = this.activity.idleSpans(manifest);
    if (JSON.stringify(spans) === JSON.stringify(this.idle)) return;
    this.idle = spans;
    this.tell({ type: "idle", spans });
  }
}
