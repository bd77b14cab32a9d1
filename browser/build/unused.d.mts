export function cutUnused(source: string): string;
