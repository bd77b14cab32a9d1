/** What of our own names esbuild may shorten; fails where rrweb has one of them too. */
export function privates(rrweb: string): RegExp;
