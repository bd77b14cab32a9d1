/**
 * What a hostile recording may hold: nodes that would run a script in the
 * viewer's browser, or make it ask the attacker's server for something.
 */

import { element, type RecordedNode, svg } from "../support/recorded";

/** Marks the window it runs in, and every window it can reach. */
export const SCRIPT = "document.title='pwned';window.__pwned=1;parent.__pwned=1;top.__pwned=1";

const SCRIPT_PAGE = `<script>${SCRIPT}</script>`;
const PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";

/** Nodes that would run {@link SCRIPT}. */
export function scripts(): RecordedNode[] {
  const inSvg = `<svg xmlns="http://www.w3.org/2000/svg">${SCRIPT_PAGE}</svg>`;
  return [
    element("script", {}, SCRIPT),
    element("SCRIPT", {}, SCRIPT),
    element("ScRiPt", { type: "module" }, SCRIPT),
    element("script", { src: `data:text/javascript,${SCRIPT}` }),
    svg("script", {}, SCRIPT),
    svg("SCRIPT", {}, SCRIPT),
    svg("svg", { onload: SCRIPT }),
    svg("svg", {}, svg("animate", { onbegin: SCRIPT, attributeName: "x", dur: "1s" })),
    svg("svg", {}, svg("set", { attributeName: "onmouseover", to: SCRIPT })),
    svg("svg", {}, svg("foreignObject", {}, element("iframe", { srcdoc: SCRIPT_PAGE }))),
    element("img", { src: "data:,", onerror: SCRIPT }),
    element("img", { src: PIXEL, ONLOAD: SCRIPT }),
    element("details", { open: "", ontoggle: SCRIPT }, "details"),
    element("input", { autofocus: "", onfocus: SCRIPT }),
    element(
      "video",
      { src: "data:,", onerror: SCRIPT },
      element("source", { src: "data:,", onerror: SCRIPT }),
    ),
    element("marquee", { onstart: SCRIPT }, "marquee"),
    element(
      "div",
      { style: "animation: a 1s", onanimationstart: SCRIPT },
      element("style", {}, "@keyframes a{}"),
    ),
    element("body", { onload: SCRIPT, onpageshow: SCRIPT }),
    element("iframe", { srcdoc: SCRIPT_PAGE }),
    element("iframe", { src: `javascript:${SCRIPT}` }),
    element("iframe", { src: `data:text/html,${SCRIPT_PAGE}`, sandbox: "allow-scripts allow-same-origin" }),
    element("frame", { src: `java\nscript:${SCRIPT}` }),
    element("object", { data: `data:text/html,${SCRIPT_PAGE}` }),
    element("object", { data: `javascript:${SCRIPT}` }),
    element("embed", { src: `data:image/svg+xml,${inSvg}`, type: "image/svg+xml" }),
    element("embed", { src: `\u0001JavaScript:${SCRIPT}` }),
    element("portal", { src: `javascript:${SCRIPT}` }),
    element("a", { href: ` \tjava\tscript:${SCRIPT}`, autofocus: "" }, "link"),
    element("a", { href: `vbscript:${SCRIPT}` }, "link"),
    element(
      "form",
      { action: `javascript:${SCRIPT}` },
      element("button", { formaction: `javascript:${SCRIPT}` }),
    ),
    element("x-element", { onfocus: SCRIPT, tabindex: "0", autofocus: "" }),
    { ...element("x-made", { onclick: SCRIPT }), isCustom: true },
    shadow(element("script", {}, SCRIPT), element("img", { src: "data:,", onerror: SCRIPT })),
    element("template", {}, element("script", {}, SCRIPT)),
    element("meta", { "http-equiv": "refresh", content: `0;url=javascript:${SCRIPT}` }),
    element("script", { type: "speculationrules" }, '{"prerender":[{"source":"list","urls":["/"]}]}'),
  ];
}

