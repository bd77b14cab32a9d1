// rrweb's recorder carries the code that records what is drawn on a canvas, with
// a worker inside. We never record canvases (a replay that draws them would have
// to run what a visitor sent), and tree shaking cannot know that. Cutting it
// saves every visitor of a recorded page 4 KB.

const START = "// src/record/observers/canvas/serialize-args.ts";
const END = "// src/record/stylesheet-manager.ts";

/** What is left of the class: the calls that rrweb makes whether canvases are recorded or not. */
const INERT = "var CanvasManager = class { freeze() {} unfreeze() {} lock() {} unlock() {} reset() {} };";

/**
 * Replaces the canvas recorder in rrweb's bundle.
 *
 * @param {string} source rrweb's ESM bundle
 * @returns {string} the same bundle with a canvas recorder that does nothing
 * @throws when the bundle does not hold the canvas recorder in the known place
 */
export function cutCanvas(source) {
  const [before, canvas, ...tooMany] = source.split(START);
  const [cut, after, ...tooManyEnds] = (canvas ?? "").split(END);
  if (
    after === undefined ||
    tooMany.length ||
    tooManyEnds.length ||
    !cut.includes("var CanvasManager = class {")
  ) {
    throw new Error(
      "rrweb's canvas recorder is not in the known place: " +
        "look at its bundle and mend browser/build/canvas.mjs before changing the pinned version",
    );
  }
  return `${before}${INERT}\n${END}${after}`;
}
