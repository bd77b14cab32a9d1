/** esbuild's options that shorten our own names; fails where rrweb has one of them too. */
export function privates(rrweb: string): { mangleProps: RegExp; mangleCache: Record<string, string | false> };
