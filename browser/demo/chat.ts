/**
 * `<shop-chat>`: a question box in the corner of every page.
 *
 * It lives in a shadow root, as many chat widgets do: its words are recorded
 * from there like any others.
 */

import { type Answer, answer } from "./assistant";
import { STYLE } from "./chat-style";
import { type Conversation, load, type Message, save } from "./conversation";
import { element, svg } from "./element";
import { recorder } from "./recording";

const THINKING_TIME = 900;
const SUGGESTIONS = [
  "How long does delivery take?",
  "Can I return a cracked plate?",
  "Is the moon jar in stock?",
];

export class ShopChat extends HTMLElement {
  readonly #conversation: Conversation = load();
  readonly #log = element("div", { class: "log", role: "log", "aria-label": "Conversation" });
  readonly #question = element("input", {
    name: "question",
    "aria-label": "Your question",
    placeholder: "Ask us anything",
    autocomplete: "off",
    maxlength: 300,
  });
  readonly #panel = this.#buildPanel();
  readonly #bubble = element(
    "button",
    { type: "button", class: "bubble", "aria-label": "Chat with us", click: () => this.#toggle() },
    bubbleIcon(),
  );

  connectedCallback(): void {
    if (this.shadowRoot) return;
    const root = this.attachShadow({ mode: "open" });
    root.append(element("style", {}, STYLE), this.#panel, this.#bubble);
    this.#log.replaceChildren(
      ...this.#greeting(),
      ...this.#conversation.messages.map((each) => this.#entry(each)),
    );
    this.#reflect();
  }

  #buildPanel(): HTMLElement {
    return element(
      "section",
      { class: "panel", "aria-label": "Chat", hidden: true, keydown: (event) => this.#closeOnEscape(event) },
      element(
        "header",
        {},
        element("h2", {}, "Ask the workshop"),
        element("p", {}, "Usually answers at once"),
      ),
      this.#log,
      element(
        "form",
        { submit: (event) => this.#send(event) },
        this.#question,
        element("button", { type: "submit" }, "Send"),
      ),
    );
  }

  #toggle(): void {
    this.#conversation.open = !this.#conversation.open;
    save(this.#conversation);
    this.#reflect();
    if (this.#conversation.open) this.#question.focus();
  }

  #closeOnEscape(event: Event): void {
    if (!(event instanceof KeyboardEvent) || event.key !== "Escape") return;
    this.#toggle();
    this.#bubble.focus();
  }

  #reflect(): void {
    const { open } = this.#conversation;
    this.#panel.hidden = !open;
    this.#bubble.setAttribute("aria-expanded", String(open));
    this.#scrollToEnd();
  }

  #send(event: Event): void {
    event.preventDefault();
    const text = this.#question.value.trim();
    if (text === "") return;
    this.#question.value = "";
    this.#ask(text);
  }

  #ask(text: string): void {
    const prompt = recorder()?.prompt(text, { conversation: this.#conversation.id });
    this.#say({ from: "visitor", text });
    const thinking = element("div", { class: "thinking", "aria-label": "Writing an answer" }, "···");
    this.#log.append(thinking);
    this.#scrollToEnd();
    setTimeout(() => {
      thinking.remove();
      this.#reply(answer(text), prompt);
    }, THINKING_TIME);
  }

  #reply({ text, answered, sources }: Answer, prompt: string | undefined): void {
    const titles = sources.map(({ title }) => title);
    const reply = recorder()?.reply(text, { answered, sources: titles, ...(prompt && { to: prompt }) });
    this.#say({ from: "assistant", text, sources, ...(reply && { reply }) });
  }

  #say(message: Message): void {
    this.#conversation.messages.push(message);
    save(this.#conversation);
    this.#log.querySelector(".suggestions")?.remove();
    this.#log.append(this.#entry(message));
    this.#scrollToEnd();
  }

  #greeting(): HTMLElement[] {
    const hello = element(
      "div",
      { class: "assistant" },
      "Hello! Ask about delivery, returns, care or stock.",
    );
    if (this.#conversation.messages.length > 0) return [hello];
    const chips = SUGGESTIONS.map((text) =>
      element("button", { type: "button", click: () => this.#ask(text) }, text),
    );
    return [hello, element("div", { class: "suggestions" }, ...chips)];
  }

  #entry(message: Message): HTMLElement {
    const sources = (message.sources ?? []).map(({ title, url }) => element("a", { href: url }, title));
    return element(
      "div",
      { class: message.from },
      message.text,
      ...(sources.length > 0 ? [element("span", { class: "sources" }, ...sources)] : []),
      ...(message.from === "assistant" ? [this.#thumbs(message)] : []),
    );
  }

  #thumbs(message: Message): HTMLElement {
    const thumb = (verdict: 1 | -1, label: string) =>
      element(
        "button",
        {
          type: "button",
          "aria-label": label,
          "aria-pressed": String(message.verdict === verdict),
          click: (event) => this.#judge(message, verdict, event),
        },
        thumbIcon(),
      );
    return element("span", { class: "thumbs" }, thumb(1, "Helpful"), thumb(-1, "Not helpful"));
  }

  #judge(message: Message, verdict: 1 | -1, { currentTarget }: Event): void {
    message.verdict = verdict;
    save(this.#conversation);
    if (message.reply) recorder()?.feedback(message.reply, verdict);
    if (!(currentTarget instanceof HTMLElement)) return;
    for (const each of currentTarget.parentElement?.children ?? []) {
      each.setAttribute("aria-pressed", String(each === currentTarget));
    }
  }

  #scrollToEnd(): void {
    this.#log.scrollTop = this.#log.scrollHeight;
  }
}

function bubbleIcon(): SVGElement {
  return svg(
    "svg",
    { viewBox: "0 0 32 32", "aria-hidden": "true" },
    svg("path", { d: "M5 7h22v15H15l-6 5v-5H5z", fill: "currentColor" }),
  );
}

/** A thumb up; the style turns the second one over. */
function thumbIcon(): SVGElement {
  return svg(
    "svg",
    { viewBox: "0 0 24 24", "aria-hidden": "true" },
    svg("path", {
      d: "M3 10h4v11H3zM9 10l4-8q3 0 3 3l-1 4h5q2 0 1.6 2l-1.6 8q-.5 2-2.5 2H9z",
      fill: "currentColor",
    }),
  );
}
