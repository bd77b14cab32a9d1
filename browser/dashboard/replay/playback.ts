import type { FromStage, ToStage } from "../../contracts/replay";
import { forgetful } from "./forgetful";

/** The speeds a viewer can choose, slowest first. */
export const SPEEDS = [0.5, 1, 2, 4];

/** How long a position from before a seek may still arrive. */
const SEEK_ECHO_MS = 250;
/** How far from its aim a seek may end up. */
const SEEK_TOLERANCE_MS = 1500;

/** How far one step goes: what happens within it is seen at once. */
const STEP_MS = 100;

const SKIP_IDLE_KEY = "hindsight.skip-idle";

/** What the page knows about what the stage plays. */
export interface PlaybackState {
  loaded: boolean;
  at_ms: number;
  duration_ms: number;
  playing: boolean;
  buffering: boolean;
  skipping: boolean;
  finished: boolean;
  /** Why nothing can be played, or "". */
  problem: string;
  page_url: string;
  speed: number;
  skip_idle: boolean;
  /** Whether the visit goes on. */
  active: boolean;
  /** When the last upload of it arrived, by the server's clock. */
  heard_at: number;
  streams: { offset_ms: number; duration_ms: number; started_at: number }[];
  activity: number[];
  idle: [from_ms: number, to_ms: number][];
}

/** The message of a type. */
type Message<T extends FromStage["type"]> = Extract<FromStage, { type: T }>;

/** The page's side of the replay: what is being played, and what can be asked. */
export class Playback {
  readonly state: PlaybackState;
  readonly #send: (message: ToStage) => void;
  readonly #manifestUrl: string;
  readonly #listeners: ((state: PlaybackState) => void)[] = [];
  readonly #settledListeners: (() => void)[] = [];
  #sought: { at_ms: number; until: number } | undefined;

  constructor(send: (message: ToStage) => void, manifestUrl: string, start_ms: number) {
    this.#send = send;
    this.#manifestUrl = manifestUrl;
    this.state = {
      loaded: false,
      at_ms: start_ms,
      duration_ms: 0,
      playing: true,
      buffering: false,
      skipping: false,
      finished: false,
      problem: "",
      page_url: "",
      speed: 1,
      skip_idle: forgetful.get(SKIP_IDLE_KEY) !== "off",
      active: false,
      heard_at: 0,
      streams: [],
      activity: [],
      idle: [],
    };
  }

  /** Calls `listener` now and after each change. */
  onChange(listener: (state: PlaybackState) => void): void {
    this.#listeners.push(listener);
    listener(this.state);
  }

  /** Calls `listener` when the viewer has come to a moment: by a seek or by a pause. */
  onSettled(listener: () => void): void {
    this.#settledListeners.push(listener);
  }

  /** Takes in what the stage says. */
  receive(message: FromStage): void {
    switch (message.type) {
      case "ready":
        this.#load();
        break;
      case "loaded":
        this.#measure(message);
        break;
      case "idle":
        this.#change({ idle: message.spans });
        break;
      case "state":
        this.#follow(message);
        break;
      case "notice":
        if (message.kind === "unplayable") this.#change({ problem: message.text, playing: false });
    }
  }

  toggle(): void {
    if (this.state.playing) this.pause();
    else this.play();
  }

  /** Plays on; from the start where there is nothing left. */
  play(): void {
    if (this.#isAtEnd) this.restart();
    else this.#setPlaying(true);
  }

  pause(): void {
    if (this.state.playing) this.#setPlaying(false);
  }

  /** Stands still, a little before or after. */
  step(direction: -1 | 1): void {
    this.pause();
    this.seekBy(direction * STEP_MS);
  }

  #setPlaying(playing: boolean): void {
    this.#send({ type: playing ? "play" : "pause" });
    this.#change({ playing });
    if (!playing) this.#settle();
  }

  restart(): void {
    this.seek(0);
    this.#send({ type: "play" });
    this.#change({ playing: true });
  }

  seek(to_ms: number): void {
    if (!this.state.loaded) return;
    const at_ms = Math.min(Math.max(0, to_ms), this.state.duration_ms);
    this.#sought = { at_ms, until: performance.now() + SEEK_ECHO_MS };
    this.#send({ type: "seek", at_ms });
    this.#change({ at_ms, finished: false });
    this.#settle();
  }

  seekBy(ms: number): void {
    // What the stage says may be older than the last seek, as with keys that follow fast.
    const isUnderWay = this.#sought !== undefined && performance.now() < this.#sought.until;
    const from_ms = isUnderWay ? this.#sought?.at_ms : undefined;
    this.seek((from_ms ?? this.state.at_ms) + ms);
  }

  setSpeed(speed: number): void {
    this.#send({ type: "speed", speed });
    this.#change({ speed });
  }

  /** Goes to the next slower (-1) or faster (1) speed. */
  stepSpeed(step: -1 | 1): void {
    const speed = SPEEDS[SPEEDS.indexOf(this.state.speed) + step];
    if (speed !== undefined) this.setSpeed(speed);
  }

  setSkipIdle(skip_idle: boolean): void {
    forgetful.set(SKIP_IDLE_KEY, skip_idle ? "on" : "off");
    this.#send({ type: "skip-idle", on: skip_idle });
    this.#change({ skip_idle });
  }

  #load(): void {
    const { at_ms, playing, speed, skip_idle } = this.state;
    this.#send({ type: "load", manifest_url: this.#manifestUrl, at_ms, autoplay: playing, speed, skip_idle });
  }

  #measure({ duration_ms, active, heard_at, streams, activity }: Message<"loaded">): void {
    this.#change({ loaded: true, duration_ms, active, heard_at, streams, activity });
  }

  get #isAtEnd(): boolean {
    const { finished, active, loaded, at_ms, duration_ms } = this.state;
    return finished || (loaded && !active && at_ms >= duration_ms);
  }

  #follow(message: Message<"state">): void {
    const { at_ms, playing, buffering, skipping, page_url, finished } = message;
    if (this.#isEcho(at_ms)) return;
    const stopped = this.state.playing && !playing;
    this.#change({ at_ms, playing, buffering, skipping, page_url, finished });
    if (stopped) this.#settle();
  }

  /** Whether a position was sent before the last seek arrived: following it would make the playhead jump. */
  #isEcho(at_ms: number): boolean {
    if (this.#sought === undefined) return false;
    const near = Math.abs(at_ms - this.#sought.at_ms) < SEEK_TOLERANCE_MS;
    if (performance.now() < this.#sought.until) return !near;
    this.#sought = undefined;
    return false;
  }

  #change(changed: Partial<PlaybackState>): void {
    Object.assign(this.state, changed);
    for (const listener of this.#listeners) listener(this.state);
  }

  #settle(): void {
    for (const listener of this.#settledListeners) listener();
  }
}
