import { element } from "./element";
import { recorder } from "./recording";

/** `<shop-footer>`: small print, and the way from the recorded page to its recording. */
export class ShopFooter extends HTMLElement {
  connectedCallback(): void {
    this.replaceChildren(
      element(
        "div",
        { class: "footer-columns" },
        column(
          "Pipkin",
          "Stoneware for slow mornings. Thrown, glazed and fired by four people and one old kiln.",
        ),
        column("Visit", "14 Quay Lane, Kinsale. Tuesday to Saturday, ten to five. The dog is friendly."),
        column("Care", "Dishwasher: yes. Microwave: yes. Flung across a room: once."),
      ),
      element(
        "p",
        { class: "footer-note" },
        "A demo shop that comes with Hindsight: nothing here is for sale, and this visit is being recorded. ",
        element("a", { href: "#", target: "_blank", click: openReplay }, "Watch it"),
      ),
    );
  }
}

function column(title: string, text: string): HTMLElement {
  return element("section", {}, element("h2", {}, title), element("p", {}, text));
}

function openReplay(event: Event): void {
  const url = recorder()?.sessionUrl({ now: true });
  if (url && event.currentTarget instanceof HTMLAnchorElement) event.currentTarget.href = url;
  else event.preventDefault();
}
