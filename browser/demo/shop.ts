/**
 * The demo shop's script. It is loaded by a plain script element in the head:
 * the parts that make themselves are defined before the parser meets them, so
 * no page is ever seen without them.
 */

import { account } from "./account";
import { ShopCart } from "./cart-page";
import { ShopCatalogue } from "./catalogue-page";
import { checkout } from "./checkout";
import { ShopFooter } from "./footer";
import { ShopHeader } from "./header";
import { ShopFeatured, ShopShelf } from "./home";
import { thanks } from "./thanks";

customElements.define("shop-header", ShopHeader);
customElements.define("shop-footer", ShopFooter);
customElements.define("shop-shelf", ShopShelf);
customElements.define("shop-featured", ShopFeatured);
customElements.define("shop-catalogue", ShopCatalogue);
customElements.define("shop-cart", ShopCart);

/** The parts whose markup stands in the page: they are enhanced once it is all there. */
document.addEventListener("DOMContentLoaded", () => {
  enhance("#checkout", checkout);
  enhance("#account", account);
  enhance("#thanks", thanks);
});

function enhance<Part extends HTMLElement>(selector: string, start: (part: Part) => void): void {
  const part = document.querySelector<Part>(selector);
  if (part) start(part);
}
