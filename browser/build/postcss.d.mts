import type { Plugin } from "esbuild";

export function cutPostcss(source: string, keep: "none" | "one"): string;
export function postcssCut(keep: "none" | "one"): Plugin;
