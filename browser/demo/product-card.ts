import { type Product, stockNote } from "./catalogue";
import { backdropOf, draw } from "./drawing";
import { element } from "./element";
import { money } from "./money";
import { productUrl } from "./routes";

/** A product in a list: the whole card is one link. */
export function productCard(product: Product): HTMLLIElement {
  const scarce = product.stock < 10;
  return element(
    "li",
    { class: "card" },
    element(
      "a",
      { href: productUrl(product) },
      picture(product),
      element("span", { class: "card-name" }, product.name),
      element("span", { class: "card-price" }, money(product.price)),
      element("span", { class: "card-line" }, product.line),
      ...(scarce ? [element("span", { class: "card-stock" }, stockNote(product))] : []),
    ),
  );
}

/** The product's drawing in front of its colour. */
export function picture(product: Product): HTMLElement {
  const style = `background-color: ${backdropOf(product.glaze)}`;
  return element("span", { class: "picture", style }, draw(product.shape, product.glaze));
}
