/** Pages of several kinds, and the server that has them: a shop, a form, an application of one page, slow answers. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const SLOW_MS = 4000;

const SCRIPT = `
  const at = (id) => document.getElementById(id);
  const on = (id, act) => at(id)?.addEventListener("click", act);
  const say = (id, text) => { at(id).textContent = text; };
  let count = 1;
  on("plus", () => say("count", String(count += 1)));
  on("next", () => say("slide", "Slide " + (count += 1)));
  on("toggle", () => at("toggle").classList.toggle("pressed"));
  on("later", () => setTimeout(() => say("count", "later"), 1200));
  on("patient", () => setTimeout(() => say("count", "at last"), 2500));
  on("nowhere", (event) => event.preventDefault());
  on("throws", () => { throw new TypeError("basket is undefined"); });
  on("logs", () => console.error("Payment refused"));
  on("warns", () => { console.warn("An old browser"); say("count", "warned"); });
  on("breaks", () => fetch("/api/broken").then((answer) => say("count", String(answer.status))));
  on("unreachable", () => fetch("http://127.0.0.1:9/").catch(() => say("count", "offline")));
  on("waits", () => fetch("/api/slow").then(() => say("count", "after a while")));
  on("quick", () => fetch("/api/quick").then(() => say("count", "at once")));
  on("copy", () => { navigator.clipboard?.writeText("code").catch(() => {}); document.execCommand("copy"); });
  for (const tab of document.querySelectorAll("[role=tab]")) {
    tab.addEventListener("click", () => say("panel", tab.textContent));
  }
  for (const link of document.querySelectorAll("[data-route]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      history.pushState({}, "", link.getAttribute("href"));
      say("view", "Page " + link.textContent);
    });
  }
  addEventListener("popstate", () => say("view", "Page " + location.pathname));
  const host = at("shadow");
  if (host) host.attachShadow({ mode: "open" }).innerHTML = "<button>Inside</button>";
  const form = at("form");
  const check = document.documentElement.dataset.check;
  const wrong = () => [...form.querySelectorAll("input")].filter((input) => !/^[a-z@.]+$/.test(input.value));
  const refusals = {
    aria: () => wrong().forEach((input) => input.setAttribute("aria-invalid", "true")),
    alert: () => { at("message").innerHTML = '<p role="alert">Please check ' + wrong()[0].name + "</p>"; },
    class: () => { at("message").innerHTML = '<p class="field-error">Please check your entries</p>'; },
    server: () => fetch("/api/invalid", { method: "POST" }),
  };
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    for (const input of form.querySelectorAll("input")) input.removeAttribute("aria-invalid");
    at("message").innerHTML = "";
    if (wrong().length > 0) return setTimeout(refusals[check] ?? (() => {}), 60);
    const done = () => { form.outerHTML = "<h2>Thank you</h2><p>It was sent.</p><p>You will hear from us.</p>"; };
    setTimeout(done, 100);
  });
`;

const LIVELY = `
  <p><button id="plus">+</button> <output id="count">1</output> <button id="next">Next</button>
    <span id="slide">Slide 1</span></p>
  <p><button id="toggle">Fold</button> <button id="later">Refresh</button> <button id="patient">Recalculate</button></p>
  <p role="tablist"><span role="tab" tabindex="0">Details</span> <span role="tab" tabindex="0">Reviews</span>
    <span role="tab" tabindex="0">Delivery</span></p><div id="panel">Details</div>
  <p><input id="agree" type="checkbox"> <select id="size"><option>S<option>M</select>
    <input id="amount" type="number" value="1"> <input id="loud" type="range"></p>
  <p><button id="throws">Buy</button> <button id="logs">Pay</button> <button id="breaks">Save</button>
    <button id="unreachable">Send</button> <button id="warns">Check</button></p>
  <p><button id="waits">Search flights</button> <button id="quick">Search trains</button>
    <button id="copy">Copy</button></p>`;

const DEAD = `
  <p><button id="wish">Wish list</button> <span id="faux" role="button" tabindex="0">Compare</span>
    <a id="nowhere" href="#">Size guide</a> <a id="void" href="javascript:void(0)">Offers</a>
    <button id="icon" aria-label="Favourite"><svg width="24" height="24"><circle cx="12" cy="12" r="9"/></svg></button>
    <span role="menuitem" id="menu" tabindex="0">Help</span> <span id="shadow"></span></p>
  <img id="picture" alt="A pot" width="120" height="80"
    src="data:image/gif;base64,R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs=">`;

const LINKS = `
  <p><a id="zip" href="/catalogue.zip">Catalogue</a> <a id="export" href="/export" download>Export</a>
    <a id="mail" href="mailto:shop@example.org">Write to us</a> <a id="section" href="#end">Down</a>
    <a id="here" href="/shop" aria-current="page" onclick="return false">Shop</a>
    <a id="off" role="button" aria-disabled="true" tabindex="0">Unavailable</a>
    <a id="window" href="/article" target="_blank">In a new window</a></p>
  <video id="video" controls width="240" height="120"></video>
  <p id="text">Porcelain is fired twice and glazed between, as it was three hundred years ago.</p>`;

const ROUTES = ["/spa", "/spa/teas", "/spa/pots", "/spa/about"];
const routes = ROUTES.map((route) => `<a data-route href="${route}">${route.slice(1)}</a>`).join(" ");
const PLACES = ["/shop", "/teas", "/pots", "/about", "/slow"];
const places = PLACES.map((place) => `<a data-place href="${place}">${place.slice(1)}</a>`).join(" ");

const FORM = `
  <form id="form" novalidate><label>Name <input name="name" required></label>
    <label>E-mail <input name="mail" required></label><label>Town <input name="town" required></label>
    <div id="message"></div><button>Order now</button></form>
  <form action="/shop"><input type="search" name="q" aria-label="Search"></form>`;

const LONG = `<article>${"<p>Tea is picked by hand, twice a year, before the rain comes.</p>".repeat(250)}</article>`;

function bodyOf(path: string): string | undefined {
  if (path.startsWith("/form")) return FORM;
  if (ROUTES.includes(path)) return `<nav>${routes}</nav><main id="view">Page</main>${DEAD}${LIVELY}${FORM}`;
  if (path === "/article") return `<nav>${places}</nav>${LONG}${LINKS}`;
  if (path === "/shop") return `<nav>${places}</nav><h1>Shop</h1>${LIVELY}${DEAD}${LINKS}<p id="end">End</p>`;
  return PLACES.includes(path) ? `<nav>${places}</nav><h1>${path}</h1>${LIVELY}${DEAD}` : undefined;
}

export interface Pages {
  url: string;
  stop(): void;
}

/** Serves the pages, each with this in its head. */
export async function startPages(head: string): Promise<Pages> {
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://pages");
    if (pathname.startsWith("/api/")) return api(pathname, response);
    if (pathname === "/catalogue.zip" || pathname === "/export") {
      response.writeHead(200, { "Content-Disposition": "attachment" }).end("PK");
      return;
    }
    const body = bodyOf(pathname);
    const check = searchParams.get("check") ?? "";
    const document = `<!doctype html><html data-check="${check}"><head><title>${pathname}</title>${head}
      <style>body{font:16px sans-serif;margin:24px} button,a,[role]{padding:6px} p{margin:18px 0}
      .pressed{background:#cde}</style></head><body>${body}<script>${SCRIPT}</script></body></html>`;
    const native = check === "native" ? document.replace(" novalidate", "") : document;
    response.writeHead(body === undefined ? 404 : 200, { "Content-Type": "text/html; charset=utf-8" });
    setTimeout(() => response.end(native), pathname === "/slow" ? SLOW_MS : 0);
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, stop };
}

function api(path: string, response: ServerResponse): void {
  const status = { "/api/broken": 500, "/api/invalid": 422 }[path] ?? 200;
  setTimeout(() => response.writeHead(status).end("{}"), path === "/api/slow" ? SLOW_MS : 50);
}
