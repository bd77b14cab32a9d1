// From session to session, through the list that the viewer came from.

import type { Neighbour, Neighbours } from "../../contracts/neighbours";
import { element } from "../element";
import { forgetful } from "./forgetful";
import type { Playback } from "./playback";
import type { Toast } from "./toast";

const AUTOPLAY_KEY = "hindsight.autoplay-next";

/** So long one can stay where one is before the next session plays. */
const NEXT_AFTER_S = 5;

/** Goes from session to session. */
export interface Beside {
  go(direction: "newer" | "older"): void;
}

/** Makes the links to the sessions beside this one work; both may lead nowhere. */
export function startNeighbours(url: string, toast?: Toast): Beside {
  const known: Partial<Neighbours> = {};
  void load(url).then((neighbours) => {
    if (neighbours === null) return;
    Object.assign(known, neighbours);
    lead("newer-session", "Previous session (K)", neighbours.newer);
    lead("older-session", "Next session (J)", neighbours.older);
    lead("next-session", "Next session", neighbours.older);
  });
  return {
    go(direction) {
      const to = known[direction];
      if (to) location.assign(to.url);
      else
        toast?.(
          direction === "older"
            ? "This is the last session of the list"
            : "This is the first session of the list",
        );
    },
  };
}

/** Plays the next session by itself after this one, if the viewer wants that. */
export function startAutoplay(playback: Playback, beside: Beside): void {
  const autoplay = element<HTMLButtonElement>("autoplay");
  const next = element<HTMLAnchorElement>("next-session");
  const countdown = element("autoplay-words");
  let timer: number | undefined;
  const stop = () => {
    window.clearInterval(timer);
    timer = undefined;
    countdown.textContent = "";
  };
  const start = () => {
    if (timer !== undefined || !next.hasAttribute("href")) return;
    let left = NEXT_AFTER_S;
    const tick = () => {
      countdown.textContent = `The next session plays in ${left} s`;
      if (left === 0) beside.go("older");
      left -= 1;
    };
    tick();
    timer = window.setInterval(tick, 1000);
  };
  const isOn = () => autoplay.getAttribute("aria-checked") === "true";
  autoplay.setAttribute("aria-checked", String(forgetful.get(AUTOPLAY_KEY) === "on"));
  autoplay.addEventListener("click", () => {
    const on = !isOn();
    autoplay.setAttribute("aria-checked", String(on));
    forgetful.set(AUTOPLAY_KEY, on ? "on" : "off");
    if (on) start();
    else stop();
  });
  let wasFinished = false;
  playback.onChange(({ finished }) => {
    if (finished && !wasFinished && isOn()) start();
    if (!finished) stop();
    wasFinished = finished;
  });
  // Whoever does something stays.
  document.addEventListener("pointerdown", ({ target }) => {
    if (!autoplay.contains(target as Node)) stop();
  });
  document.addEventListener("keydown", ({ key, target }) => {
    if (!autoplay.contains(target as Node) || (key !== " " && key !== "Enter")) stop();
  });
}

function lead(id: string, label: string, to: Neighbour | null): void {
  const link = element<HTMLAnchorElement>(id);
  link.hidden = to === null && id === "next-session";
  if (to === null) return;
  link.href = to.url;
  link.removeAttribute("aria-disabled");
  link.title = `${label}: ${to.page}`;
}

async function load(url: string): Promise<Neighbours | null> {
  try {
    const answer = await fetch(url);
    return answer.ok ? ((await answer.json()) as Neighbours) : null;
  } catch {
    return null;
  }
}
