// rrweb can take the events of embedded pages of other sites by `postMessage`,
// if they run rrweb, too. We never switch that on (any page could send them),
// nor the recording of fonts that scripts load, nor pictures of canvases and images;
// we hook into no observer, and events of our own go another way; the nodes that only a player
// builds are asked for by their class alone; and nobody here uses what has long
// been replaced. Tree shaking cannot know that.
// Cutting it saves every visitor of a recorded page about 2 KB.

import { replaceSection } from "./section.mjs";

const UNUSED = [
  {
    name: "mirror of other sites' frames",
    start: "// src/record/cross-origin-iframe-mirror.ts",
    end: "// src/record/iframe-manager.ts",
    holds: "var CrossOriginIframeMirror = class {",
    by: "var CrossOriginIframeMirror = class {};",
  },
  {
    name: "reader of other sites' frames",
    start: "\thandleMessage(message) {",
    end: "// src/record/shadow-dom-manager.ts",
    holds: "\tpatchRootIdOnNode(node, rootId) {",
    by: "};",
  },
  {
    name: "font recorder",
    start: "function initFontObserver(",
    end: "function initSelectionObserver(",
    holds: "win.FontFace = ",
    by: "",
  },
  {
    name: "node of the player's own DOM",
    start: "var BaseRRNode = class BaseRRNode {",
    end: "var BaseRRDocument = class",
    holds: "RRDomException",
    by: "var BaseRRNode = class {};",
  },
  {
    name: "look at a canvas",
    start: "function is2DCanvasBlank(canvas) {",
    end: "function isNodeMetaEqual(",
    holds: "getImageData",
    by: "",
  },
  {
    name: "pictures of canvases and images",
    start: '\tif (tagName === "canvas" && recordCanvas) {',
    end: '\tif (["audio", "video"].includes(tagName)) {',
    holds: "Cannot inline img src=",
    by: "",
  },
  {
    name: "hooks beside the observers",
    start: "function mergeHooks(o, hooks) {",
    end: "function initObservers(",
    holds: "hooks.mutation(",
    by: "function mergeHooks() {}",
  },
  {
    name: "events that a page adds by itself",
    start: "record.addCustomEvent = ",
    end: "record.takeFullSnapshot = ",
    holds: "record.freezePage = ",
    by: "",
  },
  {
    name: "warning of an old name of the mirror",
    start: "var DEPARTED_MIRROR_ACCESS_WARNING = ",
    end: "function throttle(",
    holds: "var _mirror = {",
    by: "var _mirror;",
  },
];

/**
 * Cuts what is never switched on out of rrweb's bundle.
 *
 * @param {string} source rrweb's ESM bundle
 * @returns {string} the same bundle without it
 * @throws when the bundle does not hold it in the known places
 */
export function cutUnused(source) {
  return UNUSED.reduce((text, section) => replaceSection(text, { ...section, file: "unused.mjs" }), source);
}
