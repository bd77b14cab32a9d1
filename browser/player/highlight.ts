/**
 * An outline around one element of the recorded page.
 *
 * The selector comes from a plugin and may quote what a visitor's page said, so it
 * is only ever given to `querySelector`; the outline is an element of the stage,
 * not of the recorded page, which stays as it was recorded.
 */

/** Longer ones are no selector that a person or a timeline wrote. */
const MAX_SELECTOR = 2000;

export class Highlight {
  private readonly box = document.createElement("div");
  private selector: string | null = null;
  private frame = 0;

  /** `page` answers the frame that the recorded page is in, which may change at any time. */
  constructor(
    private readonly root: HTMLElement,
    private readonly page: () => HTMLIFrameElement | null,
  ) {
    this.box.className = "highlight";
    this.box.hidden = true;
  }

  /** Outlines what the selector finds, from now on; nothing with null. */
  show(selector: string | null): void {
    cancelAnimationFrame(this.frame);
    this.selector = selector && selector.length <= MAX_SELECTOR && isSelector(selector) ? selector : null;
    if (this.selector === null) this.box.remove();
    else {
      this.root.append(this.box);
      this.follow();
    }
  }

  /** The page scrolls, moves and changes while it plays: the outline goes with it. */
  private follow(): void {
    this.place();
    this.frame = requestAnimationFrame(() => this.follow());
  }

  private place(): void {
    const page = this.page();
    const element = this.selector === null ? null : page?.contentDocument?.querySelector(this.selector);
    const inside = element?.getBoundingClientRect();
    this.box.hidden = !page || !inside || inside.width + inside.height === 0;
    if (!page || !inside || this.box.hidden) return;
    const outside = page.getBoundingClientRect();
    // The page is drawn larger or smaller than it was.
    const scale = page.offsetWidth === 0 ? 1 : outside.width / page.offsetWidth;
    this.box.style.left = `${outside.left + inside.left * scale}px`;
    this.box.style.top = `${outside.top + inside.top * scale}px`;
    this.box.style.width = `${inside.width * scale}px`;
    this.box.style.height = `${inside.height * scale}px`;
  }
}

function isSelector(text: string): boolean {
  try {
    document.createDocumentFragment().querySelector(text);
    return true;
  } catch {
    return false;
  }
}
