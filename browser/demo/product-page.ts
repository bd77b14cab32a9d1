import * as cart from "./cart";
import { CARE, CATEGORIES, PRODUCTS, type Product, stockNote } from "./catalogue";
import { element } from "./element";
import { money } from "./money";
import { picture, productCard } from "./product-card";
import { Quantity } from "./quantity";
import { recorder } from "./recording";
import { categoryUrl } from "./routes";

const NEIGHBOURS = 4;

/** Everything about one product, and what stands beside it on the shelf. */
export function productPage(product: Product): Node[] {
  return [
    element(
      "nav",
      { class: "crumbs", "aria-label": "You are here" },
      element("a", { href: categoryUrl() }, "All pieces"),
      element("a", { href: categoryUrl(product.category) }, CATEGORIES[product.category]),
    ),
    element("article", { class: "product" }, picture(product), details(product)),
    ...neighbours(product),
  ];
}

function details(product: Product): HTMLElement {
  return element(
    "div",
    { class: "product-details" },
    element("h1", { tabindex: -1 }, product.name),
    element("p", { class: "product-price" }, money(product.price)),
    element("p", {}, product.story),
    element(
      "dl",
      { class: "facts" },
      ...fact("Size", product.size),
      ...fact("Clay", "Irish stoneware, fired at 1,240 °C"),
      ...fact("Care", CARE[product.category]),
      ...fact("Stock", stockNote(product)),
    ),
    purchase(product),
  );
}

function fact(name: string, value: string): HTMLElement[] {
  return [element("dt", {}, name), element("dd", {}, value)];
}

function purchase(product: Product): HTMLElement {
  if (product.stock === 0) {
    return element("p", { class: "purchase" }, element("span", { class: "button sold-out" }, "Sold out"));
  }
  const quantity = new Quantity({ label: product.name, value: 1, min: 1, max: cart.mostOf(product) });
  const said = element("p", { class: "purchase-said", role: "status" });
  const click = () => {
    putIntoCart(product, quantity.value);
    said.replaceChildren("In your cart. ", element("a", { href: "/demo/cart.html" }, "Go to cart"));
  };
  return element(
    "div",
    { class: "purchase" },
    quantity.node,
    element("button", { type: "button", class: "button", click }, "Add to cart"),
    said,
  );
}

function putIntoCart(product: Product, quantity: number): void {
  cart.add(product, quantity);
  recorder()?.track("added to cart", { product: product.id, quantity, price: product.price });
}

/** Its own kind first, then whatever fills the row. */
function neighbours(product: Product): Node[] {
  const others = PRODUCTS.filter((each) => each !== product);
  const kin = others.filter((each) => each.category === product.category);
  const row = [...new Set([...kin, ...others])].slice(0, NEIGHBOURS);
  return [
    element("h2", { class: "section-title" }, "Stands well beside"),
    element("ul", { class: "cards" }, ...row.map(productCard)),
  ];
}
