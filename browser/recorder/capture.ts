import { EventType, IncrementalSource, record } from "rrweb";
import { guard } from "./guard";
import type { Cleaner } from "./privacy/cleaner";
import type { eventWithTime, IncrementalData, Mutation } from "./privacy/events";
import type { Rules } from "./privacy/rules";

/** A replay starts at a full snapshot: the longer ago the last one, the longer a seek takes. */
const SNAPSHOT_EVERY_MS = 5 * 60 * 1000;

/** A change of this many nodes at once is recorded as a new full snapshot. */
const MAX_CHANGES = 5_000;
/** A page that changes this many nodes at once would suffer from being recorded. */
const UNBEARABLE_CHANGES = 20_000;

/** What masks fields: all that can hold text. `select` is absent: rrweb would drop the choice with it. */
const ASK_ABOUT = { input: true, textarea: true, "select-one": true, "select-multiple": true };

export interface CaptureListener {
  captured(event: eventWithTime): void;
  /** The page changes too much to be recorded. */
  overwhelmed(changes: number): void;
  /** Something went wrong; an event that could not be cleaned was not passed on. */
  failed(error: unknown): void;
}

/**
 * Records the page with rrweb until it is stopped. At most one capture runs at a time.
 */
export class Capture {
  private readonly release: (() => void) | undefined;
  private stopped = false;
  private snapshotAt = 0;

  constructor(
    rules: Rules,
    private readonly cleaner: Cleaner,
    private readonly listener: CaptureListener,
  ) {
    const failed = (error: unknown): void => listener.failed(error);
    const fieldValue = guard((value: string, element: Element) => cleaner.fieldValue(value, element), failed);
    this.release = record({
      emit: guard((event: eventWithTime) => this.receive(event), failed),
      recordAfter: "DOMContentLoaded",
      blockSelector: rules.block,
      ignoreSelector: rules.ignore,
      maskInputOptions: ASK_ABOUT,
      maskInputFn: (value, element) => fieldValue(value, element) ?? "",
      slimDOMOptions: true,
    });
  }

  stop(): void {
    this.stopped = true;
    this.release?.();
  }

  /** Records the page as a whole, from which a replay can go on whatever was lost before. */
  snapshot(): void {
    if (this.snapshotAt > 0 && !this.stopped) record.takeFullSnapshot(true);
  }

  private receive(event: eventWithTime): void {
    // rrweb's throttled observers still speak for half a second after they are stopped.
    if (this.stopped) return;
    if (event.type === EventType.FullSnapshot) this.snapshotAt = event.timestamp;
    const changes = changesIn(event);
    if (changes > UNBEARABLE_CHANGES) {
      this.listener.overwhelmed(changes);
    } else if (changes > MAX_CHANGES) {
      this.snapshot();
    } else {
      if (this.cleaner.clean(event)) this.listener.captured(event);
      if (this.isSnapshotDue(event)) this.snapshot();
    }
  }

  private isSnapshotDue(event: eventWithTime): boolean {
    if (event.type !== EventType.IncrementalSnapshot || isPointing(event.data)) return false;
    return event.timestamp - this.snapshotAt > SNAPSHOT_EVERY_MS;
  }
}

/** Whether the event leaves the page as it was. */
function isPointing({ source }: IncrementalData): boolean {
  return source === IncrementalSource.MouseMove || source === IncrementalSource.MouseInteraction;
}

function changesIn(event: eventWithTime): number {
  if (event.type !== EventType.IncrementalSnapshot || event.data.source !== IncrementalSource.Mutation)
    return 0;
  const { adds, removes, texts, attributes, isAttachIframe }: Mutation = event.data;
  return isAttachIframe ? 0 : adds.length + removes.length + texts.length + attributes.length;
}
