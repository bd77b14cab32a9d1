import type { Settings } from "../settings";

/** What the presets and the single options come to. Selectors may be "". */
export interface Rules {
  /** Elements of which only the size is recorded. */
  block: string;
  /** Elements of which the shape is recorded, and nothing of the content. */
  ignore: string;
  /** Elements whose text is replaced by asterisks. */
  mask: string;
  /** All text, and whatever else describes content, is treated as if it matched `mask`. */
  maskEverything: boolean;
  /** What is typed or chosen in fields is replaced by asterisks. */
  maskInputs: boolean;
  /** Text that looks like personal data is replaced by asterisks. */
  maskPersonal: boolean;
}

const MEDIA = "img,picture,svg,video,audio,canvas,object,embed,iframe";
const EDITABLE = "[contenteditable]:not([contenteditable='false'])";

export function rulesFor(settings: Settings): Rules {
  const strict = settings.privacy === "strict";
  const open = settings.privacy === "open";
  return {
    block: list(".rr-block", strict && MEDIA, settings.blockSelector),
    ignore: list(".rr-ignore", settings.ignoreSelector),
    mask: list(".rr-mask", !open && EDITABLE, settings.maskTextSelector),
    maskEverything: strict,
    maskInputs: !open || settings.maskAllInputs,
    maskPersonal: !open,
  };
}

/**
 * Joins selectors. The page's own comes last: an open bracket in it must not swallow ours.
 *
 * @throws if one is malformed. Recording must not start then: it would show what was meant to be hidden.
 */
function list(...selectors: (string | false)[]): string {
  const joined = selectors.filter(Boolean).join(",");
  document.createDocumentFragment().querySelector(joined);
  return joined;
}
