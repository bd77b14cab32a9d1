/** `<shop-catalogue>`: the list with its categories, and every product's page, without loading a new document. */

import { CATEGORIES, type Category, PRODUCTS } from "./catalogue";
import { element } from "./element";
import { productCard } from "./product-card";
import { productPage } from "./product-page";
import { categoryUrl, isRoute, type Route, routeOf } from "./routes";

export class ShopCatalogue extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("click", this.#follow);
    window.addEventListener("popstate", this.#show);
    this.#show();
  }

  disconnectedCallback(): void {
    this.removeEventListener("click", this.#follow);
    window.removeEventListener("popstate", this.#show);
  }

  /** Takes over plain clicks on links to our own routes; a new tab stays the browser's business. */
  #follow = (event: MouseEvent): void => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || !isRoute(link) || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey)
      return;
    event.preventDefault();
    if (link.href === location.href) return;
    const stays = "filter" in link.dataset;
    history.pushState(null, "", link.href);
    this.#show();
    if (stays) this.querySelector<HTMLElement>(".filters [aria-current]")?.focus();
    else this.#arrive();
  };

  #show = (): void => {
    const route = routeOf(location.search);
    document.title = `${titleOf(route)} · Pipkin`;
    this.replaceChildren(...pageOf(route));
  };

  /** What the browser does for a new document: back to the top, and tell screen readers where we are. */
  #arrive(): void {
    window.scrollTo({ top: 0, behavior: "instant" });
    this.querySelector("h1")?.focus({ preventScroll: true });
  }
}

function titleOf(route: Route): string {
  if (route.page === "product") return route.product.name;
  if (route.page === "missing") return "Not found";
  return route.category ? CATEGORIES[route.category] : "All pieces";
}

function pageOf(route: Route): Node[] {
  if (route.page === "product") return productPage(route.product);
  if (route.page === "missing") return missingPage();
  return listPage(route.category);
}

function listPage(category?: Category): Node[] {
  const shown = PRODUCTS.filter((product) => !category || product.category === category);
  return [
    element("h1", { tabindex: -1 }, category ? CATEGORIES[category] : "All pieces"),
    element(
      "nav",
      { class: "filters", "aria-label": "Categories" },
      filter("Everything", undefined, category),
      ...(Object.keys(CATEGORIES) as Category[]).map((each) => filter(CATEGORIES[each], each, category)),
    ),
    element("p", { class: "list-count", role: "status" }, `${shown.length} pieces`),
    element("ul", { class: "cards" }, ...shown.map(productCard)),
  ];
}

function filter(
  label: string,
  category: Category | undefined,
  current: Category | undefined,
): HTMLAnchorElement {
  const isCurrent = category === current;
  return element(
    "a",
    { href: categoryUrl(category), "data-filter": true, "aria-current": isCurrent ? "true" : false },
    label,
  );
}

function missingPage(): Node[] {
  return [
    element("h1", { tabindex: -1 }, "This shelf is empty"),
    element("p", {}, "We do not make this piece, or not any more."),
    element("p", {}, element("a", { class: "button", href: categoryUrl() }, "See everything")),
  ];
}
