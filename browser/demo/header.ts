import * as cart from "./cart";
import { element, svg } from "./element";

/** `<shop-header>`: the brand, the way around and the cart's count. */
export class ShopHeader extends HTMLElement {
  #stop: (() => void) | undefined;

  connectedCallback(): void {
    const badge = element("span", { class: "header-count" });
    this.replaceChildren(
      element("a", { class: "skip-link", href: "#main" }, "Skip to content"),
      element("p", { class: "announcement" }, "Free delivery from €60 · Returns within 30 days"),
      element(
        "div",
        { class: "header-bar" },
        element("a", { class: "brand", href: "/demo/index.html" }, mark(), "Pipkin"),
        navigation(badge),
      ),
    );
    this.#stop = cart.onChange(() => showCount(badge, true));
    showCount(badge, false);
  }

  disconnectedCallback(): void {
    this.#stop?.();
  }
}

function navigation(badge: HTMLElement): HTMLElement {
  return element(
    "nav",
    { class: "header-links", "aria-label": "Shop" },
    link("/demo/products.html", "Shop"),
    link("/demo/account.html", "Account"),
    link("/demo/cart.html", "Cart", badge),
  );
}

function link(href: string, label: string, ...more: Node[]): HTMLAnchorElement {
  const current = location.pathname === href;
  return element("a", { href, "aria-current": current ? "page" : false }, label, ...more);
}

function showCount(badge: HTMLElement, changed: boolean): void {
  const count = cart.count();
  badge.textContent = count === 0 ? "" : String(count);
  badge.title = count === 1 ? "1 piece" : `${count} pieces`;
  if (changed && count > 0)
    badge.animate({ scale: ["1", "1.35", "1"] }, { duration: 260, easing: "ease-out" });
}

function mark(): SVGElement {
  return svg(
    "svg",
    { viewBox: "5 1 28 28", class: "brand-mark", "aria-hidden": "true" },
    svg("path", { d: "M6 13h17v7q0 8-8.5 8T6 20z", fill: "currentColor" }),
    svg("path", {
      d: "M22 16l9-3.5",
      stroke: "currentColor",
      "stroke-width": 3.4,
      "stroke-linecap": "round",
    }),
    svg("path", { d: "M8 10q6.5-5 13 0z", fill: "currentColor", opacity: 0.55 }),
    svg("circle", { cx: 14.5, cy: 5.4, r: 1.8, fill: "currentColor", opacity: 0.55 }),
  );
}
