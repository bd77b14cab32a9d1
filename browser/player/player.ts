/**
 * Plays a session: one head on one timeline, over streams that follow each other.
 *
 * One {@link Scene} is on the stage, and its clock moves the head while it
 * plays. Whatever happens (a seek, a part that arrived, a stream that ends)
 * comes down to two questions: is the right stream on the stage (`go`), and is
 * the head's place loaded (`settle`). A scene is replaced by one that shows the
 * same when it holds too much (`forget`), and when its stream is stored in other
 * parts since the session was finished (`renew`).
 */

import type { Manifest, PartManifest, StreamManifest } from "../contracts/replay";
import type { Announcer } from "./announcer";
import { Highlight } from "./highlight";
import type { Notices } from "./notices";
import { firstWithin } from "./place";
import type { Recording } from "./recording";
import { type OnPart, Reel } from "./reel";
import { Scene } from "./scene";
import { Unplayable } from "./screen";

/** How far ahead of the head is loaded, in milliseconds of watching. */
const AHEAD_MS = 20_000;

/** Shortly before a stream ends, the next one's first parts are asked for. */
const NEXT_STREAM_AHEAD_MS = 10_000;
const NEXT_STREAM_PARTS = 3;
const NEXT_STREAM_BYTES = 4 * 1024 * 1024;

/**
 * How much is held behind the head that only a seek back would need, as JSON. A
 * new screen costs as much as a seek, so it is worth it once for some minutes of
 * a busy page.
 */
const BEHIND_MAX_BYTES = 16 * 1024 * 1024;

/** Skipping lands this long before the visitor acts again. */
const SKIP_LEAD_IN_MS = 500;

/** A skip costs a seek: shorter ones are not worth it. */
const MIN_SKIP_MS = 2000;

const REFRESH_EVERY_MS = 3000;

/** A recording that breaks rrweb more often than this is not tried again. */
const MAX_FAILURES = 50;

export interface Settings {
  at_ms: number;
  autoplay: boolean;
  speed: number;
  skip_idle: boolean;
}

export class Player {
  /** Events that made rrweb throw. */
  private readonly rejected = new Set<string>();
  /** Streams of which nothing can be shown. */
  private readonly dead = new Set<string>();

