/** On a phone the panel is the screen, or what the on-screen keyboard leaves of it. */

const PHONE = "(max-width: 480px)";

export class Sheet {
  private readonly phone = matchMedia(PHONE);

  constructor(private readonly panel: HTMLElement) {
    const fit = () => this.fit();
    this.phone.addEventListener("change", fit);
    window.visualViewport?.addEventListener("resize", fit);
    window.visualViewport?.addEventListener("scroll", fit);
  }

  get isSheet(): boolean {
    return this.phone.matches;
  }

  fit(): void {
    const { panel, isSheet } = this;
    // The page behind the sheet cannot be seen or used.
    if (isSheet) panel.setAttribute("aria-modal", "true");
    else panel.removeAttribute("aria-modal");
    const seen = window.visualViewport;
    // Whoever has zoomed in moves the sheet about themselves.
    const follows = isSheet && !panel.hidden && seen && Math.abs(seen.scale - 1) < 0.01;
    panel.style.top = follows ? `${seen.offsetTop}px` : "";
    panel.style.height = follows ? `${seen.height}px` : "";
    if (follows) panel.style.bottom = "auto";
    else panel.style.bottom = "";
  }

  /** Keeps the focus in the sheet. */
  keepFocus(event: KeyboardEvent, focused: Element | null): void {
    if (!this.isSheet || event.key !== "Tab") return;
    const all = this.panel.querySelectorAll<HTMLElement>("button, a[href], textarea, [tabindex='0']");
    const stops = [...all].filter((each) => each.getClientRects().length > 0);
    const [first, last] = event.shiftKey ? [stops.at(-1), stops[0]] : [stops[0], stops.at(-1)];
    if (focused !== last && focused !== this.panel) return;
    if (focused === this.panel && !event.shiftKey) return;
    event.preventDefault();
    first?.focus();
  }
}
