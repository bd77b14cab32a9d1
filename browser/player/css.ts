/**
 * Recorded CSS without what a browser would fetch.
 *
 * Walks the text by the tokens of CSS Syntax, since names may be written with
 * escapes (`u\72l(`), and leaves every other character as it is. An address
 * stays if it is in the recording itself (`data:`) or in the document (`#id`).
 * Each text ends what it begins: styles may be pieced together from several.
 */

/** Takes the place of an address, and is one that shows nothing. */
const NOTHING = "data:,";

/** Functions whose argument is an address, quoted or not. */
const URL_FUNCTIONS = new Set(["url", "src"]);

/** Functions in which a plain text is an address. */
const IMAGE_FUNCTIONS = new Set([
  "image-set",
  "-webkit-image-set",
  "image",
  "cross-fade",
  "-webkit-cross-fade",
]);

/** What may stand in those; anything else, such as `var()`, could bring an address along. */
const WITHIN_IMAGES =
  /^(?:type|calc|rgba?|hsla?|(?:-webkit-)?(?:repeating-)?(?:linear|radial|conic)-gradient)$/;

/** Texts in which none of this stands have nothing to take out. */
const SUSPECT = /(?:url|src|image-set|image|fade)\(|@import|\\/i;

const NAME = /(?:[\w-]|[\u0080-\uffff]|\\(?:[0-9a-f]{1,6}(?:\r\n|\s)?|[^\n\r\f0-9a-f]))+/iy;
const STRING = /(["'])((?:(?!\1)[^\\\n\r\f]|\\(?:\r\n|[\s\S]))*)(\1?)/y;
const COMMENT = /\/\*[\s\S]*?(?:\*\/|$)/y;
/** Up to where an address that is not quoted ends. */
const ADDRESS = /((?:[^)\\]|\\[\s\S])*)(?:\)|\\?$)/y;
const SPACE = /[ \t\n\r\f]*/y;
const OTHERS = /[^\w"'/@()\\\u0080-\uffff-]+/y;
const ESCAPE = /\\(?:([0-9a-f]{1,6})(?:\r\n|\s)?|(\r\n|[\s\S]))/gi;
const HARMLESS = /^(?:#.|data:)/i;

/** The text without addresses of anything outside; it may be a stylesheet, some rules or a value. */
export function harmlessCss(css: string): string {
  return SUSPECT.test(css) ? new Walk(css).run() : css;
}

/**
 * A piece of a style that stands among others: nothing that one begins goes on
 * in the next, and rrweb finds nothing between them that it would mend.
 */
export function harmlessPiece(css: string): string {
  return css === "" ? css : `\n${new Walk(css).run()}\n`;
}

class Walk {
  private at = 0;
  private out = "";
  /** The functions and brackets that are open, by name; "" for a bracket. */
  private readonly open: string[] = [];

  constructor(private readonly css: string) {}

  run(): string {
    while (this.at < this.css.length) this.step();
    // Within these, a text that follows would be an address.
    const image = this.open.findIndex((name) => IMAGE_FUNCTIONS.has(name));
    return image < 0 ? this.out : this.out + ")".repeat(this.open.length - image);
  }

  private step(): void {
    const char = this.css.charAt(this.at);
    const others = this.take(OTHERS);
    if (others) this.out += others[0];
    else if (char === '"' || char === "'") this.string();
    else if (char === "/" && this.css.charAt(this.at + 1) === "*") this.comment();
    else if (char === "@") this.atRule();
    else if (char === "(" || char === ")" || char === "/") this.sign(char);
    else this.name();
  }

  private sign(char: string): void {
    if (char === "(") this.open.push("");
    if (char === ")") this.open.pop();
    this.out += char;
    this.at += 1;
  }

  private comment(): void {
    const [comment] = this.take(COMMENT) ?? [""];
    this.out += comment.length >= 4 && comment.endsWith("*/") ? comment : "/**/";
  }

  private string(): void {
    const [text, , content = ""] = this.take(STRING) ?? [""];
    const isAddress = IMAGE_FUNCTIONS.has(this.open.at(-1) ?? "");
    this.out += isAddress && !isHarmless(content) ? `"${NOTHING}"` : text;
  }

  /** An `@import`, however it is spelled, becomes a rule that nobody knows. */
  private atRule(): void {
    this.at += 1;
    const [name] = this.take(NAME) ?? [""];
    this.out += unescaped(name) === "import" ? "@not-imported" : `@${name}`;
  }

  private name(): void {
    const [written] = this.take(NAME) ?? [""];
    // A backslash that escapes nothing would do so to what follows this text.
    if (written === "") this.at += 1;
    else if (this.css.charAt(this.at) === "(") this.functionOf(written);
    else this.out += written;
  }

  private functionOf(written: string): void {
    this.at += 1;
    const name = unescaped(written);
    if (URL_FUNCTIONS.has(name)) {
      this.out += this.address();
      return;
    }
    const isWithinImage = IMAGE_FUNCTIONS.has(this.open.at(-1) ?? "");
    const mayStand = !isWithinImage || IMAGE_FUNCTIONS.has(name) || WITHIN_IMAGES.test(name);
    this.out += mayStand ? `${written}(` : "not-shown(";
    this.open.push(name);
  }

  /** What follows `url(`, as far as it closes. */
  private address(): string {
    const [space = ""] = this.take(SPACE) ?? [];
    const [quoted, , content, end] = this.take(STRING) ?? [""];
    const [rest = "", bare = ""] = this.take(ADDRESS) ?? [];
    const isWhole = rest.endsWith(")") && (quoted === "" || (end !== "" && bare.trim() === ""));
    return isWhole && isHarmless(content ?? bare) ? `url(${space}${quoted}${rest}` : `url("${NOTHING}")`;
  }

  private take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const taken = pattern.exec(this.css);
    if (taken) this.at += taken[0].length;
    return taken;
  }
}

function isHarmless(written: string): boolean {
  return HARMLESS.test(unescaped(written).trim());
}

/** A name or an address as the browser reads it, in lower case. */
function unescaped(written: string): string {
  const text = written.replace(ESCAPE, (_, code?: string, char = "") =>
    code === undefined ? char.replace(/^[\n\r\f]+$/, "") : fromCode(Number.parseInt(code, 16)),
  );
  return text.toLowerCase();
}

function fromCode(code: number): string {
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
}
