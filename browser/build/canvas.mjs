// rrweb's recorder carries the code that records what is drawn on a canvas, with
// a worker inside. We never record canvases (a replay that draws them would have
// to run what a visitor sent), and tree shaking cannot know that. Cutting it
// saves every visitor of a recorded page 4 KB.

import { replaceSection } from "./section.mjs";

const CANVAS = {
  name: "canvas recorder",
  file: "canvas.mjs",
  start: "// src/record/observers/canvas/serialize-args.ts",
  end: "// src/record/stylesheet-manager.ts",
  holds: "var CanvasManager = class {",
  // The calls that rrweb makes whether canvases are recorded or not.
  by: "var CanvasManager = class { freeze() {} unfreeze() {} lock() {} unlock() {} reset() {} };",
};

/**
 * Replaces the canvas recorder in rrweb's bundle.
 *
 * @param {string} source rrweb's ESM bundle
 * @returns {string} the same bundle with a canvas recorder that does nothing
 * @throws when the bundle does not hold the canvas recorder in the known place
 */
export function cutCanvas(source) {
  return replaceSection(source, CANVAS);
}
