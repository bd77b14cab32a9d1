import type { Entry } from "./entry";

/** Events that are not yet part of a batch, oldest first. */
export class Pending {
  private entries: Entry[] = [];
  /** The length of all events as JSON, in UTF-16 units, which is close enough to bytes. */
  size = 0;

  get count(): number {
    return this.entries.length;
  }

  push(entry: Entry): void {
    this.entries.push(entry);
    this.size += entry.json.length;
  }

  /** The oldest events, as many as stay below both limits, but at least one. They stay here. */
  oldest(maxSize: number, maxCount: number): Entry[] {
    let size = 0;
    const end = this.entries.findIndex((entry, index) => {
      size += entry.json.length;
      return index > 0 && (size > maxSize || index >= maxCount);
    });
    return this.entries.slice(0, end < 0 ? undefined : end);
  }

  /** The oldest events that together fit into `maxBytes` as a plain batch: perhaps none. They stay here. */
  fitting(maxBytes: number): Entry[] {
    const encoder = new TextEncoder();
    let bytes = 1;
    const end = this.entries.findIndex(({ json }) => {
      // A string is never longer than its bytes, so most that do not fit need no encoding.
      if (bytes + json.length > maxBytes) return true;
      bytes += encoder.encode(json).length + 1;
      return bytes > maxBytes;
    });
    return this.entries.slice(0, end < 0 ? undefined : end);
  }

  /** Removes the oldest events. */
  drop(count: number): void {
    for (const entry of this.entries.splice(0, count)) this.size -= entry.json.length;
  }

  /** Puts events back in front. */
  restore(entries: Entry[]): void {
    this.entries = [...entries, ...this.entries];
    for (const entry of entries) this.size += entry.json.length;
  }

  /** Removes all that depends on what came before, and returns how many that were. */
  forget(): number {
    const before = this.entries.length;
    this.entries = this.entries.filter((entry) => entry.kind === "said");
    this.size = this.entries.reduce((sum, entry) => sum + entry.json.length, 0);
    return before - this.entries.length;
  }

  /** The length of all but the newest snapshot, which may be large on its own and can always be sent. */
  excess(): number {
    const newest = this.entries.filter((entry) => entry.kind === "snapshot").pop();
    return this.size - (newest?.json.length ?? 0);
  }
}
