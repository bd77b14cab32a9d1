import { button, icon, make } from "../element";
import { CHAT, DOWN } from "../icons";
import type { Texts } from "../language";

/** The button in the corner of the page. */
export class Launcher {
  readonly element: HTMLButtonElement;
  private readonly mark = make("span", { class: "mark" });

  constructor(
    private readonly texts: Texts,
    pressed: () => void,
  ) {
    const picture = (className: string, path: string) => make("span", { class: className }, icon(path));
    this.element = button(
      { class: "launcher" },
      pressed,
      picture("when-closed", CHAT),
      picture("when-open", DOWN),
      this.mark,
    );
  }

  show(isOpen: boolean, isUnread: boolean): void {
    const { open, unread } = this.texts;
    this.element.setAttribute("aria-label", isUnread ? `${open}, ${unread}` : open);
    this.element.setAttribute("aria-expanded", String(isOpen));
    this.mark.hidden = !isUnread;
  }
}
