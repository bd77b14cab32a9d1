export function cssText(): import("esbuild").Plugin;
