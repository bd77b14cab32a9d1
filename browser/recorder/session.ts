import { hex, randomId } from "./random";

/** A visit ends when the visitor has done nothing for this long. */
const SESSION_ENDS_AFTER_MS = 30 * 60 * 1000;

/** What is kept on the visitor's device: nothing that says who they are. */
interface Visit {
  id: string;
  lastActiveAt: number;
  /** What the id is the hash of: whoever has it may have the visit erased. It is told to nobody before. */
  own?: string;
}

/** The part of `Storage` that a visit needs. */
type Shelf = Pick<Storage, "getItem" | "setItem">;

/**
 * The visitor's current session, shared by all tabs and pages of a site.
 *
 * Nothing is stored before the first {@link touch}.
 */
export class Session {
  private visit: Visit | undefined;
  private next: Pick<Visit, "id" | "own"> | undefined;
  private opened: Shelf | undefined;
  private readonly name: string;

  constructor(connection: string) {
    this.name = `hindsight.${connection}`;
  }

  get id(): string {
    return this.visit?.id ?? "";
  }

  /** What proves that the visit is this device's; nothing where browsers compute no hashes. */
  get own(): string | undefined {
    return (this.visit ?? this.stored())?.own;
  }

  /** Makes up the next visit, as hashes take a moment. */
  async makeUpNext(): Promise<void> {
    const own = randomId();
    // Pages that come in clear text have no such thing.
    const hash = await crypto.subtle?.digest("SHA-256", new TextEncoder().encode(own));
    if (hash) this.next = { id: hex(new Uint8Array(hash, 0, 16)), own };
  }

  /** The visitor did something. Returns whether this began or joined another session than before. */
  touch(): boolean {
    const now = Date.now();
    // A page that clears the storage (many do at logout) does not end the session.
    const known = this.stored() ?? this.visit;
    return this.enter(known && isCurrent(known, now) ? known : this.begun(now), now);
  }

  /** Leaves the session and begins another one. */
  renew(): void {
    const now = Date.now();
    this.enter(this.begun(now), now);
  }

  /** Whether the session belongs to the given share of sessions. All its pages and tabs agree on it. */
  isSampled(share: number): boolean {
    // The id is random and all tabs know it, so it is the die that was thrown.
    const die = [...this.id.slice(0, 8)].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 9973, 7);
    return die / 9973 < share;
  }

  private begun(now: number): Visit {
    const visit = { id: randomId(), ...this.next, lastActiveAt: now };
    this.next = undefined;
    void this.makeUpNext();
    return visit;
  }

  /** Opened when it is needed: nothing is tried out on the device before the visitor may be recorded. */
  private get shelf(): Shelf {
    this.opened ??= openShelf();
    return this.opened;
  }

  private enter(visit: Visit, now: number): boolean {
    const changed = visit.id !== this.visit?.id;
    this.visit = { ...visit, lastActiveAt: now };
    try {
      this.shelf.setItem(this.name, JSON.stringify(this.visit));
    } catch {
      // The storage is full; this page still knows its session.
    }
    return changed;
  }

  private stored(): Visit | undefined {
    try {
      const visit = JSON.parse(this.shelf.getItem(this.name) ?? "null");
      return isVisit(visit) ? visit : undefined;
    } catch {
      return undefined;
    }
  }
}

function isCurrent(visit: Visit, now: number): boolean {
  return now - visit.lastActiveAt < SESSION_ENDS_AFTER_MS;
}

function isVisit(value: unknown): value is Visit {
  const visit = value as Visit | null;
  return /^[\w-]{16,64}$/.test(String(visit?.id)) && Number.isFinite(visit?.lastActiveAt);
}

/** Storage that all tabs share or, where a browser forbids it, that one tab or one page has. */
function openShelf(): Shelf {
  for (const open of [() => localStorage, () => sessionStorage]) {
    try {
      const shelf = open();
      const probe = "hindsight.probe";
      shelf.setItem(probe, "1");
      shelf.removeItem(probe);
      return shelf;
    } catch {
      // Blocked by the browser's settings, or full: try the next one.
    }
  }
  const items = new Map<string, string>();
  return {
    getItem: (name) => items.get(name) ?? null,
    setItem: (name, value) => void items.set(name, value),
  };
}
