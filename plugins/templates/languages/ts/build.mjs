// Makes a component of the bundle. Requests are left out, since plugins have none; output,
// clock and random numbers stay in: the server makes them harmless, and without output the
// text of an error would be lost.
import { writeFile } from "node:fs/promises";
import { componentize } from "@bytecodealliance/componentize-js";

const { component } = await componentize({
  sourcePath: "build/component.js",
  witPath: "wit",
  worldName: "my-kind-plugin",
  disableFeatures: ["http", "fetch-event"],
});
await writeFile("plugin.wasm", component);
console.log(`plugin.wasm: ${(component.length / 1e6).toFixed(1)} MB`);
