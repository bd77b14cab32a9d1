/**
 * Replaces what stands between two marks in rrweb's bundle.
 *
 * @param {string} source rrweb's ESM bundle
 * @param {{ name: string, file: string, start: string, end: string, holds: string, by: string }} section
 *   what is cut, the file that does it, both marks (the first goes, the second stays), something that
 *   tells the right section from others, and what takes its place
 * @returns {string} the same bundle without the section
 * @throws when the bundle does not hold the section in the known place
 */
export function replaceSection(source, { name, file, start, end, holds, by }) {
  const [before, section, ...tooMany] = source.split(start);
  const [cut, after, ...tooManyEnds] = (section ?? "").split(end);
  if (after === undefined || tooMany.length || tooManyEnds.length || !cut.includes(holds)) {
    throw new Error(
      `rrweb's ${name} is not in the known place: ` +
        `look at its bundle and mend browser/build/${file} before changing the pinned version`,
    );
  }
  return `${before}${by}\n${end}${after}`;
}
