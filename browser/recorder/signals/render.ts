/**
 * What a page hands to the console or throws, as text. None of the page's code
 * is run for it: no getter, no `toString`, no trap of a proxy. So of objects it
 * is only told that they were there.
 */

/** What is looked at of a text; the rest is cut before anything is searched for in it. */
const MAX_LENGTH = 4000;
const MAX_VALUES = 20;
const MAX_FRAMES = 10;

/** A place in a script, as Chromium and as Firefox and Safari write it. */
const FRAME = /^\s*at .*:\d+|@[^@]*:\d+$/;

/** The arguments of a call of the console, in one line. */
export function render(values: unknown[]): string {
  const texts = values.slice(0, MAX_VALUES).map(renderOne);
  const rest = texts.slice(1);
  const format = (directive: string): string => {
    const text = rest.shift() ?? directive;
    return directive === "%c" ? "" : text;
  };
  const first = typeof values[0] === "string" ? texts[0]?.replace(/%[sdifoOc]/g, format) : texts[0];
  return [first, ...rest].join(" ").slice(0, MAX_LENGTH);
}

/** Where an error came from: places in scripts, and nothing else. */
export function framesOf(error: unknown): string {
  if (!isError(error)) return "";
  // Chromium repeats the message there, which may look like anything.
  const frames = read(error, "stack").replace(read(error, "message"), "");
  return frames
    .split("\n", 200)
    .filter((line) => FRAME.test(line))
    .slice(0, MAX_FRAMES)
    .join("\n");
}

function renderOne(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value.slice(0, MAX_LENGTH);
    case "function":
    case "bigint":
      return typeof value;
    case "object":
      if (value === null) return "null";
      return isError(value) ? `${read(value, "name")}: ${read(value, "message")}` : "{…}";
    default:
      return String(value);
  }
}

function isError(value: unknown): value is Error {
  const { isError } = Error as { isError?: (value: unknown) => boolean };
  return isError ? isError(value) : value instanceof Error;
}

/** What stands in an error, or what the browser says of it; getters of the page's own are left alone. */
function read(error: Error, name: "name" | "message" | "stack"): string {
  for (let holder: object | null = error; holder; holder = Object.getPrototypeOf(holder)) {
    const { value, get } = Object.getOwnPropertyDescriptor(holder, name) ?? {};
    const text: unknown = get && isNative(get) ? get.call(error) : value;
    if (typeof text === "string") return text.slice(0, MAX_LENGTH);
    if (get) return "";
  }
  return "";
}

function isNative(getter: () => unknown): boolean {
  return Function.prototype.toString.call(getter).includes("[native code]");
}
