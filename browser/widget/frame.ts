/** The place on the page that is the widget's own, out of reach of the page's style. */

import { pageTheme, paletteFor, type Theme, watchPageTheme } from "./colours";
import { make } from "./element";
import type { Language } from "./language";
import type { Options } from "./options";
import { STYLE } from "./style";

export const TAG = "hindsight-widget";

/** Some pages throw out what they did not put in. They are not fought with. */
const MOST_RETURNS = 5;

/** Events whose meaning ends in the widget: a page takes letters that are typed outside of its fields for shortcuts. */
const PRIVATE = ["keydown", "keypress", "keyup"];

export class Frame {
  readonly root: HTMLElement;
  private readonly host = document.createElement(TAG);
  private returns = 0;

  constructor(
    private readonly options: Options,
    { tag, direction }: Language,
    label: string,
    private readonly nonce: string,
  ) {
    this.root = make("section", {
      class: `root ${options.position}`,
      lang: tag,
      dir: direction,
      "aria-label": label,
    });
    // Open, or it could not be recorded.
    const shadow = this.host.attachShadow({ mode: "open" });
    shadow.append(this.root);
    for (const kind of PRIVATE) shadow.addEventListener(kind, (event) => event.stopPropagation());
  }

  /** Puts the widget into the page. */
  mount(): void {
    // Beside the body: pages transform, zoom and replace that.
    document.documentElement.append(this.host);
    if (this.host.shadowRoot) addStyle(this.host.shadowRoot, this.nonce);
    this.dress();
    watchPageTheme(() => this.dress());
    // The page's stylesheets may come late.
    window.addEventListener("load", () => this.dress());
    new MutationObserver(() => {
      if (this.host.isConnected || this.returns >= MOST_RETURNS) return;
      this.returns += 1;
      document.documentElement.append(this.host);
    }).observe(document.documentElement, { childList: true });
  }

  /** Whether the event began in the widget. */
  holds(event: Event): boolean {
    return event.composedPath().includes(this.root);
  }

  /** What has the focus, in the widget or around it. */
  get focused(): Element | null {
    const { activeElement } = document;
    return activeElement === this.host ? (this.host.shadowRoot?.activeElement ?? null) : activeElement;
  }

  /**
   * Settles here what the page and the system have to say about looks: a replay is
   * watched on another system.
   */
  private dress(): void {
    const { options, root, host } = this;
    const theme: Theme = options.theme === "auto" ? pageTheme() : options.theme;
    const ownAccent = getComputedStyle(host).getPropertyValue("--hindsight-accent").trim();
    root.classList.toggle("dark", theme === "dark");
    for (const [name, value] of Object.entries(paletteFor(ownAccent || options.accent, theme))) {
      root.style.setProperty(name, value);
    }
    const zoom = (host as { currentCSSZoom?: number }).currentCSSZoom ?? 1;
    if (zoom !== 1) root.style.setProperty("zoom", String(1 / zoom));
  }
}

/** rrweb's player shows what is pointed at by a class of this name, which it puts into style elements alone. */
const POINTED_AT = /([^{},]+):hover/g;

/** A policy of the page may forbid style elements; rules that a script builds it does not. */
function addStyle(shadow: ShadowRoot, nonce: string): void {
  const element = make("style", {}, STYLE);
  element.nonce = nonce;
  shadow.append(element);
  if (element.sheet?.cssRules.length) return;
  element.remove();
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE.replace(POINTED_AT, "$&,$1.\\:hover"));
  shadow.adoptedStyleSheets = [sheet];
}
