import { readFile } from "node:fs/promises";
import { cutCanvas } from "./canvas.mjs";
import { cutPostcss } from "./postcss.mjs";
import { cutUnused } from "./unused.mjs";

/** An esbuild plugin that takes out of rrweb what the recorder does not use. */
export function recorderCut() {
  return {
    name: "recorder-cut",
    setup(build) {
      build.onLoad({ filter: /[\\/]rrweb[\\/]dist[\\/]rrweb\.js$/ }, async ({ path }) => ({
        contents: cutUnused(cutCanvas(cutPostcss(await readFile(path, "utf8"), "none"))),
        loader: "js",
      }));
    },
  };
}
