import { FEATURED, findProduct } from "./catalogue";
import { draw } from "./drawing";
import { element } from "./element";
import { productCard } from "./product-card";

const ON_THE_SHELF = ["moon-jar", "harbour-mug", "reed-vase", "two-cup-teapot"];

/** `<shop-shelf>`: the home page's picture, a few pieces side by side on a board. */
export class ShopShelf extends HTMLElement {
  connectedCallback(): void {
    const pieces = ON_THE_SHELF.flatMap((id) => findProduct(id) ?? []);
    this.replaceChildren(...pieces.map(({ shape, glaze }) => draw(shape, glaze)));
  }
}

/** `<shop-featured>`: the products that the home page leads with. */
export class ShopFeatured extends HTMLElement {
  connectedCallback(): void {
    this.replaceChildren(element("ul", { class: "cards" }, ...FEATURED.map(productCard)));
  }
}
