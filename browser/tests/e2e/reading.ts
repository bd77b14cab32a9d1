/** What a person sees of a page: its words and what stands in its fields. */

import type { Locator } from "@playwright/test";

export interface Reading {
  /** The visible text, through open shadow roots. */
  words: string;
  /** The fields by name: a value, or whether it is checked. Protected ones are left out. */
  fields: Record<string, string | boolean>;
}

/** Reads a document: the same way on the page and in its replay. */
export function read(html: Locator): Promise<Reading> {
  return html.evaluate((root) => {
    const UNSEEN = "script, noscript, style, template, select, .rr-block";
    // By name, since rrweb's player turns `autocomplete` off.
    const PROTECTED = ["password", "code", "card", "expiry"];
    const words: string[] = [];
    const fields: Record<string, string | boolean> = {};

    const note = (field: Element) => {
      const { name, type, value, checked } = field as HTMLInputElement;
      if (PROTECTED.includes(name)) return;
      if (type === "checkbox" || type === "radio") fields[`${name}=${value}`] = checked;
      else if (name) fields[name] = value;
    };
    const visit = (parent: ParentNode & Node) => {
      // rrweb's player puts the body last, whatever stood behind it.
      const isBody = ({ nodeName }: Node) => Number(nodeName === "BODY");
      for (const node of [...parent.childNodes].sort((a, b) => isBody(a) - isBody(b))) {
        if (node.nodeType === Node.TEXT_NODE) words.push(node.textContent ?? "");
        if (node.nodeType !== Node.ELEMENT_NODE) continue;
        const element = node as Element;
        if (element.matches("input, textarea, select")) note(element);
        if (element.matches(UNSEEN) || element.matches("textarea") || !element.checkVisibility()) continue;
        visit(element.shadowRoot ?? element);
      }
    };
    visit(root);
    return { words: words.join(" ").replace(/\s+/g, " ").trim(), fields };
  });
}
