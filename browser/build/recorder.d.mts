import type { Plugin } from "esbuild";

export function recorderCut(): Plugin;
