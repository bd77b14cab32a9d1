import type { Answer } from "../conversation";
import { iconButton, make, on } from "../element";
import { CROSS } from "../icons";
import type { Texts } from "../language";
import type { Options } from "../options";
import { Composer, type ComposerListener } from "./composer";
import { consentView, noticeView } from "./consent";
import { Log, type LogListener } from "./log";
import { Menu, type MenuListener, type RecordingState } from "./menu";
import { Sheet } from "./sheet";

export interface PanelListener extends ComposerListener, LogListener, MenuListener {
  closed(): void;
}

/** What the panel shows beside the conversation. */
export interface PanelState {
  recording: RecordingState;
  /** The visitor is asked; until there is an answer, nothing can be written. */
  asks: boolean;
  notice: boolean;
  answering: boolean;
}

/** The chat itself: a dialog that leaves the page usable, or on a phone the whole screen. */
export class Panel {
  readonly element: HTMLElement;
  readonly log: Log;
  readonly sheet: Sheet;
  private readonly composer: Composer;
  private readonly menu: Menu;
  private readonly consent: HTMLElement;
  private readonly notice: HTMLElement;
  private readonly status = make("div", { class: "spoken", role: "status" });

  constructor(
    texts: Texts,
    options: Options,
    private readonly listener: PanelListener,
    private readonly focused: () => Element | null,
  ) {
    const { title, greeting, placeholder, suggestions, privacyUrl } = options;
    const name = title || texts.title;
    this.log = new Log(texts, greeting || texts.greeting, suggestions, listener);
    this.composer = new Composer(texts, placeholder || texts.placeholder, listener);
    this.menu = new Menu(texts, privacyUrl, listener);
    this.consent = consentView(texts, privacyUrl, (decision) => listener.decided(decision));
    this.notice = noticeView(texts, privacyUrl);
    const head = make(
      "header",
      {},
      make("h2", { dir: "auto" }, name),
      this.menu.button,
      this.menu.list,
      iconButton(texts.close, CROSS, () => listener.closed()),
    );
    this.element = make(
      "div",
      { class: "panel", role: "dialog", "aria-label": name, tabindex: -1, hidden: true },
      head,
      this.log.element,
      this.consent,
      this.notice,
      this.composer.element,
      this.status,
    );
    this.sheet = new Sheet(this.element);
    on(this.element, "keydown", (event) => this.keyPressed(event));
    on(this.element, "click", (event) => this.closeMenuOutside(event));
  }

  show({ recording, asks, notice, answering }: PanelState): void {
    const lostFocus = !this.consent.hidden && !asks && this.consent.contains(this.focused());
    this.menu.show(recording);
    this.consent.hidden = !asks;
    this.element.classList.toggle("asking", asks);
    this.notice.hidden = !notice;
    this.composer.element.hidden = asks;
    this.composer.show(answering);
    if (lostFocus) this.focus();
  }

  open(): void {
    this.element.hidden = false;
    this.sheet.fit();
    this.log.toEnd();
  }

  close(): void {
    this.menu.close();
    this.element.hidden = true;
  }

  /** Where whoever opened the chat goes on. A finger on the field would bring up the keyboard at once. */
  focus(): void {
    const { field, element } = this.composer;
    if (!element.hidden && !matchMedia("(hover: none)").matches) field.focus();
    else if (!this.consent.hidden) this.consent.querySelector("button")?.focus();
    else this.element.focus();
  }

  showAnswer(answer: Answer): void {
    this.log.show(answer);
  }

  /** Says something to those who do not see the panel. */
  announce(text: string): void {
    this.status.textContent = text;
  }

  private keyPressed(event: KeyboardEvent): void {
    if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault();
      if (this.menu.isOpen) {
        this.menu.close();
        this.menu.button.focus();
      } else {
        this.listener.closed();
      }
    }
    this.sheet.keepFocus(event, this.focused());
  }

  private closeMenuOutside(event: Event): void {
    const path = event.composedPath();
    if (!path.includes(this.menu.list) && !path.includes(this.menu.button)) this.menu.close();
  }
}
