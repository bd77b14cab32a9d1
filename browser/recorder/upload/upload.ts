/**
 * Brings one stream's events to the server, in order, each batch exactly once.
 *
 * A batch gets its number and its bytes when it is about to be sent, and keeps
 * both until it is answered: sent again, it is the same batch to the server.
 * Batches are sent one at a time; only a page that goes away does not wait.
 */

import { KEEPALIVE_BUDGET } from "../../contracts/wire";
import { debug } from "../guard";
import { compressed, plain } from "./body";
import type { Entry } from "./entry";
import { Pending } from "./pending";
import { readVerdict, type Verdict } from "./verdict";

const FLUSH_EVERY_MS = 2_000;
const FLUSH_AT_SIZE = 64 * 1024;
const MAX_BATCH_SIZE = 1024 * 1024;
const MAX_BATCH_EVENTS = 10_000;
/** What may wait in memory for a server that takes nothing. */
const MAX_HELD_SIZE = 5 * 1024 * 1024;
const MAX_TRIES = 10;
const MAX_AGE_MS = 10 * 60 * 1000;
const MAX_BACKOFF_MS = 300_000;
const FIRST_BACKOFF_MS = 2_000;
/** A request that takes longer is taken for lost. */
const ANSWER_WITHIN_MS = 60_000;
/** Of the budget that all requests which outlive the page share, some is left to the page's own. */
const LASTING_BYTES = KEEPALIVE_BUDGET - 14 * 1024;
/** So many batches refused in a row mean that the next one will be, too. */
const MAX_REFUSALS = 3;

export interface UploadListener {
  /** Events were lost: what follows cannot be replayed before the next full snapshot. */
  gap(events: number): void;
  /** The server asks for a full snapshot. */
  snapshotWanted(): void;
  /** The server wants no more in this session. */
  sessionOver(): void;
  /** The server wants no recording of this page view. */
  unwanted(): void;
}

interface Batch {
  seq: number;
  entries: Entry[];
  bytes: Uint8Array<ArrayBuffer>;
  sealedAt: number;
  tries: number;
  /** The latest attempt, until it is known to have failed. */
  attempt?: Promise<Verdict> | undefined;
}

export class Upload {
  private readonly pending = new Pending();
  /** Batches without a final answer, in order. More than one only after the page was about to go away. */
  private sealed: Batch[] = [];
  private seq = 0;
  /** Changes whenever events leave `pending`, so that a batch in the making knows it is void. */
  private epoch = 0;
  private maxEvents = MAX_BATCH_EVENTS;
  private lastingBytes = 0;
  private failures = 0;
  private refusals = 0;
  private conflicts = 0;
  private sending = false;
  private closed = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** How many events were ever pushed. */
  private pushed = 0;
  /** Who waits for the first so many events to be answered. */
  private waiters: { count: number; resolve: () => void }[] = [];

  /** @param url where the stream's batches go, without the number at the end */
  constructor(
    private readonly url: string,
    private readonly listener: UploadListener,
  ) {}

  push(entry: Entry): void {
    if (this.closed) return;
    this.pending.push(entry);
    this.pushed += 1;
    if (this.pending.size > MAX_HELD_SIZE && this.pending.excess() > MAX_HELD_SIZE) this.forget();
    if (this.pending.size >= FLUSH_AT_SIZE) void this.send();
    else this.schedule();
  }

  /** Whether all events are in batches already. */
  get isEmpty(): boolean {
    return this.pending.count === 0;
  }

  /** Sends what waits now. Resolves when the server has it, or never will. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      this.waiters.push({ count: this.pushed, resolve });
      if (this.closed) this.release();
      else void this.send();
    });
  }

  /**
   * Sends what it can in requests that outlive the page, at once: when this
   * returns, they are on their way. There is no time for compression, and the
   * browser lets all such requests of a page hold 64 KiB together.
   *
   * What does not fit is cut at the end: a replay can do without the last
   * moments, but not without what they build on. A large request that is under
   * way (most often the first snapshot) is cancelled with the page; its number
   * is then missing on the server, which shows the gap.
   *
   * @param ends whether the stream ends here, as far as can be known
   */
  leave(ends: boolean): void {
    // A server that asked for patience is not asked again just because a tab was switched.
    if (this.closed || (this.failures > 0 && !ends)) return;
    for (const batch of this.sealed) {
      if (!batch.attempt && this.mayLast(batch)) this.attempt(batch, true, ends);
    }
    const entries = this.pending.fitting(LASTING_BYTES - this.lastingBytes);
    if (entries.length > 0) this.attempt(this.seal(entries, plain(entries)), true, ends);
    void this.send();
  }

