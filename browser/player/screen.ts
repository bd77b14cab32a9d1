/**
 * Shows one stream: rrweb's player, its frame and its scale.
 *
 * rrweb's clock starts at its first event and stops at its last. So that its
 * time is the stream's time whichever part is loaded first, and so that it runs
 * on through quiet stretches, its events stand between two marks of our own.
 */

import { EventType, type eventWithTime, Replayer } from "rrweb";
import type { PlayableEvent } from "./intake";

/**
 * Above this many elements, rrweb's virtual DOM takes longer than the document
 * itself: a page of 120 000 elements seeks in 40 s with it and in 2 s without.
 */
const VIRTUAL_DOM_MAX_ELEMENTS = 15_000;

/** Small recorded windows are not blown up beyond this. */
const MAX_SCALE = 2;

/** rrweb plays what is strictly before a time; events of that very millisecond belong to it as well. */
const WITHIN_THE_MILLISECOND = 0.5;

/** rrweb could not play an event. */
export class Unplayable extends Error {
  constructor(
    /** The event, when it can be told which. */
    readonly event: PlayableEvent | undefined,
    override readonly cause: unknown,
  ) {
    super("rrweb could not play an event");
  }
}

export class Screen {
  private readonly element = document.createElement("div");
  private readonly replayer: Replayer;
  private size = { width: 0, height: 0 };

  constructor(
    private readonly root: HTMLElement,
    private readonly startedAt: number,
    private speed: number,
  ) {
    this.element.className = "screen";
    this.element.hidden = true;
    root.append(this.element);
    this.replayer = new Replayer([mark(startedAt), mark(Number.MAX_SAFE_INTEGER)], {
      root: this.element,
      speed,
      showWarning: false,
      triggerFocus: false,
      mouseTail: { duration: 350, lineWidth: 2, strokeStyle: "rgb(255 148 86 / 0.55)" },
    });
    this.replayer.on("resize", (size) => this.fit(size as { width: number; height: number }));
  }

  /** An empty screen for the same stream, its pointer where this one's is. */
  successor(): Screen {
    const successor = new Screen(this.root, this.startedAt, this.speed);
    successor.pointAs(this);
    return successor;
  }

  /** Puts the pointer where it is on another screen: snapshots do not tell. */
  pointAs(other: Screen): void {
    const [own, others] = [this.pointer, other.pointer];
    if (!own || !others?.hasAttribute("style")) return;
    own.className = others.className;
    own.style.left = others.style.left;
    own.style.top = others.style.top;
  }

  /** Milliseconds since the stream's start. */
  get time(): number {
    return Math.max(0, Math.floor(this.replayer.getCurrentTime()));
  }

  /** The frame that the recorded page is drawn in. */
  get page(): HTMLIFrameElement {
    return this.replayer.iframe;
  }

  /** Adds events that are later than all it has. rrweb takes each in a microtask of its own. */
  async add(events: PlayableEvent[]): Promise<void> {
    for (const event of events) this.replayer.addEvent(event);
  }

  /**
   * Shows the page as it was at this time, and plays on from there if asked to.
   *
   * @throws {Unplayable}
   */
  show(time: number, elements: number, playing: boolean): void {
    const at = time + WITHIN_THE_MILLISECOND;
    // What has no layout cannot scroll to where it was.
    this.element.hidden = false;
    this.replayer.setConfig({ useVirtualDom: elements < VIRTUAL_DOM_MAX_ELEMENTS });
    try {
      if (playing) this.replayer.play(at);
      else this.replayer.pause(at);
    } catch (error) {
      throw new Unplayable(this.culprit(), error);
    }
  }

  pause(): void {
    this.replayer.pause();
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    this.replayer.setConfig({ speed });
  }

  /** Scales the recorded page to what there is room for. */
  fit(size = this.size): void {
    this.size = size;
    const { clientWidth, clientHeight } = this.root;
    const scale = Math.min(clientWidth / size.width, clientHeight / size.height, MAX_SCALE);
    this.replayer.wrapper.style.transform = `translate(-50%, -50%) scale(${scale})`;
  }

  close(): void {
    this.replayer.destroy();
    this.element.remove();
  }

  private get pointer(): HTMLElement | null {
    return this.element.querySelector<HTMLElement>(".replayer-mouse");
  }

  /** While rrweb catches up it stops at the event that throws: the one after the last it has played. */
  private culprit(): PlayableEvent | undefined {
    const { events, lastPlayedEvent } = this.replayer.service.state.context;
    const next = lastPlayedEvent ? events[events.indexOf(lastPlayedEvent) + 1] : undefined;
    return next && "origin" in next ? (next as PlayableEvent) : undefined;
  }
}

function mark(timestamp: number): eventWithTime {
  return { type: EventType.Custom, data: { tag: "hindsight.mark", payload: null }, timestamp };
}
