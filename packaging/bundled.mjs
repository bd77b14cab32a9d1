// Reads npm's list of packages (CycloneDX) and writes that of what is bundled: without the bundler, and
// without what says when and in which run the list was made.
import { readFileSync } from "node:fs";

const list = JSON.parse(readFileSync(0, "utf8"));
const isBundled = (reference) => !/^(@esbuild\/|esbuild@)/.test(reference);

delete list.serialNumber;
list.metadata.timestamp = new Date(Number(process.env.SOURCE_DATE_EPOCH) * 1000).toISOString();
list.components = list.components.filter((component) => isBundled(component["bom-ref"]));
list.dependencies = list.dependencies
  .filter(({ ref }) => isBundled(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter(isBundled) }));
process.stdout.write(`${JSON.stringify(list, null, 2)}\n`);
