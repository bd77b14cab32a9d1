import { button, iconButton, make } from "../element";
import { DOTS } from "../icons";
import type { Texts } from "../language";
import { link } from "../markdown";

export interface MenuListener {
  restarted(): void;
  decided(decision: "yes" | "no"): void;
}

/** What the menu says about recording; `undefined` where there is nothing for the visitor to decide. */
export type RecordingState = "on" | "off" | undefined;

/** What is not needed all the time: a button, and what it unfolds. */
export class Menu {
  readonly button: HTMLButtonElement;
  readonly list = make("div", { class: "menu", hidden: true });

  constructor(
    private readonly texts: Texts,
    private readonly privacyUrl: string,
    private readonly listener: MenuListener,
  ) {
    this.button = iconButton(texts.menu, DOTS, () => this.toggle(), { "aria-expanded": "false" });
  }

  get isOpen(): boolean {
    return !this.list.hidden;
  }

  show(recording: RecordingState): void {
    const { texts, listener } = this;
    const item = (label: string, chosen: () => void) =>
      button(
        {},
        () => {
          this.close();
          this.button.focus();
          chosen();
        },
        label,
      );
    const isOn = recording === "on";
    const state = [
      item(isOn ? texts.withdraw : texts.allow, () => listener.decided(isOn ? "no" : "yes")),
      make("p", {}, isOn ? texts.recorded : texts.unrecorded),
    ];
    this.list.replaceChildren(
      item(texts.restart, () => listener.restarted()),
      ...(recording ? state : []),
      ...(this.privacyUrl ? link(this.privacyUrl, [document.createTextNode(texts.privacy)]) : []),
    );
  }

  close(): void {
    this.list.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
  }

  private toggle(): void {
    const opens = !this.isOpen;
    this.list.hidden = !opens;
    this.button.setAttribute("aria-expanded", String(opens));
    if (opens) this.list.querySelector<HTMLElement>("button")?.focus();
  }
}