  private readonly outline: Highlight;
  private scene: Scene | null = null;
  /** The head, in milliseconds on the timeline. */
  private at: number;
  private playing: boolean;
  private speed: number;
  private skipIdle: boolean;
  private buffering = true;
  private finished = false;
  private visible = !document.hidden;
  /** Whether the manifest is there. */
  private started = false;
  private closed = false;
  /** Counts the scenes that were asked for: only the latest comes onto the stage. */
  private turn = 0;
  /** The stream that a scene is opened for. */
  private opening: string | null = null;
  /** The turn in which a scene like the present one is opened from other parts. */
  private renewal = -1;
  private failures = 0;
  private frame = 0;
  /** Where the visitor acts again after the skip that is under way. */
  private skippingTo = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly recording: Recording,
    private readonly root: HTMLElement,
    private readonly announcer: Announcer,
    private readonly notices: Notices,
    settings: Settings,
  ) {
    this.at = settings.at_ms;
    this.playing = settings.autoplay;
    this.speed = settings.speed;
    this.skipIdle = settings.skip_idle;
    this.outline = new Highlight(root, () => this.scene?.page ?? null);
  }

  get position(): number {
    return Math.floor(this.at);
  }

  async start(): Promise<void> {
    this.report();
    try {
      await this.recording.refresh();
    } catch (error) {
      this.notices.unreadable(error);
      return;
    }
    if (this.closed) return;
    this.started = true;
    this.recording.watch(this.onManifest);
    this.announcer.loaded(this.recording.manifest);
    this.go(this.at);
    if (this.recording.isActive) this.refreshLater();
  }

  play(): void {
    this.playing = true;
    if (this.finished) this.go(0);
    else this.settle();
  }

  pause(): void {
    this.hold();
    this.playing = false;
    this.report();
  }

  seek(at_ms: number): void {
    this.skippingTo = Number.NEGATIVE_INFINITY;
    this.go(at_ms);
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    this.scene?.setSpeed(speed);
    this.report();
  }

  setSkipIdle(on: boolean): void {
    this.skipIdle = on;
    this.report();
  }

  /** Outlines the element that the selector finds, whatever is played. */
  highlight(selector: string | null): void {
    this.outline.show(selector);
  }

  /** A document that is not seen gets no frames: the head stands still with rrweb's clock. */
  setVisible(visible: boolean): void {
    if (!visible) this.hold();
    this.visible = visible;
    if (visible) this.settle();
  }

  fit(): void {
    this.scene?.fit();
  }

  /** Goes on from the same place after rrweb threw while it was playing. */
  recover(): void {
    const stream = this.scene && this.recording.stream(this.scene.streamId);
    if (!stream || !this.isRunning) return;
    this.hold();
    this.rebuild(stream);
  }

  close(): void {
    this.closed = true;
    this.turn += 1;
    cancelAnimationFrame(this.frame);
    this.outline.show(null);
    this.scene?.close();
    this.scene = null;
    this.recording.close();
  }

  /** Stops the clock; rrweb would start the page anew if it had to play on from before its last event. */
  private hold(): void {
    const stream = this.scene && this.recording.stream(this.scene.streamId);
    if (stream && this.scene && this.isRunning) this.at = stream.offset_ms + this.scene.time;
    this.scene?.pause();
  }

  /** Moves the head, and puts on the stage what plays there. */
  private go(at_ms: number): void {
    this.at = Math.max(0, at_ms);
    this.finished = false;
    if (!this.started) {
      this.report();
      return;
    }
    this.at = Math.min(this.at, this.recording.manifest.duration_ms);
    const stream = this.recording.streamAt(this.at);
    const { scene } = this;
    if (!stream) this.nothingToShow();
    else if (this.dead.has(stream.id)) this.passOver(stream);
    else if (scene?.streamId !== stream.id || !scene.reel.reaches(this.at - stream.offset_ms)) {
      this.open(stream);
    } else {
      this.turn += 1;
      this.opening = null;
      this.settle();
    }
  }

  /** Brings a new scene of the stream onto the stage; the old one stays until it can be shown. */
  private open(stream: StreamManifest): void {
    this.turn += 1;
    this.opening = stream.id;
    this.buffering = true;
    this.scene?.pause();
    this.report();
    void this.replace(stream);
  }

  /** Has the stream played from the parts that it is stored in now; the old scene plays on until then. */
  private renew(stream: StreamManifest): void {
    if (this.opening !== null || this.renewal === this.turn) return;
    this.renewal = this.turn;
    void this.replace(stream);
  }

  private async replace(stream: StreamManifest): Promise<void> {
    const { turn } = this;
    const scene = await Scene.open(stream, {
      root: this.root,
      speed: this.speed,
      head: () => this.headIn(stream),
      isWanted: () => turn === this.turn,
      start: (first) => this.reelFrom(stream, first),
    });
    if (turn !== this.turn) {
      scene?.close();
      return;
    }
    const isSame = this.opening === null;
    this.hold();
    this.opening = null;
    this.renewal = -1;
    if (scene) this.change(scene, isSame);
    else if (this.recording.isOutdated(stream)) this.go(this.at);
    else this.passOver(stream);
  }

  private reelFrom(stream: StreamManifest, first: PartManifest): Reel {
    return new Reel(this.recording, stream, first, this.headIn(stream), this.rejected, this.onPart);
  }

  /** The head in milliseconds since the stream's start. */
  private headIn(stream: StreamManifest): number {
    return this.at - (this.recording.stream(stream.id) ?? stream).offset_ms;
  }

  private change(scene: Scene, isSame: boolean): void {
    const { stream, startsAt } = scene.reel;
    if (this.headIn(stream) < startsAt) this.notices.noSnapshot(stream, startsAt);
    const former = this.scene;
    if (former && isSame) scene.pointAs(former);
    scene.setSpeed(this.speed);
    this.scene = scene;
    this.settle();
    former?.close();
  }

  /** Shows the head's place if it is loaded, and has it loaded if not. */
  private settle(): void {
    const { scene } = this;
    const stream = scene && this.recording.stream(scene.streamId);
    if (!stream || this.opening !== null || this.finished) {
      this.report();
      return;
    }
    const time = Math.max(this.at - stream.offset_ms, scene.reel.startsAt);
    this.at = stream.offset_ms + time;
    if (scene.reel.isOutdated) this.renew(stream);
    const isLoaded = scene.reel.covers(time);
    const isStuck = this.playing && time >= scene.reel.coveredTo;
    this.buffering = !isLoaded || isStuck || this.waitsForMore;
    scene.reel.load(time, time + AHEAD_MS * this.speed);
    if (isLoaded) this.show(scene, time);
    else scene.pause();
    this.report();
    this.roll();
  }

  private show(scene: Scene, time: number): void {
    try {
      scene.show(time, this.isRunning);
    } catch (error) {
      if (error instanceof Unplayable && error.event) this.rejected.add(error.event.origin);
      const stream = this.recording.stream(scene.streamId);
      if (stream) this.rebuild(stream);
    }
  }

  /** A scene in which rrweb threw is of no more use. */
  private rebuild(stream: StreamManifest): void {
    this.failures += 1;
    if (this.failures <= MAX_FAILURES) {
      this.open(stream);
      return;
    }
    this.scene?.close();
    this.scene = null;
    this.passOver(stream);
  }

  private get isRunning(): boolean {
    return this.playing && this.visible && !this.buffering && this.opening === null && !this.finished;
  }

  /** Whether the head has caught up with a visit that goes on. */
  private get waitsForMore(): boolean {
    return this.recording.isActive && this.at >= this.recording.manifest.duration_ms;
  }

  private roll(): void {
    cancelAnimationFrame(this.frame);
    if (this.isRunning) this.frame = requestAnimationFrame(() => this.advance());
  }

  /** Follows rrweb's clock by one frame. */
  private advance(): void {
    const { scene } = this;
    const stream = scene && this.recording.stream(scene.streamId);
    if (!stream || !this.isRunning) return;
    const { time } = scene;
    this.at = stream.offset_ms + time;
    if (this.at >= this.recording.endOf(stream.id)) this.leave(stream);
    else if (time >= scene.reel.coveredTo) {
      this.at = stream.offset_ms + scene.reel.coveredTo;
      this.settle();
    } else if (scene.reel.leftBehind(time) > BEHIND_MAX_BYTES) {
      void scene.forget(time, () => this.settle());
    } else if (!this.skipsIdle()) {
      scene.reel.load(time, time + AHEAD_MS * this.speed);
      this.prepareNext(stream);
      if (this.announcer.isDue) this.report();
      this.roll();
    }
  }

  /** Goes on to the next stream, or ends. */
  private leave(stream: StreamManifest): void {
    const next = this.recording.streamAfter(stream.id);
    if (next) {
      this.go(next.offset_ms);
      return;
    }
    this.at = this.recording.manifest.duration_ms;
    this.scene?.pause();
    if (this.recording.isActive) this.buffering = true;
    else this.finish();
    this.report();
  }

  private finish(): void {
    this.turn += 1;
    this.opening = null;
    this.finished = true;
    this.playing = false;
    this.buffering = false;
    this.report();
  }

  private prepareNext(stream: StreamManifest): void {
    const next = this.recording.streamAfter(stream.id);
    if (!next || next.offset_ms - this.at > NEXT_STREAM_AHEAD_MS * this.speed) return;
    this.recording.prefetch(firstWithin(next.parts.slice(0, NEXT_STREAM_PARTS), NEXT_STREAM_BYTES));
  }

  private skipsIdle(): boolean {
    if (!this.skipIdle) return false;
    const span = this.announcer.idleAround(this.at);
    if (!span || span[1] - SKIP_LEAD_IN_MS - this.at < MIN_SKIP_MS * Math.max(1, this.speed)) return false;
    this.skippingTo = span[1];
    this.go(span[1] - SKIP_LEAD_IN_MS);
    return true;
  }

  /** A stream of which nothing can be shown: goes on with the next one that can. */
  private passOver(stream: StreamManifest): void {
    this.dead.add(stream.id);
    this.notices.noSnapshot(stream, Number.POSITIVE_INFINITY);
    const next = this.recording.manifest.streams.find(
      (other) => other.offset_ms > stream.offset_ms && !this.dead.has(other.id),
    );
    if (next) this.go(next.offset_ms);
    else this.nothingToShow();
  }

  private nothingToShow(): void {
    if (this.scene) this.finish();
    else if (!this.recording.isActive) {
      this.playing = false;
      this.buffering = false;
      this.notices.unplayable("Nothing of this session can be shown: no picture of the page was recorded.");
    }
    this.report();
  }

  private readonly onPart: OnPart = async (reel, part, take, trouble) => {
    this.notices.part(reel.stream, part, take, trouble);
    this.announcer.learned(this.recording.manifest, part, take.interactions);
    if (this.scene?.reel !== reel) return;
    await this.scene.add(take.events);
    if (this.scene?.reel === reel && (this.buffering || part.starts_ms <= this.at)) this.settle();
  };

  private refreshLater(): void {
    setTimeout(async () => {
      if (this.closed) return;
      await this.recording.refresh().catch(() => {});
      if (!this.closed && this.recording.isActive) this.refreshLater();
    }, REFRESH_EVERY_MS);
  }

  /** The session has grown, or it was finished. */
  private readonly onManifest = (former: Manifest): void => {
    if (this.closed) return;
    const id = this.opening ?? this.scene?.streamId;
    const before = former.streams.find((stream) => stream.id === id);
    const after = id === undefined ? undefined : this.recording.stream(id);
    if (before && after) this.at += after.offset_ms - before.offset_ms;
    this.dead.clear();
    this.announcer.loaded(this.recording.manifest);
    if (this.opening !== null || this.finished) return;
    if (!this.scene || !after) this.go(this.at);
    else if (this.buffering) this.settle();
    else if (this.scene.reel.isOutdated) this.renew(after);
  };

  private report(): void {
    const stream = this.scene && this.recording.stream(this.scene.streamId);
    this.announcer.state({
      at_ms: this.position,
      playing: this.playing,
      buffering: this.buffering,
      skipping: this.at < this.skippingTo,
      page_url: (stream && this.scene?.reel.addressAt(this.at - stream.offset_ms)) ?? "",
      finished: this.finished,
    });
  }
}
