import { guard } from "../guard";

/** A reader follows no more than so many different things of a kind in one stretch of time. */
const MOST = 10;
const STRETCH_MS = 1000;

/** What hears of a page's signals. */
export interface SignalListener {
  signal(tag: string, payload: object): void;
  /** Whether the visitor has just done something that requests may come from. */
  isBusy(): boolean;
}

interface Told {
  payload: object;
  repeats: number;
}

/**
 * Tells what happens at a pace that a page in a loop cannot exceed. What
 * happens again in the same stretch is told once more at its end, with how many
 * `times`; what is more than a reader follows is only counted.
 */
export class Pace {
  private told = new Map<string, Told>();
  private skipped = 0;

  constructor(
    private readonly tag: string,
    private readonly listener: SignalListener,
  ) {}

  /**
   * @param key what makes it the same thing as another
   * @param payload makes what is told; only called when it is
   */
  add(key: string, payload: () => object): void {
    const before = this.told.get(key);
    if (before) {
      before.repeats += 1;
    } else if (this.told.size < MOST) {
      if (this.told.size === 0)
        setTimeout(
          guard(() => this.settle()),
          STRETCH_MS,
        );
      const told = { payload: payload(), repeats: 0 };
      this.told.set(key, told);
      this.listener.signal(this.tag, told.payload);
    } else {
      this.skipped += 1;
    }
  }

  private settle(): void {
    const { told, skipped, tag } = this;
    this.told = new Map();
    this.skipped = 0;
    for (const { payload, repeats } of told.values()) {
      if (repeats > 0) this.listener.signal(tag, { ...payload, times: repeats });
    }
    if (skipped > 0) this.listener.signal("hindsight.skipped", { tag, count: skipped });
  }
}
