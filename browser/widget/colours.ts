/** Colours that can be read, whatever accent a site chooses. */

type Rgb = [red: number, green: number, blue: number];

/** What WCAG asks for between text and what is behind it. */
const READABLE = 4.5;
const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];
const SURFACES = { light: [255, 255, 255], dark: [30, 29, 27] } satisfies Record<string, Rgb>;
const ACCENTS = { light: "#b8460e", dark: "#ff9456" };

export type Theme = "light" | "dark";

/** The accent, text that stands on it, and the accent as text on the panel. */
export function paletteFor(wanted: string, theme: Theme): Record<string, string> {
  const accent = parse(wanted) ?? parse(ACCENTS[theme]) ?? BLACK;
  const surface = SURFACES[theme];
  const onAccent = contrast(WHITE, accent) >= READABLE ? WHITE : readable(accent, BLACK, WHITE);
  return {
    "--accent": css(accent),
    "--on-accent": css(onAccent),
    "--accent-ink": css(towards(theme === "light" ? BLACK : WHITE, accent, surface)),
  };
}

/** Light or dark, as the page is: what it shows counts, not what the system would like. */
export function pageTheme(): Theme {
  for (const element of [document.body, document.documentElement]) {
    const background = element && parse(getComputedStyle(element).backgroundColor);
    if (background) return luminance(background) < 0.2 ? "dark" : "light";
  }
  const scheme = getComputedStyle(document.documentElement).colorScheme;
  if (!scheme.includes("dark")) return "light";
  const prefersDark = matchMedia("(prefers-color-scheme: dark)").matches;
  return !scheme.includes("light") || prefersDark ? "dark" : "light";
}

/** Calls when the page may have become light or dark. */
export function watchPageTheme(changed: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  const watch = new MutationObserver(changed);
  const attributeFilter = ["class", "style", "data-theme", "data-mode", "data-bs-theme", "data-color-scheme"];
  for (const element of [document.documentElement, document.body]) {
    if (element) watch.observe(element, { attributes: true, attributeFilter });
  }
}

/** Mixes the colour with black or white until it can be read. */
function towards(goal: Rgb, colour: Rgb, surface: Rgb): Rgb {
  for (let share = 0; share < 1; share += 0.1) {
    const mixed = colour.map((part, index) => part + ((goal[index] ?? 0) - part) * share) as Rgb;
    if (contrast(mixed, surface) >= READABLE) return mixed;
  }
  return goal;
}

function readable(behind: Rgb, one: Rgb, other: Rgb): Rgb {
  return contrast(one, behind) >= contrast(other, behind) ? one : other;
}

function contrast(one: Rgb, other: Rgb): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: Rgb): number {
  const [red = 0, green = 0, blue = 0] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Any CSS colour as numbers; nothing for one that is not there, or can be seen through. */
function parse(colour: string): Rgb | undefined {
  if (!CSS.supports("color", colour)) return undefined;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const pen = canvas.getContext("2d");
  if (!pen) return undefined;
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0, alpha = 0] = pen.getImageData(0, 0, 1, 1).data;
  return alpha < 200 ? undefined : [red, green, blue];
}

function css(colour: Rgb): string {
  return `rgb(${colour.map(Math.round).join(" ")})`;
}