/** Nodes with the address of something that would be fetched, or gone to. */
export function addresses(remote: (name: string) => string): RecordedNode[] {
  return [
    element("img", { src: remote("img") }),
    element("img", { srcset: `${remote("srcset")} 1x, ${remote("srcset2")} 2x` }),
    element("img", { rr_dataURL: remote("rr-data-url") }),
    element("canvas", { rr_dataURL: remote("canvas") }),
    element(
      "picture",
      {},
      element("source", { srcset: remote("source") }),
      element("img", { src: remote("picture") }),
    ),
    element("input", { type: "image", src: remote("input") }),
    element("video", { src: remote("video"), poster: remote("poster"), autoplay: "" }),
    element(
      "video",
      {},
      element("source", { src: remote("video-source") }),
      element("track", { src: remote("track") }),
    ),
    element("audio", { src: remote("audio"), preload: "auto" }),
    element("iframe", { src: remote("iframe") }),
    element("iframe", { srcdoc: `<img src="${remote("srcdoc")}">` }),
    element("frame", { src: remote("frame") }),
    element("object", { data: remote("object") }),
    element("embed", { src: remote("embed") }),
    element("portal", { src: remote("portal") }),
    element("fencedframe", { src: remote("fencedframe") }),
    element("table", { background: remote("background") }),
    element("a", { href: remote("ping-target"), ping: remote("ping") }, "link"),
    element("html", { manifest: remote("manifest") }),
    element("script", { src: remote("script") }),
    svg("svg", {}, svg("image", { href: remote("svg-image") })),
    svg("svg", {}, svg("image", { "xlink:href": remote("xlink") })),
    svg("svg", {}, svg("use", { href: `${remote("use")}#a` })),
    svg("svg", {}, svg("filter", {}, svg("feImage", { href: remote("feimage") }))),
    svg("svg", {}, svg("script", { href: remote("svg-script") })),
    shadow(element("img", { src: remote("shadow") })),
    element("noscript", {}, element("img", { src: remote("noscript") })),
    ...headNodes(remote),
  ];
}

/** Nodes that would act on the whole document. */
function headNodes(remote: (name: string) => string): RecordedNode[] {
  const links = ["stylesheet", "alternate stylesheet", "prefetch", "preconnect", "dns-prefetch", "prerender"];
  const loads = ["modulepreload", "manifest", "icon", "apple-touch-icon", "preload", "PREFETCH", "next"];
  return [
    ...[...links, ...loads].map((rel) => element("link", { rel, href: remote(`link-${rel}`), as: "image" })),
    element("link", { rel: "preload", as: "image", imagesrcset: `${remote("imagesrcset")} 1x` }),
    element("base", { href: remote("base/"), target: "_top" }),
    element("meta", { "http-equiv": "refresh", content: `0;url=${remote("refresh")}` }),
    element("meta", { "http-equiv": "content-security-policy", content: "style-src 'none'" }),
    element("meta", { "http-equiv": "Content-Security-Policy", content: "style-src 'none'" }),
    element("meta", { name: "referrer", content: "unsafe-url" }),
    element("META", { "HTTP-EQUIV": "Refresh", content: `0;url=${remote("refresh2")}` }),
  ];
}

/** Styles that would fetch something: only the policy of the stage stands against them. */
export function styles(remote: (name: string) => string): RecordedNode[] {
  const url = (name: string) => `url("${remote(name)}")`;
  const face = `@font-face { font-family: canary; src: ${url("font")} }`;
  return [
    element("div", { style: `background: ${url("style")}; cursor: ${url("cursor")}, auto` }, "styled"),
    element("div", { style: `border-image: ${url("border")} 1; mask-image: ${url("mask")}` }, "styled"),
    element("style", {}, `@import ${url("import")}; ${face} body { font-family: canary }`),
    element("style", {
      _cssText: `body { background: ${url("css-text")} } p::after { content: ${url("content")} }`,
    }),
    element("link", {
      rel: "stylesheet",
      href: remote("sheet"),
      _cssText: `html { background: ${url("link-css")} }`,
    }),
    element("ul", { style: `list-style-image: ${url("list")}` }, element("li", {}, "item")),
    svg("svg", {}, svg("rect", { width: "9", height: "9", fill: url("fill"), filter: url("filter") })),
  ];
}

function shadow(...children: RecordedNode[]): RecordedNode {
  const host = element("div", {}, ...children.map((child) => ({ ...child, isShadow: true })));
  return { ...host, isShadowHost: true };
}
