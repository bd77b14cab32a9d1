import { EventType, type eventWithTime } from "rrweb";
import type { EntryKind } from "./upload/entry";
import { Upload, type UploadListener } from "./upload/upload";

export interface StreamListener {
  /** The stream has its first full snapshot. */
  opened(stream: Stream): void;
  /** What follows cannot be replayed before the next full snapshot. */
  snapshotWanted(stream: Stream): void;
  sessionOver(stream: Stream): void;
  unwanted(stream: Stream): void;
}

/** One page load's events in one session, on their way to the server. */
export class Stream implements UploadListener {
  private readonly upload: Upload;
  /** What the page said before there was a full snapshot to show it on; gone once there is one. */
  private early: Parameters<Stream["say"]>[] | undefined = [];
  private latest = 0;
  /** What was added to the visitor's clock to make up for its steps backwards. */
  private lead = 0;

  constructor(
    url: string,
    private readonly listener: StreamListener,
  ) {
    this.upload = new Upload(url, this);
  }

  /** Adds an event of the page. */
  add(event: eventWithTime): void {
    const isSnapshot = event.type === EventType.FullSnapshot;
    this.push(event, isSnapshot ? "snapshot" : "change");
    if (isSnapshot && this.early) this.open(this.early);
  }

  /** Adds what the page, or the recorder, has to say. */
  say(tag: string, payload: unknown, kind: "said" | "noted" = "said"): void {
    if (this.early) this.early.push([tag, payload, kind]);
    else this.push({ type: EventType.Custom, data: { tag, payload }, timestamp: Date.now() }, kind);
  }

  flush(): Promise<void> {
    return this.upload.flush();
  }

  /** The page may be about to go away; `ends` if it said so. */
  leave(ends: boolean): void {
    // The server hears of the end by a mark on a batch, so there must be one.
    if (ends && this.upload.isEmpty && !this.early) this.say("hindsight.end", {});
    this.upload.leave(ends);
  }

  close(): void {
    this.upload.close();
  }

  gap(events: number): void {
    this.say("hindsight.gap", { events });
    this.snapshotWanted();
  }

  snapshotWanted(): void {
    this.listener.snapshotWanted(this);
  }

  sessionOver(): void {
    this.listener.sessionOver(this);
  }

  unwanted(): void {
    this.listener.unwanted(this);
  }

  private open(early: Parameters<Stream["say"]>[]): void {
    this.early = undefined;
    this.listener.opened(this);
    for (const said of early) this.say(...said);
    void this.flush();
  }

  private push(event: eventWithTime, kind: EntryKind): void {
    const timestamp = this.steady(event.timestamp);
    this.upload.push({ json: JSON.stringify({ ...event, timestamp }), kind });
  }

  /** A replay sorts by time: a clock that is set back must not put later changes before earlier ones. */
  private steady(timestamp: number): number {
    this.lead += Math.max(0, this.latest - timestamp - this.lead);
    this.latest = timestamp + this.lead;
    return this.latest;
  }
}
