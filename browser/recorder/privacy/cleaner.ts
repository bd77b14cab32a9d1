/**
 * The last look at every event before it is sent.
 *
 * rrweb's own options leave ways out (a framework that copies a field's value
 * into an attribute, a text field inside a masked block, `<input type=hidden>`,
 * shadow roots, ...). So the live page is asked about every text that an event
 * carries: whose is it, and may it be seen?
 *
 * Each event is read once; the cost is linear in its size.
 */

import { EventType, IncrementalSource, type record } from "rrweb";
import { withoutSecrets } from "./addresses";
import { cleanAttributes, cleanText, cleanValue, isChoiceHidden, type Place } from "./attributes";
import type {
  AttributeRecord,
  eventWithTime,
  IncrementalData,
  InputData,
  Mutation,
  NodeRecord,
  SelectionData,
} from "./events";
import { BLOCKED, Exposures, isElement, SECRET } from "./exposure";
import type { Rules } from "./rules";
import { bareUrl, maskPersonalUrl } from "./text";

type Mirror = typeof record.mirror;

/** `type` of a comment in rrweb's snapshots. */
const COMMENT = 5;

export class Cleaner {
  /** Valid for one event, during which the page stands still. */
  private exposures: Exposures;

  constructor(
    private readonly rules: Rules,
    private readonly mirror: Mirror,
  ) {
    this.exposures = new Exposures(rules);
  }

  /** Cleans an event in place. Returns whether anything worth sending is left. */
  clean(event: eventWithTime): boolean {
    this.exposures = new Exposures(this.rules);
    switch (event.type) {
      case EventType.Meta:
        event.data.href = this.url(event.data.href);
        return true;
      case EventType.FullSnapshot:
        this.cleanNode(event.data.node);
        return true;
      case EventType.IncrementalSnapshot:
        return this.cleanIncrement(event.data);
      default:
        return true;
    }
  }

  /** What a field may show of what is in it: rrweb asks while it reads the page. */
  fieldValue(value: string, element: Element): string {
    return cleanValue(value, this.placeOf(element, new Exposures(this.rules)));
  }

  /** The page's address, as far as it may be seen. */
  url(href: string): string {
    if (this.rules.maskEverything) return bareUrl(href);
    const open = withoutSecrets(href);
    return this.rules.maskPersonal ? maskPersonalUrl(open) : open;
  }

  /** The page's title, as far as it may be seen. */
  title(title: string): string {
    return cleanText(title, { exposure: new Exposures(this.rules).of(document), rules: this.rules });
  }

  private cleanIncrement(data: IncrementalData): boolean {
    switch (data.source) {
      case IncrementalSource.Mutation:
        return this.cleanMutation(data);
      case IncrementalSource.Input:
        return this.cleanInput(data);
      case IncrementalSource.Selection:
        return this.cleanSelection(data);
      default:
        return true;
    }
  }

  private cleanMutation(data: Mutation): boolean {
    const may = (id: number) => this.mayShow(id);
    data.adds = data.adds.filter((add) => may(add.parentId));
    data.texts = data.texts.filter((text) => may(text.id));
    data.attributes = data.attributes.filter((change) => may(change.id));
    for (const add of data.adds) this.cleanNode(add.node);
    for (const text of data.texts) text.value = text.value && this.textOf(text.value, text.id);
    for (const change of data.attributes) this.cleanAttributesOf(change.id, change.attributes);
    return Boolean(data.adds.length || data.removes.length || data.texts.length || data.attributes.length);
  }

  private cleanInput(data: InputData): boolean {
    const node = this.mirror.getNode(data.id);
    if (!node || !isElement(node)) return false;
    const place = this.placeOf(node);
    if (place.exposure === BLOCKED) return false;
    if (/^(checkbox|radio)$/.test((node as HTMLInputElement).type) && isChoiceHidden(place)) return false;
    data.text = cleanValue(data.text, place);
    return true;
  }

  private cleanSelection(data: SelectionData): boolean {
    const isOpen = (id: number) => this.mayShow(id, SECRET);
    data.ranges = data.ranges.filter((range) => isOpen(range.start) && isOpen(range.end));
    return true;
  }

  /** Cleans a node and all that is in it. */
  private cleanNode(root: NodeRecord): void {
    const rest = [root];
    for (let node = rest.pop(); node; node = rest.pop()) {
      if ("attributes" in node) this.cleanAttributesOf(node.id, node.attributes);
      if ("textContent" in node)
        node.textContent = node.type === COMMENT ? "" : this.textOf(node.textContent, node.id);
      if ("childNodes" in node) for (const child of node.childNodes) rest.push(child);
    }
  }

  private cleanAttributesOf(id: number, attributes: AttributeRecord): void {
    const node = this.mirror.getNode(id);
    if (node && isElement(node)) cleanAttributes(attributes, this.placeOf(node));
  }

  private textOf(text: string, id: number): string {
    const parent = this.mirror.getNode(id)?.parentNode;
    if (!parent) return "";
    const shown = { exposure: this.exposures.of(parent), rules: this.rules };
    switch (isElement(parent) ? parent.localName : "") {
      case "style":
        return text;
      case "script":
      case "noscript":
        return "";
      case "textarea":
        return cleanValue(text, { ...shown, element: parent as Element });
      default:
        return cleanText(text, shown);
    }
  }

  private placeOf(element: Element, exposures = this.exposures): Place {
    return { element, exposure: exposures.of(element), rules: this.rules };
  }

  /** Whether the page knows the node and shows it more openly than `limit`. */
  private mayShow(id: number, limit: typeof SECRET | typeof BLOCKED = BLOCKED): boolean {
    const node = this.mirror.getNode(id);
    return node !== null && this.exposures.of(node) < limit;
  }
}
