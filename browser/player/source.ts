/** Reads JSON from the server and does not give up while the server cannot be reached. */

const RETRY_DELAYS_MS = [1000, 2000, 4000, 8000];
const LAST_RETRY_DELAY_MS = 15_000;

/** The server answered, and asking again would not help. */
export class Refused extends Error {
  constructor(readonly status: number) {
    super(`the server answered ${status}`);
  }

  /** Whether what was asked for is not there, or no longer. */
  get isGone(): boolean {
    return this.status === 404 || this.status === 410;
  }
}

interface Answer {
  status: number;
  text: string;
}

/** Reads what a recording is made of, by its address. */
export interface Reads {
  read(url: string): Promise<unknown>;
  close(): void;
}

export class Source implements Reads {
  private readonly closing = new AbortController();
  private isReachable = true;

  /** `onUnreachable` is called once for each time that the server goes away. */
  constructor(private readonly onUnreachable: () => void) {}

  /**
   * Never settles once the source is closed.
   *
   * @throws {Refused} for what the server will not give
   * @throws {SyntaxError} for what is not JSON
   */
  async read(url: string): Promise<unknown> {
    for (let attempt = 0; ; attempt += 1) {
      const answer = await this.ask(url);
      if (this.closing.signal.aborted) return new Promise(() => {});
      if (answer?.status === 200) {
        this.isReachable = true;
        return JSON.parse(answer.text);
      }
      if (answer && !isTemporary(answer.status)) throw new Refused(answer.status);
      if (this.isReachable) this.onUnreachable();
      this.isReachable = false;
      await delay(RETRY_DELAYS_MS[attempt] ?? LAST_RETRY_DELAY_MS);
    }
  }

  close(): void {
    this.closing.abort();
  }

  private async ask(url: string): Promise<Answer | null> {
    try {
      const response = await fetch(url, { signal: this.closing.signal });
      return { status: response.status, text: await response.text() };
    } catch {
      return null;
    }
  }
}

function isTemporary(status: number): boolean {
  return status >= 500 || status === 429 || status === 408;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
