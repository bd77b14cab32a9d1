/**
 * The stylesheets that were taken out of a recording's parts, and putting them back.
 *
 * Knows nothing of what is harmless: what is put back here is sanitised with
 * the node that it belongs to.
 */

import { STYLE_REFERENCE } from "../contracts/replay";
import type { Fields } from "./shape";

/** Stylesheets by hash. */
export type StyleMap = ReadonlyMap<string, string>;

const HASH = /^[0-9a-f]{32}$/;

/** Characters of stylesheets that are kept: a site with more than this reads some of them again. */
const MAX_KEPT = 32 * 1024 * 1024;

export class Styles {
  /** Those used last are last; `null` is one that is not there. */
  private readonly kept = new Map<string, string | null>();
  private readonly asked = new Map<string, Promise<string | null>>();
  private keptLength = 0;

  /** `read` asks the server for one stylesheet, and rejects when there is none. */
  constructor(private readonly read: (hash: string) => Promise<unknown>) {}

  /** The stylesheets with these hashes, as far as there are any. Never rejects. */
  async of(hashes: string[]): Promise<StyleMap> {
    const found = new Map<string, string>();
    const find = async (hash: string) => {
      const css = await this.style(hash);
      if (css !== null) found.set(hash, css);
    };
    await Promise.all(hashes.filter((hash) => HASH.test(hash)).map(find));
    return found;
  }

  private style(hash: string): Promise<string | null> {
    const kept = this.kept.get(hash);
    if (kept !== undefined) {
      this.keep(hash, kept);
      return Promise.resolve(kept);
    }
    const asked = this.asked.get(hash) ?? this.ask(hash);
    this.asked.set(hash, asked);
    return asked;
  }

  private async ask(hash: string): Promise<string | null> {
    const answer = await this.read(hash).catch(() => null);
    const css = typeof answer === "string" ? answer : null;
    this.asked.delete(hash);
    this.keep(hash, css);
    return css;
  }

  private keep(hash: string, css: string | null): void {
    this.drop(hash);
    this.kept.set(hash, css);
    this.keptLength += css?.length ?? 0;
    for (const oldest of this.kept.keys()) {
      if (this.keptLength <= MAX_KEPT) break;
      this.drop(oldest);
    }
  }

  private drop(hash: string): void {
    this.keptLength -= this.kept.get(hash)?.length ?? 0;
    this.kept.delete(hash);
  }
}

/** Puts a stylesheet back among these attributes; nothing in the place of one that is not known. */
export function restoreStyle(attributes: Fields, styles: StyleMap): void {
  const text = attributes._cssText;
  if (typeof text !== "string" || !text.startsWith(STYLE_REFERENCE)) return;
  attributes._cssText = styles.get(text.slice(STYLE_REFERENCE.length)) ?? "";
}
