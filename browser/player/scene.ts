/** One stream on the stage: what is loaded of it, and the screen that shows it. */

import type { PartManifest, StreamManifest } from "../contracts/replay";
import { cue } from "./cue";
import type { PlayableEvent } from "./intake";
import type { Reel } from "./reel";
import { Screen } from "./screen";

/** What a scene needs to know of what it is opened for. */
export interface Opening {
  root: HTMLElement;
  speed: number;
  /** The head, in milliseconds since the stream's start; it may move while the scene opens. */
  head: () => number;
  /** Whether another scene has been asked for since. */
  isWanted: () => boolean;
  start: (first: PartManifest) => Reel;
}

export class Scene {
  private constructor(
    readonly reel: Reel,
    private screen: Screen,
  ) {}

  /**
   * Loads the stream up to the head (or its first snapshot, if that comes later)
   * and builds a screen for it, which stays hidden until something is shown.
   * Nothing when no snapshot can be shown, when the stream is by now stored in
   * other parts, or when the scene is no longer wanted.
   */
  static async open(stream: StreamManifest, opening: Opening): Promise<Scene | null> {
    const { head, isWanted, root, speed } = opening;
    const reel = await cue(stream, head(), opening.start);
    if (!reel) return null;
    const isShort = () => !reel.covers(Math.max(head(), reel.startsAt));
    while (isWanted() && !reel.isOutdated && reel.nextPart && isShort()) await reel.loadNext();
    if (!isWanted() || (reel.isOutdated && isShort())) return null;
    const scene = new Scene(reel, new Screen(root, reel.startedAt, speed));
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

  /** The frame that the recorded page is drawn in. */
  get page(): HTMLIFrameElement {
    return this.screen.page;
  }

  /** Gives the screen what the reel has loaded since. */
  async add(events: PlayableEvent[]): Promise<void> {
    await this.screen.add(events);
  }

  show(time: number, playing: boolean): void {
    this.screen.show(time, this.reel.snapshotAt(time)?.elements ?? 0, playing);
  }

  /**
   * Lets go of what comes before the snapshot that is shown. rrweb keeps every
   * event that it was given, so this takes a new screen: `show` is called when it
   * can take the place of the former one, which is there until then.
   */
  async forget(time: number, show: () => void): Promise<void> {
    const former = this.screen;
    this.reel.forget(time);
    this.screen = former.successor();
    await this.screen.add(this.reel.events);
    show();
    former.close();
  }

  /** Leaves the pointer where it stands in a scene that shows the same. */
  pointAs(former: Scene): void {
    this.screen.pointAs(former.screen);
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
