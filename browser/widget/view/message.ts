import type { Answer, Question } from "../conversation";
import { button, icon, iconButton, make } from "../element";
import { COPY, DONE, THUMB } from "../icons";
import type { Texts } from "../language";
import { link, RichText } from "../markdown";

/** How long it is shown that something was copied. */
const COPIED_MS = 1500;

export interface AnswerListener {
  judged(answer: Answer, verdict: 1 | -1): void;
  retried(answer: Answer): void;
  copied(): void;
}

export function questionView({ text }: Question, texts: Texts): HTMLElement {
  return make(
    "div",
    { class: "message visitor" },
    speaker(texts.you),
    make("div", { class: "text", dir: "auto" }, text),
  );
}

/** An answer, from the first dots to the thumbs. */
export class AnswerView {
  readonly element: HTMLElement;
  private readonly text = new RichText();
  private readonly waiting: HTMLElement;
  private readonly foot = make("div");

  constructor(
    readonly answer: Answer,
    private readonly texts: Texts,
    private readonly listener: AnswerListener,
  ) {
    this.waiting = make("div", { class: "waiting" }, make("i"), make("i"), make("i"));
    this.element = make("div", { class: "message assistant" }, speaker(texts.assistant));
    this.show();
  }

  /** What the answer says, without its marks. */
  get words(): string {
    const trouble = this.foot.querySelector("p")?.firstChild?.textContent ?? "";
    return `${this.text.element.textContent} ${trouble}`.trim();
  }

  /** Shows the answer as it is now. */
  show(): void {
    const { text, state } = this.answer;
    const isWriting = state === "writing";
    this.text.show(text);
    place(this.element, this.text.element, text !== "");
    place(this.element, this.waiting, isWriting && text === "");
    this.element.setAttribute("aria-busy", String(isWriting));
    if (isWriting) this.foot.remove();
    else this.showEnd();
  }

  private showEnd(): void {
    const { state, reason } = this.answer;
    const { texts } = this;

    const words: Partial<Record<Answer["state"], string>> = {
      failed: reason || texts.unreachable,
      busy: texts.busy,
      unreachable: texts.unreachable,
    };
    const trouble = words[state];
    const retry = () => button({ class: "quiet" }, () => this.listener.retried(this.answer), texts.retry);
    this.foot.replaceChildren(
      ...(trouble ? [make("p", { class: "trouble", dir: "auto" }, trouble, retry())] : []),
      ...(state === "stopped" ? [make("p", { class: "hint" }, texts.stopped, retry())] : []),
      ...(this.answer.sources.length > 0 ? [this.sources()] : []),
      ...(state === "done" ? [this.actions()] : []),
    );
    this.element.append(this.foot);
  }

  private sources(): HTMLElement {
    const items = this.answer.sources.map(({ title, url }) =>
      make("li", {}, ...link(url, [document.createTextNode(title || url)])),
    );
    return make("ul", { class: "sources", "aria-label": this.texts.sources }, ...items);
  }

  private actions(): HTMLElement {
    const { texts, answer } = this;
    const thumb = (verdict: 1 | -1, label: string) =>
      iconButton(label, THUMB, () => this.judge(verdict), {
        class: verdict < 0 ? "icon down" : "icon",
        "aria-pressed": String(answer.verdict === verdict),
      });
    // Browsers have a clipboard for pages that came by https.
    const copy =
      navigator.clipboard && iconButton(texts.copy, COPY, () => this.copy(copy as HTMLButtonElement));
    return make("div", { class: "actions" }, copy, thumb(1, texts.helpful), thumb(-1, texts.unhelpful));
  }

  private judge(verdict: 1 | -1): void {
    if (this.answer.verdict === verdict) return;
    this.listener.judged(this.answer, verdict);
    for (const each of this.foot.querySelectorAll("[aria-pressed]")) {
      each.setAttribute("aria-pressed", String(each.classList.contains("down") === verdict < 0));
    }
  }

  private async copy(pressed: HTMLButtonElement): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.answer.text);
    } catch {
      return; // The visitor or the page's policy forbids it.
    }
    this.listener.copied();
    pressed.replaceChildren(icon(DONE));
    setTimeout(() => pressed.replaceChildren(icon(COPY)), COPIED_MS);
  }
}

function speaker(name: string): HTMLElement {
  return make("span", { class: "spoken" }, `${name}: `);
}

function place(parent: HTMLElement, child: HTMLElement, isShown: boolean): void {
  if (!isShown) child.remove();
  else if (child.parentElement !== parent) parent.append(child);
}
