import type { Entry } from "./entry";

/** A batch as plain JSON. */
export function plain(entries: Entry[]): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`[${entries.map((entry) => entry.json).join(",")}]`);
}

/** A batch as gzip, or as it is where the browser cannot compress. */
export async function compressed(entries: Entry[]): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = plain(entries);
  try {
    return await gzip(bytes);
  } catch {
    return bytes;
  }
}

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const { readable, writable } = new CompressionStream("gzip");
  const writer = writable.getWriter();
  // The reader below sees the same failures.
  writer.write(bytes).catch(() => {});
  writer.close().catch(() => {});
  return join(await readAll(readable.getReader()));
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return chunks;
    chunks.push(value);
  }
}

function join(chunks: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
