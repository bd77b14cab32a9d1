/** Asking the connection's assistant, and reading its answer as it comes. */

import type { Ask, Piece } from "../contracts/answers";

/** An answer of which nothing came for this long will not come. */
const SILENCE_MS = 60_000;
/** A line that is longer is none of the server's. */
const MAX_LINE = 200_000;

/** Why there is no answer. */
export type Trouble = "unreachable" | "busy";

export class Failed extends Error {
  constructor(readonly trouble: Trouble) {
    super(trouble);
  }
}

/**
 * Asks, and hands over each piece of the answer. The last one is `done` or `failed`.
 *
 * @throws {Failed} where there is no answer, or none to its end; an `AbortError` after `stopped`.
 */
export async function* ask(url: string, question: Ask, stopped: AbortSignal): AsyncGenerator<Piece> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENCE_MS);
  };
  const stop = () => silence.abort();
  stopped.addEventListener("abort", stop);
  if (stopped.aborted) stop();
  try {
    const response = await fetch(url, {
      method: "POST",
      // Named as text, so that no preflight is needed.
      headers: { "Content-Type": "text/plain" },
      body: JSON.stringify(question),
      credentials: "omit",
      signal: silence.signal,
    });
    if (!response.ok || !response.body) {
      throw new Failed(response.status === 429 || response.status === 503 ? "busy" : "unreachable");
    }
    for await (const line of lines(response.body, heard)) {
      const piece = parse(line);
      if (!piece) continue;
      yield piece;
      if (piece.type !== "text") return;
    }
    throw new Failed("unreachable");
  } catch (error) {
    throw error instanceof Failed || stopped.aborted ? error : new Failed("unreachable");
  } finally {
    clearTimeout(timer);
    stopped.removeEventListener("abort", stop);
    silence.abort();
  }
}

async function* lines(body: ReadableStream<Uint8Array>, heard: () => void): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    heard();
    rest += decoder.decode(value, { stream: !done });
    if (rest.length > MAX_LINE) throw new Failed("unreachable");
    const complete = rest.split("\n");
    rest = done ? "" : (complete.pop() ?? "");
    yield* complete.filter((line) => line.trim() !== "");
    if (done) return;
  }
}

/** A piece as the contract has it; what is anything else is passed over. */
function parse(line: string): Piece | undefined {
  const piece = JSON.parse(line) as Partial<Record<string, unknown>> | null;
  const text = typeof piece?.text === "string" ? piece.text : "";
  switch (piece?.type) {
    case "text":
      return { type: "text", text };
    case "failed":
      return { type: "failed", text };
    case "done": {
      const sources = Array.isArray(piece.sources) ? piece.sources : [];
      return { type: "done", answered: piece.answered !== false, sources: sources.map(source) };
    }
    default:
      return undefined;
  }
}

function source(value: unknown): { title: string; url: string } {
  const { title, url } = (value ?? {}) as Record<string, unknown>;
  return { title: String(title ?? url ?? ""), url: String(url ?? "") };
}
