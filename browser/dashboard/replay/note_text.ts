/** A note's text as elements: what is an address on the web becomes a link, and nothing else is read into it. */

import { make } from "../element";

/** An address, without what a sentence puts behind it. */
const ADDRESS = /https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]]/g;

/** The text, in pieces. */
export function noteText(text: string): Node[] {
  const pieces: Node[] = [];
  let from = 0;
  for (const { 0: address, index } of text.matchAll(ADDRESS)) {
    pieces.push(document.createTextNode(text.slice(from, index)), link(address));
    from = index + address.length;
  }
  pieces.push(document.createTextNode(text.slice(from)));
  return pieces;
}

function link(address: string): Node {
  if (!URL.canParse(address)) return document.createTextNode(address);
  const anchor = make("a", "link", address);
  anchor.href = address;
  anchor.rel = "noopener noreferrer nofollow";
  anchor.target = "_blank";
  return anchor;
}
