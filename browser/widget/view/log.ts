import type { Answer, Message } from "../conversation";
import { button, make } from "../element";
import type { Texts } from "../language";
import { RichText } from "../markdown";
import { type AnswerListener, AnswerView, questionView } from "./message";

/** Whoever has scrolled up by more than this wants to read there. */
const NEAR_END = 60;

export interface LogListener extends AnswerListener {
  suggested(text: string): void;
  /** The visitor wants the conversation back that was cleared. */
  undone(): void;
}

/** What was said. */
export class Log {
  readonly element: HTMLElement;
  private readonly answers = new Map<Answer, AnswerView>();

  constructor(
    private readonly texts: Texts,
    private readonly greeting: string,
    private readonly suggestions: string[],
    private readonly listener: LogListener,
  ) {
    // What is new is announced in whole sentences by the panel's status, not bit by bit from here.
    this.element = make("div", {
      class: "log",
      role: "log",
      "aria-live": "off",
      "aria-label": texts.conversation,
      tabindex: 0,
    });
  }

  /** Shows a conversation from its beginning. */
  begin(messages: Message[], canUndo = false): void {
    this.answers.clear();
    const greeting = new RichText();
    greeting.show(this.greeting);
    const hello = make("div", { class: "message assistant" }, greeting.element);
    this.element.replaceChildren(
      ...(canUndo ? [this.undo()] : []),
      hello,
      ...(messages.length === 0 && this.suggestions.length > 0 ? [this.chips()] : []),
    );
    for (const message of messages) this.add(message);
  }

  add(message: Message): void {
    this.element.querySelector(".suggestions")?.remove();
    this.element.querySelector(".cleared")?.remove();
    this.element.append(this.view(message));
    this.toEnd();
  }

  /** An answer has changed. */
  show(answer: Answer): void {
    const wasAtEnd = this.isAtEnd();
    this.answers.get(answer)?.show();
    if (wasAtEnd) this.toEnd();
  }

  /** What an answer says, for those who hear it. */
  wordsOf(answer: Answer): string {
    return this.answers.get(answer)?.words ?? "";
  }

  remove(answer: Answer): void {
    this.answers.get(answer)?.element.remove();
    this.answers.delete(answer);
  }

  toEnd(): void {
    this.element.scrollTop = this.element.scrollHeight;
  }

  private isAtEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < NEAR_END;
  }

  private view(message: Message): HTMLElement {
    if (message.from === "visitor") return questionView(message, this.texts);
    const view = new AnswerView(message, this.texts, this.listener);
    this.answers.set(message, view);
    return view.element;
  }

  private chips(): HTMLElement {
    const chips = this.suggestions.map((text) =>
      button({ dir: "auto" }, () => this.listener.suggested(text), text),
    );
    return make(
      "div",
      { class: "suggestions", role: "group", "aria-label": this.texts.suggestions },
      ...chips,
    );
  }

  private undo(): HTMLElement {
    const { restarted, undo } = this.texts;
    const back = button({ class: "quiet" }, () => this.listener.undone(), undo);
    return make("p", { class: "hint cleared" }, restarted, back);
  }
}
