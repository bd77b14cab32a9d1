/** Reads a recording that stands in this very document: in elements that are neither shown nor run. */

import { type Reads, Refused } from "../player/source";

/** What the addresses of pieces are below; nothing is ever asked there. */
export const BASE = "hindsight:/recording/";

/** The manifest's address. */
export const MANIFEST_URL = `${BASE}manifest.json`;

const NOT_FOUND = 404;

/** The JSON in an element of the document. */
export function embedded<T>(id: string): T | null {
  const text = document.getElementById(id)?.textContent;
  return text ? (JSON.parse(text) as T) : null;
}

/** Pieces are base64 of gzip. */
export class Embedded implements Reads {
  /** @throws {Refused} for what is not in the file */
  async read(url: string): Promise<unknown> {
    const name = url.slice(BASE.length);
    if (url === MANIFEST_URL) return embedded("manifest");
    const packed = document.querySelector(`script[data-piece="${CSS.escape(name)}"]`)?.textContent;
    if (!packed) throw new Refused(NOT_FOUND);
    return JSON.parse(await inflate(packed));
  }

  close(): void {}
}

async function inflate(packed: string): Promise<string> {
  const bytes = Uint8Array.from(atob(packed), (char) => char.charCodeAt(0));
  const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(inflated).text();
}