  /** Forgets everything and sends nothing any more. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.pending.drop(this.pending.count);
    this.sealed = [];
    this.release();
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.send();
    }, FLUSH_EVERY_MS);
  }

  private async send(): Promise<void> {
    if (this.sending || this.closed) return;
    this.sending = true;
    try {
      do await this.sendOldest();
      while (!this.closed && this.isUrgent());
    } catch (error) {
      debug(error);
      this.listener.unwanted();
    }
    this.sending = false;
    if (this.pending.count > 0) this.schedule();
  }

  private isUrgent(): boolean {
    if (this.sealed.length > 0 || this.waiters.length > 0) return true;
    return this.pending.size >= FLUSH_AT_SIZE;
  }

  private async sendOldest(): Promise<void> {
    const batch = this.sealed[0] ?? (await this.sealOldest());
    if (batch) {
      const verdict = await (batch.attempt ?? this.attempt(batch));
      if (this.sealed[0] === batch) await this.judge(batch, verdict);
    }
    this.release();
  }

  /** Answers those who waited for what is answered by now. */
  private release(): void {
    const open = this.sealed.reduce((sum, batch) => sum + batch.entries.length, this.pending.count);
    const isMet = ({ count }: { count: number }) => this.closed || count <= this.pushed - open;
    for (const waiter of this.waiters.filter(isMet)) waiter.resolve();
    this.waiters = this.waiters.filter((waiter) => !isMet(waiter));
  }

  private async sealOldest(): Promise<Batch | undefined> {
    const { epoch } = this;
    const entries = this.pending.oldest(MAX_BATCH_SIZE, this.maxEvents);
    if (entries.length === 0) return undefined;
    const bytes = await compressed(entries);
    return epoch === this.epoch && !this.closed ? this.seal(entries, bytes) : undefined;
  }

  /** Makes the oldest pending events a batch. */
  private seal(entries: Entry[], bytes: Uint8Array<ArrayBuffer>): Batch {
    const batch = { seq: this.seq++, entries, bytes, sealedAt: Date.now(), tries: 0 };
    this.pending.drop(entries.length);
    this.epoch += 1;
    this.sealed.push(batch);
    return batch;
  }

  private mayLast(batch: Batch): boolean {
    return batch.bytes.length <= LASTING_BYTES - this.lastingBytes;
  }

  private attempt(batch: Batch, leaving = false, ends = false): Promise<Verdict> {
    // The first time, what is small may outlive the page. The page's own requests share that
    // budget and may have used it up, which looks like a network failure.
    const lasting = leaving || (batch.tries === 0 && this.mayLast(batch));
    batch.tries += 1;
    batch.attempt = this.post(batch, lasting, ends).then((verdict) => {
      if (verdict.kind === "later") batch.attempt = undefined;
      return verdict;
    });
    return batch.attempt;
  }

  private async post({ seq, bytes, sealedAt }: Batch, keepalive: boolean, ends: boolean): Promise<Verdict> {
    const size = keepalive ? bytes.length : 0;
    this.lastingBytes += size;
    try {
      // Nothing here may make the request more than a "simple" one, or each would cost a preflight.
      const response = await fetch(`${this.url}/${seq}?sent_at=${sealedAt}${ends ? "&end=1" : ""}`, {
        method: "POST",
        body: bytes,
        credentials: "omit",
        keepalive,
        priority: "low",
        signal: AbortSignal.timeout?.(ANSWER_WITHIN_MS) ?? null,
      });
      return await readVerdict(response);
    } catch {
      return { kind: "later", afterMs: 0 };
    } finally {
      this.lastingBytes -= size;
    }
  }

  private async judge(batch: Batch, verdict: Verdict): Promise<void> {
    switch (verdict.kind) {
      case "stored":
        return this.settle(verdict.snapshot);
      case "later":
        return this.postpone(batch, verdict.afterMs);
      case "split":
        return this.split(batch);
      case "refused":
        return this.refuse();
      case "conflict":
        this.conflicts += 1;
        return this.conflicts > 1 ? this.listener.sessionOver() : this.lose();
      case "over":
        return this.listener.sessionOver();
      case "unwanted":
        return this.listener.unwanted();
    }
  }

  private settle(snapshotWanted: boolean): void {
    this.sealed.shift();
    this.failures = 0;
    this.refusals = 0;
    this.maxEvents = MAX_BATCH_EVENTS;
    if (snapshotWanted) this.listener.snapshotWanted();
  }

  private async postpone(batch: Batch, afterMs: number): Promise<void> {
    if (batch.tries >= MAX_TRIES || Date.now() - batch.sealedAt > MAX_AGE_MS) return this.lose();
    const backoff = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.failures);
    this.failures += 1;
    // All visitors' recorders meet the same outage; chance keeps them from coming back together.
    const wait = Math.max(afterMs, Math.random() * backoff);
    await new Promise((resolve) => setTimeout(resolve, wait));
  }

  /** Halves what is sent at once. The refused number is free again, unless later ones are taken already. */
  private split(batch: Batch): void {
    const count = batch.entries.length;
    if (count < 2 || this.sealed.length > 1) {
      this.refuse();
      return;
    }
    this.sealed = [];
    this.seq = batch.seq;
    this.epoch += 1;
    this.maxEvents = Math.ceil(count / 2);
    this.pending.restore(batch.entries);
  }

  private refuse(): void {
    this.refusals += 1;
    if (this.refusals >= MAX_REFUSALS) this.listener.unwanted();
    else this.lose();
  }

  /** Gives up on the oldest batch. */
  private lose(): void {
    const lost = this.sealed.shift();
    if (lost) this.listener.gap(lost.entries.length);
  }

  /** Makes room. What the page said is kept: it is small, and means something by itself. */
  private forget(): void {
    const events = this.pending.forget();
    this.epoch += 1;
    this.listener.gap(events);
  }
}
