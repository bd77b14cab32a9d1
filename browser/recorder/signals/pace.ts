import { guard } from "../guard";

/** A reader follows no more than so many different things of a kind in one stretch of time. */
const MOST = 10;
/** So many are looked at to tell them apart; a page that does more is in a loop. */
const MOST_LOOKS = 1000;
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
  private looks = 0;
  private skipped = 0;

  constructor(
    private readonly tag: string,
    private readonly listener: SignalListener,
  ) {}

  /**
   * @param look says what happened; what says the same is the same
   * @param payload makes what is told of it
   */
  add<Seen>(look: () => Seen, payload: (seen: Seen) => object): void {
    if (this.looks === 0)
      setTimeout(
        guard(() => this.settle()),
        STRETCH_MS,
      );
    this.looks += 1;
    if (this.looks > MOST_LOOKS) {
      this.skipped += 1;
      return;
    }
    const seen = look();
    const key = JSON.stringify(seen);
    const before = this.told.get(key);
    if (before) {
      before.repeats += 1;
    } else if (this.told.size < MOST) {
      const told = { payload: payload(seen), repeats: 0 };
      this.told.set(key, told);
      this.listener.signal(this.tag, told.payload);
    } else {
      this.skipped += 1;
    }
  }

  private settle(): void {
    const { told, skipped, tag } = this;
    this.told = new Map();
    this.looks = 0;
    this.skipped = 0;
    for (const { payload, repeats } of told.values()) {
      if (repeats > 0) this.listener.signal(tag, { ...payload, times: repeats });
    }
    if (skipped > 0) this.listener.signal("hindsight.skipped", { tag, count: skipped });
  }
}
