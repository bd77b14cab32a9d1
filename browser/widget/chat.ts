/** The chat: what the visitor does in it, and what comes of that. */

import type { Ask } from "../contracts/answers";
import { randomId } from "../recorder/random";
import { ask, Failed } from "./answers";
import { tell, type Widget } from "./api";
import type { Answer, Conversation, Message, Question, Shelf } from "./conversation";
import { Frame } from "./frame";
import type { Language } from "./language";
import { MAX_ANSWER } from "./markdown";
import type { Options, Snippet } from "./options";
import type { Recording } from "./recording";
import { Launcher } from "./view/launcher";
import { Panel, type PanelListener } from "./view/panel";

/** What came of an answer is shown this often. */
const DRAW_EVERY_MS = 50;
/** So much of what was said before goes along with a question. */
const MAX_HISTORY = 20;
const MAX_HISTORY_TEXT = 4000;

export class Chat implements Widget, PanelListener {
  private readonly frame: Frame;
  private readonly panel: Panel;
  private readonly launcher: Launcher;
  /** While an answer is on its way: what stops it. */
  private answering: AbortController | undefined;
  /** Asked by the page before the visitor has said whether it may be recorded. */
  private pending = "";
  /** The conversation that was cleared, until something is said in the new one. */
  private cleared: Pick<Conversation, "id" | "messages"> | undefined;
  /** Where the focus goes back to. */
  private before: Element | null = null;
  private drawing: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly snippet: Snippet,
    private readonly options: Options,
    private readonly language: Language,
    private readonly recording: Recording,
    private readonly conversation: Conversation,
    private readonly shelf: Shelf,
  ) {
    const { texts } = language;
    recording.changed = () => this.recordingChanged();
    this.frame = new Frame(options, language, options.title || texts.title, snippet.script.nonce ?? "");
    this.panel = new Panel(texts, options, this, () => this.frame.focused);
    this.launcher = new Launcher(texts, () => this.toggle());
    this.frame.root.append(this.panel.element, this.launcher.element);
    window.addEventListener("pagehide", () => this.save());
  }

  /** Puts the chat into the page, as it was on the page before. */
  mount(): void {
    this.frame.mount();
    this.panel.log.begin(this.conversation.messages);
    this.show();
    if (this.conversation.open) this.unfold();
    tell("hindsight:ready", undefined);
  }

  // What the page may ask for.

  open(): void {
    if (this.conversation.open) return;
    this.before = this.frame.focused;
    this.conversation.open = true;
    this.unfold();
    this.panel.focus();
    tell("hindsight:open", undefined);
  }

  close(): void {
    if (!this.conversation.open) return;
    this.conversation.open = false;
    this.panel.close();
    this.show();
    this.save();
    const back = this.before instanceof HTMLElement && this.before !== document.body ? this.before : null;
    (back?.isConnected ? back : this.launcher.element).focus();
    this.before = null;
    tell("hindsight:close", undefined);
  }

  toggle(): void {
    if (this.conversation.open) this.close();
    else this.open();
  }

  ask(text: string): void {
    this.open();
    this.sent(text);
  }

  // What the visitor does.

  sent(text: string): void {
    const trimmed = text.trim();
    if (trimmed === "") return;
    if (this.recording.verdict === "open") {
      this.pending = trimmed;
      return;
    }
    this.stopped();
    const question: Question = { from: "visitor", id: randomId(), text: trimmed };
    this.cleared = undefined;
    this.say(question);
    void this.recording.prompt(question.id, this.conversation.id, trimmed);
    void this.answer(question);
  }

  suggested(text: string): void {
    this.sent(text);
    this.panel.focus();
  }

  stopped(): void {
    this.answering?.abort();
    this.answering = undefined;
  }

  retried(answer: Answer): void {
    const { messages } = this.conversation;
    const question = messages.find(
      (each): each is Question => each.from === "visitor" && each.id === answer.to,
    );
    if (!question || this.answering) return;
    messages.splice(messages.indexOf(answer), 1);
    this.panel.log.remove(answer);
    this.panel.focus();
    void this.answer(question);
  }

  judged(answer: Answer, verdict: 1 | -1): void {
    answer.verdict = verdict;
    this.save();
    void this.recording.feedback(answer.id, verdict);
  }

  copied(): void {
    this.panel.announce(this.language.texts.copied);
  }

  restarted(): void {
    this.stopped();
    const { id, messages } = this.conversation;
    if (messages.length > 0) this.cleared = { id, messages };
    this.continueWith({ id: randomId(), messages: [] });
    this.panel.announce(this.language.texts.restarted);
  }

  undone(): void {
    if (this.cleared) this.continueWith(this.cleared);
    this.cleared = undefined;
  }

  decided(decision: "yes" | "no"): void {
    this.recording.decide(decision);
    const { pending } = this;
    this.pending = "";
    if (pending) this.sent(pending);
  }

  closed(): void {
    this.close();
  }

  // What comes of it.

  private recordingChanged(): void {
    this.show();
    this.save();
  }

  private async answer(question: Question): Promise<void> {
    const answer: Answer = {
      from: "assistant",
      id: randomId(),
      to: question.id,
      text: "",
      state: "writing",
      sources: [],
    };
    const asked = this.question(question);
    this.say(answer);
    this.panel.announce(this.language.texts.writing);
    const stop = new AbortController();
    this.answering = stop;
    this.show();
    const answered = await this.read(answer, asked, stop);
    if (this.answering === stop) this.answering = undefined;
    this.finish(answer, answered);
  }

  /** Reads an answer to its end, or to where it breaks off. Returns whether something fitting was found. */
  private async read(
    answer: Answer,
    asked: Promise<Ask>,
    stop: AbortController,
  ): Promise<boolean | undefined> {
    try {
      for await (const piece of ask(this.snippet.askUrl, await asked, stop.signal)) {
        if (piece.type === "text") {
          answer.text = (answer.text + piece.text).slice(0, MAX_ANSWER);
          this.drawSoon(answer);
        } else if (piece.type === "done") {
          answer.state = "done";
          answer.sources = piece.sources;
          return piece.answered;
        } else {
          answer.state = "failed";
          answer.reason = piece.text;
        }
      }
    } catch (error) {
      const trouble = error instanceof Failed ? error.trouble : "unreachable";
      answer.state = stop.signal.aborted ? "stopped" : trouble;
    }
    return undefined;
  }

  private finish(answer: Answer, answered: boolean | undefined): void {
    const { id, to, text, state, sources } = answer;
    clearTimeout(this.drawing);
    this.drawing = undefined;
    if (!this.conversation.messages.includes(answer)) return;
    this.panel.showAnswer(answer);
    const isReply = state === "done" || (state === "stopped" && text !== "");
    if (isReply) void this.recording.reply(id, to, text, answered, sources);
    this.panel.announce(this.panel.log.wordsOf(answer));
    this.conversation.unread ||= !this.conversation.open;
    this.show();
    this.save();
  }

  private drawSoon(answer: Answer): void {
    this.drawing ??= setTimeout(() => {
      this.drawing = undefined;
      this.panel.showAnswer(answer);
    }, DRAW_EVERY_MS);
  }

  private question({ id, text }: Question): Promise<Ask> {
    const { conversation } = this;
    const end = conversation.messages.findIndex((each) => each.id === id);
    const history = conversation.messages
      .slice(0, end)
      .filter((each) => each.text !== "")
      .slice(-MAX_HISTORY)
      .map(({ from, text: said }) => ({ from, text: said.slice(0, MAX_HISTORY_TEXT) }));
    const page = location.origin + location.pathname;
    return this.recording
      .session()
      .then((session) => ({ session, conversation: conversation.id, prompt: id, text, page, history }));
  }

  private say(message: Message): void {
    this.conversation.messages.push(message);
    this.panel.log.add(message);
    this.save();
  }

  private continueWith(other: Pick<Conversation, "id" | "messages">): void {
    Object.assign(this.conversation, other);
    this.panel.log.begin(other.messages, this.cleared !== undefined && other.messages.length === 0);
    this.show();
    this.panel.focus();
    this.save();
  }

  private unfold(): void {
    this.conversation.unread = false;
    this.show();
    this.panel.open();
    this.save();
    void this.recording.chatOpened();
  }

  private show(): void {
    const { verdict, isOffered } = this.recording;
    this.launcher.show(this.conversation.open, this.conversation.unread);
    this.panel.show({
      recording: isOffered && verdict !== "open" ? (verdict === "yes" ? "on" : "off") : undefined,
      asks: verdict === "open",
      notice: verdict === "yes" && this.options.consent !== "none",
      answering: this.answering !== undefined,
    });
  }

  /** Until the visitor has said whether they may be recorded, nothing is stored. */
  private save(): void {
    if (this.recording.verdict !== "open") this.shelf.save(this.conversation);
  }
}
