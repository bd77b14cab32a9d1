import { readFile } from "node:fs/promises";

/** An esbuild plugin: a script that imports a stylesheet gets its text, made small. */
export function cssText() {
  return {
    name: "css-text",
    setup({ onLoad, esbuild }) {
      onLoad({ filter: /\.css$/ }, async ({ path }) => {
        const { code } = await esbuild.transform(await readFile(path, "utf8"), {
          loader: "css",
          minify: true,
          target: "es2020",
        });
        return { contents: code.trim(), loader: "text" };
      });
    },
  };
}
