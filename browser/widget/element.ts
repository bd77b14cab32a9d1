/** Builds DOM without markup strings: what anybody wrote can only ever become text. */

type Listener<Kind extends keyof HTMLElementEventMap> = (event: HTMLElementEventMap[Kind]) => void;
type Attributes = Record<string, string | number | boolean | undefined>;
type Child = Node | string | false | undefined;

/** An element; attributes that are `false` or `undefined`, and children that are, are left out. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  return dress(document.createElement(tag), attributes, children);
}

/** A button that does not send a form. */
export function button(attributes: Attributes, pressed: () => void, ...children: Child[]): HTMLButtonElement {
  return on(make("button", { type: "button", ...attributes }, ...children), "click", pressed);
}

/** A button that shows a picture, and has a name for those who do not see it. */
export function iconButton(
  label: string,
  path: string,
  pressed: () => void,
  attributes: Attributes = {},
): HTMLButtonElement {
  return button({ class: "icon", "aria-label": label, title: label, ...attributes }, pressed, icon(path));
}

/** Adds a listener and returns the element. */
export function on<Made extends HTMLElement, Kind extends keyof HTMLElementEventMap>(
  made: Made,
  kind: Kind,
  heard: Listener<Kind>,
): Made {
  made.addEventListener(kind, heard);
  return made;
}

/** A picture of 24 by 24 that is drawn with lines. */
export function icon(path: string): SVGElement {
  const svg = (tag: string, attributes: Attributes, ...children: Child[]) =>
    dress(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
  return svg(
    "svg",
    { viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    svg("path", { d: path }),
  ) as SVGElement;
}

function dress<Made extends Element>(made: Made, attributes: Attributes, children: Child[]): Made {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.filter((child): child is Node | string => Boolean(child)));
  return made;
}
