export function cutCanvas(source: string): string;
