/** One stream on the stage: what is loaded of it, and the screen that shows it. */

import type { StreamManifest } from "../contracts/replay";
import { cue } from "./cue";
import type { PlayableEvent } from "./intake";
import type { Reel } from "./reel";
import { Screen } from "./screen";

export class Scene {
  private constructor(
    readonly reel: Reel,
    private readonly screen: Screen,
  ) {}

  /**
   * Loads the stream up to `at` (or its first snapshot, if that comes later) and
   * builds a screen for it, which stays hidden until something is shown.
   * Nothing when no snapshot can be shown, or when `isWanted` says that it came too late.
   */
  static async open(
    stream: StreamManifest,
    at: number,
    stage: { root: HTMLElement; speed: number },
    start: (firstSeq: number) => Reel,
    isWanted: () => boolean,
  ): Promise<Scene | null> {
    const reel = await cue(stream, at, start);
    if (!reel) return null;
    const time = Math.max(at, reel.startsAt);
    while (isWanted() && reel.nextPart && !reel.covers(time)) await reel.loadNext();
    if (!isWanted()) return null;
    const scene = new Scene(reel, new Screen(stage.root, reel.startedAt, stage.speed));
    await scene.add(reel.events);
    return scene;
  }

  get streamId(): string {
    return this.reel.streamId;
  }

  /** Milliseconds since the stream's start. */
  get time(): number {
    return this.screen.time;
  }

  /** Gives the screen what the reel has loaded since. */
  async add(events: PlayableEvent[]): Promise<void> {
    await this.screen.add(events);
  }

  show(time: number, playing: boolean): void {
    this.screen.show(time, this.reel.snapshotAt(time)?.elements ?? 0, playing);
  }

  pause(): void {
    this.screen.pause();
  }

  setSpeed(speed: number): void {
    this.screen.setSpeed(speed);
  }

  fit(): void {
    this.screen.fit();
  }

  close(): void {
    this.reel.close();
    this.screen.close();
  }
}
