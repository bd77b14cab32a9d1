/** The routes within products.html: one document, several pages, every one with its own URL. */

import { type Category, findProduct, isCategory, type Product } from "./catalogue";

export type Route =
  | { page: "list"; category?: Category }
  | { page: "product"; product: Product }
  | { page: "missing" };

const PATH = "/demo/products.html";

export function routeOf(query: string): Route {
  const parameters = new URLSearchParams(query);
  const id = parameters.get("product");
  if (id !== null) {
    const product = findProduct(id);
    return product ? { page: "product", product } : { page: "missing" };
  }
  const category = parameters.get("category");
  if (category === null) return { page: "list" };
  return isCategory(category) ? { page: "list", category } : { page: "missing" };
}

export function categoryUrl(category?: Category): string {
  return category ? `${PATH}?category=${category}` : PATH;
}

export function productUrl(product: Product): string {
  return `${PATH}?product=${product.id}`;
}

/** Whether a link leads to a route of products.html, and so needs no new document. */
export function isRoute(link: HTMLAnchorElement): boolean {
  return link.origin === location.origin && link.pathname === PATH;
}
