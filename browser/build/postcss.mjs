// rrweb's bundle carries two copies of postcss: one for rewriting `:hover` rules
// at replay (from rrweb-snapshot) and one that rrdom drags in. Tree shaking
// removes neither. The recorder rewrites no CSS and needs none of them; the
// player needs one. Cutting them takes the recorder from 61 to 24 KB gzip.

import { readFile } from "node:fs/promises";

const INITIALISER = /^var (import_postcss\$?\d*) = .*__toESM.*__commonJSMin/;
const END_OF_INITIALISER = "})))(), 1);";
const BARE_PROPERTY_READ = /^import_postcss\$?\d*\.default(\.\w+)?;$/;

/** The copies of postcss that rrweb 2.2.2 carries; another number means another rrweb. */
const EXPECTED_COPIES = 2;

/**
 * Replaces the copies of postcss in rrweb's bundle.
 *
 * @param {string} source rrweb's ESM bundle
 * @param {"none" | "one"} keep how many working copies stay
 * @returns {string} the same bundle without the copies that are not kept
 * @throws when the bundle does not hold exactly two copies of the known form
 */
export function cutPostcss(source, keep) {
  const kept = [];
  const copies = [];
  let skipping = false;
  for (const line of source.split("\n")) {
    if (skipping) {
      skipping = line !== END_OF_INITIALISER;
      continue;
    }
    const copy = INITIALISER.exec(line)?.[1];
    if (copy === undefined) {
      if (!BARE_PROPERTY_READ.test(line)) kept.push(line);
      continue;
    }
    copies.push(copy);
    if (keep === "one" && copies.length === 1) {
      kept.push(line);
      continue;
    }
    kept.push(`var ${copy} = ${keep === "one" ? copies[0] : "{ default: {} }"};`);
    skipping = true;
  }
  if (copies.length !== EXPECTED_COPIES || skipping) {
    throw new Error(
      `rrweb carries ${copies.length} copies of postcss in the known form, not ${EXPECTED_COPIES}: ` +
        "look at its bundle and mend browser/build/postcss.mjs before changing the pinned version",
    );
  }
  return kept.join("\n");
}

/** An esbuild plugin that applies {@link cutPostcss} to rrweb. */
export function postcssCut(keep) {
  return {
    name: "postcss-cut",
    setup(build) {
      build.onLoad({ filter: /[\\/]rrweb[\\/]dist[\\/]rrweb\.js$/ }, async ({ path }) => ({
        contents: cutPostcss(await readFile(path, "utf8"), keep),
        loader: "js",
      }));
    },
  };
}
