/** Builds DOM without markup strings: what a visitor typed can only ever become text. */

type Listener = (event: Event) => void;
type Attributes = Record<string, string | number | boolean | Listener>;
type Child = Node | string;

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element. A function among the attributes becomes the listener for the event of that name. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  return dress(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[Tag] {
  return dress(document.createElementNS(SVG, tag), attributes, children);
}

function dress<Made extends Element>(made: Made, attributes: Attributes, children: Child[]): Made {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== false) made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children);
  return made;
}
