/** What visitors do, and what should be found of it: a labelled set of visits. */

import { setTimeout as pass } from "node:timers/promises";
import type { Page } from "@playwright/test";

export type Kind =
  | "rage click"
  | "dead click"
  | "form errors"
  | "error click"
  | "form abandoned"
  | "slow response"
  | "thrashing"
  | "u turn"
  | "quick back"
  | "excessive scrolling";

/** A visit, what it should come to, and what it might be taken for. */
export interface Deed {
  name: string;
  path: string;
  act: (page: Page) => Promise<void>;
  found?: Kind;
  /** What it must not be taken for. */
  tempts?: Kind;
  /** What is true of it as well, whether it is found or not. */
  also?: Kind[];
}

const rest = (page: Page, ms: number) => page.waitForTimeout(ms);

/**
 * Does things one after the other, each at its time. A hand does not wait for a browser that is slow to take in
 * what it did before, and what is recorded must not depend on how busy the machine is.
 */
async function steadily(between: number, acts: (() => Promise<unknown>)[]): Promise<void> {
  const done: Promise<unknown>[] = [];
  for (const act of acts) {
    if (done.length > 0) await pass(between);
    done.push(act());
  }
  await Promise.all(done);
}

/** Clicks as a hand does it: the browser counts those that follow each other. */
async function clicks(page: Page, selector: string, times: number, between: number): Promise<void> {
  const box = await page.locator(selector).first().boundingBox();
  if (box === null) throw new Error(`${selector} is not there`);
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x - 40, y + 30);
  await page.mouse.move(x, y, { steps: 4 });
  const click = (clickCount: number) => () =>
    Promise.all([page.mouse.down({ clickCount }), page.mouse.up({ clickCount })]);
  await steadily(
    between,
    Array.from({ length: times }, (_, index) => click(index + 1)),
  );
}

/** One click, and time to see what comes of it. */
const once =
  (selector: string, after = 2600) =>
  async (page: Page) => {
    await clicks(page, selector, 1, 0);
    await rest(page, after);
  };

const many =
  (selector: string, times: number, between: number, after = 2600) =>
  async (page: Page) => {
    await clicks(page, selector, times, between);
    await rest(page, after);
  };

function rage(): Deed[] {
  const dead = ["#wish", "#faux", "#nowhere", "#icon", "#picture", "#menu"];
  const ways = [
    [3, 130],
    [5, 120],
    [8, 90],
  ] as const;
  const places = ["/shop", "/spa", "/teas"];
  const found = dead.flatMap((target, index) =>
    ways.map(([times, between], way) => ({
      name: `${times} clicks on ${target}`,
      path: places[(index + way) % places.length] as string,
      act: many(target, times, between),
      found: "rage click" as const,
    })),
  );
  const slow = [4, 6].map((times) => ({
    name: `${times} clicks on a slow button`,
    path: "/shop",
    act: many("#patient", times, 110, 4000),
    found: "rage click" as const,
  }));
  const calm: [string, string, number, number][] = [
    ["stepper", "#plus", 4, 150],
    ["stepper, fast", "#plus", 8, 130],
    ["stepper, slow", "#plus", 5, 240],
    ["carousel", "#next", 4, 200],
    ["carousel, fast", "#next", 7, 140],
    ["folding and unfolding", "#toggle", 4, 220],
    ["a box ticked again and again", "#agree", 4, 180],
    ["arrows of a number", "#amount", 4, 130],
    ["a slider", "#loud", 3, 180],
  ];
  const answered = calm.flatMap(([name, target, times, between]) =>
    ["/shop", "/teas"].map((path) => ({
      name,
      path,
      act: many(target, times, between),
      tempts: "rage click" as const,
    })),
  );
  const marked = [2, 3].map((times) => ({
    name: `${times} clicks to mark text`,
    path: "/article",
    act: many("article p", times, 120),
    tempts: "rage click" as const,
  }));
  const tabs = {
    name: "one tab after the other",
    path: "/shop",
    act: async (page: Page) => {
      for (const tab of [0, 1, 2, 1]) await clicks(page, `[role=tab] >> nth=${tab}`, 1, 0);
      await rest(page, 2600);
    },
    tempts: "rage click" as const,
  };
  return [...found, ...slow, ...answered, ...marked, tabs];
}

function dead(): Deed[] {
  const targets = ["#wish", "#faux", "#nowhere", "#void", "#icon", "#menu", "#shadow"];
  const found = targets.flatMap((target) =>
    ["/shop", "/spa", "/pots"].map((path) => ({
      name: `one click on ${target}`,
      path,
      act: once(target),
      found: "dead click" as const,
    })),
  );
  const lively = [
    "#plus",
    "#later",
    "#toggle",
    "[role=tab] >> nth=1",
    "#agree",
    "#size",
    "#amount",
    "#quick",
  ];
  const quiet = ["#zip", "#export", "#mail", "#section", "#here", "#off", "#window", "#video", "#text"];
  const tempts = "dead click" as const;
  const answered = [
    ...lively.map((target) => ({ name: `one click on ${target}`, path: "/pots", act: once(target), tempts })),
    ...quiet.map((target) => ({ name: `one click on ${target}`, path: "/shop", act: once(target), tempts })),
  ];
  const marks = { name: "a word is marked", path: "/shop", act: many("#text", 2, 120), tempts };
  const copies = { name: "something is copied", path: "/shop", act: once("#copy"), tempts };
  const keys = {
    name: "a button by the keyboard",
    path: "/shop",
    act: async (page: Page) => {
      await page.focus("#plus");
      for (const key of ["Enter", "Space"]) await page.keyboard.press(key);
      await rest(page, 2600);
    },
    tempts,
  };
  const route = { name: "another view", path: "/spa", act: once("[data-route] >> nth=1"), tempts };
  return [...found, ...answered, marks, copies, keys, route];
}

const FIELDS = ["name", "mail", "town"];

async function fill(page: Page, values: string[]): Promise<void> {
  for (const [index, value] of values.entries()) {
    await page.fill(`input[name=${FIELDS[index]}]`, "");
    if (value !== "")
      await page.locator(`input[name=${FIELDS[index]}]`).pressSequentially(value, { delay: 25 });
  }
}

const RIGHT = ["anna", "anna@example.org", "jena"];
// The browser itself only asks that there is something.
const wrongFor = (check: string, attempt: number) =>
  check === "native" ? ["anna", "a".repeat(attempt), ""] : ["anna", "anna@example.org", "1".repeat(attempt)];

function refused(check: string, attempts: number, sent: boolean): Deed["act"] {
  return async (page) => {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      await fill(page, wrongFor(check, attempt));
      await once("#form button", 900)(page);
    }
    if (!sent) return rest(page, 1500);
    await fill(page, RIGHT);
    await once("#form button", 2600)(page);
  };
}

function forms(): Deed[] {
  const checks = ["native", "aria", "alert", "class", "server"];
  const at = (path: string, check: string) => `${path}?check=${check}`;
  return checks.flatMap((check) =>
    ["/form", "/spa"].flatMap((path) => [
      ...[2, 3].map((attempts) => ({
        name: `refused ${attempts} times (${check})`,
        path: at(path, check),
        act: refused(check, attempts, attempts === 3),
        found: "form errors" as const,
        // Who is refused and goes away gives the form up.
        ...(attempts === 2 && { also: ["form abandoned" as const] }),
      })),
      ...[0, 1].map((attempts) => ({
        name: attempts === 0 ? `sent (${check})` : `refused once, then sent (${check})`,
        path: at(path, check),
        act: refused(check, attempts, true),
        tempts: "form errors" as const,
      })),
    ]),
  );
}

const twice = (deeds: Deed[]): Deed[] => [...deeds, ...deeds.map((deed) => ({ ...deed, path: "/teas" }))];

function errors(): Deed[] {
  const of = (target: string) => once(target, 1500);
  const by = (script: string, wait: number) => async (page: Page) => {
    await once("#plus", wait)(page);
    await page.evaluate(script);
    await rest(page, 1200);
  };
  const found = ["#throws", "#logs", "#breaks", "#unreachable"].map((target) => ({
    name: `an error after ${target}`,
    path: "/shop",
    act: of(target),
    found: "error click" as const,
    // Of what goes wrong here the page shows nothing.
    ...(["#throws", "#logs"].includes(target) && { also: ["dead click" as const] }),
  }));
  const tempts = "error click" as const;
  const none = [
    { name: "an error much later", path: "/shop", act: by("console.error('late')", 1600), tempts },
    { name: "a request fails much later", path: "/shop", act: by("void fetch('/api/broken')", 1600), tempts },
    { name: "only a warning", path: "/shop", act: of("#warns"), tempts },
    {
      name: "an error before the click",
      path: "/shop",
      act: async (page: Page) => {
        await page.evaluate("console.error('early')");
        await rest(page, 300);
        await once("#plus")(page);
      },
      tempts,
    },
  ];
  return [...twice(found), ...twice(none)];
}

const go = (target: string, after: number) => async (page: Page) => {
  await page.locator(target).first().click();
  await rest(page, after);
};
const place = (number: number) => `[data-place] >> nth=${number}`;
const route = (number: number) => `[data-route] >> nth=${number}`;

/** Whether a page is left at once for the one before it. */
const turnsBack = (way: number[]) => way.some((at, index) => index > 1 && at === way[index - 2]);

async function inTurn(page: Page, ...acts: ((page: Page) => Promise<void>)[]): Promise<void> {
  for (const act of acts) await act(page);
}

function ways(): Deed[] {
  const numbers = [1, 2, 3];
  const kinds = [
    ["/shop", place],
    ["/spa", route],
  ] as const;
  const uTurn = "u turn" as const;
  const turns = kinds.flatMap(([path, to]) =>
    [...numbers, 1].map((n, index) => ({
      name: `back and forth (${n})`,
      path,
      act: (page: Page) => inTurn(page, ...[n, 0, n, 0].map((at) => go(to(at), index === 3 ? 2500 : 900))),
      found: uTurn,
      // Each turn leaves a page at once for the one before.
      also: ["quick back" as const],
    })),
  );
  const straight = kinds.flatMap(([path, to]) =>
    [
      [1, 2, 3, 0],
      [1, 0, 2],
      [2, 3, 1],
      [3, 1, 0, 2],
    ].map((way) => ({
      name: `a way (${way})`,
      path,
      act: (page: Page) => inTurn(page, ...way.map((at) => go(to(at), 900))),
      tempts: uTurn,
      ...(turnsBack([0, ...way]) && { also: ["quick back" as const] }),
    })),
  );
  const back = async (page: Page) => {
    await page.goBack();
    await rest(page, 1200);
  };
  const quick = kinds.flatMap(([path, to]) =>
    [600, 1200, 2200, 3600].map((stay, index) => ({
      name: `back after ${stay} ms`,
      path,
      act: (page: Page) => inTurn(page, go(to(numbers[index % 3] as number), stay), back),
      found: "quick back" as const,
    })),
  );
  const stayed = kinds.flatMap(([path, to]) =>
    [6000, 6500, 7000, 8000].map((stay, index) => ({
      name: `back after ${stay} ms`,
      path,
      act: (page: Page) => inTurn(page, go(to(numbers[index % 3] as number), stay), back),
      tempts: "quick back" as const,
    })),
  );
  return [...turns, ...straight, ...quick, ...stayed];
}

function given(): Deed[] {
  const half = (values: string[]) => async (page: Page) => {
    await fill(page, values);
    await rest(page, 2600);
  };
  const paths = ["/form", "/spa", "/form?check=aria", "/form?check=native"];
  const found = paths.flatMap((path) =>
    [RIGHT.slice(0, 2), RIGHT].map((values) => ({
      name: `${values.length} fields and away`,
      path,
      act: half(values),
      found: "form abandoned" as const,
    })),
  );
  const tempts = "form abandoned" as const;
  const search = async (page: Page) => {
    await page.locator("input[type=search]").pressSequentially("teapot", { delay: 25 });
    await rest(page, 2600);
  };
  const byEnter = async (page: Page) => {
    await fill(page, RIGHT);
    await page.keyboard.press("Enter");
    await rest(page, 2600);
  };
  const none = paths.slice(0, 2).flatMap((path) => [
    { name: "one field only", path, act: half(["anna"]), tempts },
    { name: "a search", path, act: search, tempts },
    { name: "sent with the enter key", path, act: byEnter, tempts },
    { name: "sent", path, act: refused("", 0, true), tempts },
  ]);
  return [...found, ...none];
}

function slowness(): Deed[] {
  const found = "slow response" as const;
  const load = (from: string) => ({
    name: "a page that loads slowly",
    path: from,
    act: async (page: Page) => {
      await page.locator(place(4)).click({ noWaitAfter: true });
      await page.waitForURL("**/slow", { timeout: 20_000 });
      await rest(page, 1500);
    },
    found,
  });
  const request = (path: string) => ({ name: "a slow request", path, act: once("#waits", 5200), found });
  const background = async (page: Page) => {
    await page.evaluate("void fetch('/api/slow')");
    await rest(page, 5200);
  };
  const paths = ["/shop", "/teas", "/pots", "/about"];
  return [
    ...paths.flatMap((path) => [load(path), request(path)]),
    ...paths.flatMap((path) => [
      { name: "a quick request", path, act: once("#quick"), tempts: found },
      { name: "a slow request that nobody asked for", path, act: background, tempts: found },
    ]),
  ];
}

function moves(): Deed[] {
  const shake = (turns: number, width: number, step: number, dy: number) => async (page: Page) => {
    await page.mouse.move(400, 300);
    const turn = (index: number) => () => {
      const part = index % 2 === 0 ? 1 : -1;
      return page.mouse.move(400 + part * width, 300 + part * dy);
    };
    await steadily(
      step,
      Array.from({ length: turns }, (_, index) => turn(index)),
    );
    await rest(page, 1200);
  };
  const wide = [120, 160, 220, 300];
  const shaken = wide.flatMap((width) =>
    [0, 60].map((dy) => ({
      name: `the cursor is shaken (${width}, ${dy})`,
      path: "/article",
      act: shake(24, width, 120, dy),
      found: "thrashing" as const,
    })),
  );
  const calm = [
    ...[3, 4].map((turns) => shake(turns, 200, 120, 0)),
    ...[900, 1100].map((step) => shake(8, 200, step, 0)),
    ...[8, 14].map((turns) => shake(turns, 20, 120, 0)),
    ...[60, 160].map((radius) => async (page: Page) => {
      for (let step = 0; step < 40; step += 1) {
        const angle = (step / 40) * 4 * Math.PI;
        await page.mouse.move(500 + radius * Math.cos(angle), 350 + radius * Math.sin(angle));
        await rest(page, 50);
      }
    }),
  ].map((act, index) => ({
    name: `the cursor moves (${index})`,
    path: "/article",
    act,
    tempts: "thrashing" as const,
  }));
  const scroll = (steps: number[], wait: number) => async (page: Page) => {
    await page.mouse.move(400, 300);
    for (const step of steps) {
      await page.mouse.wheel(0, step);
      await rest(page, wait);
    }
    await rest(page, 1200);
  };
  const upAndDown = (turns: number, by: number) =>
    Array.from({ length: turns }, (_, turn) => (turn % 2 === 0 ? by : -by));
  const searched = [1500, 1800, 2200, 2600].flatMap((by) =>
    [9, 11].map((turns) => ({
      name: `up and down by ${by}`,
      path: "/article",
      act: scroll(upAndDown(turns, by), 900),
      found: "excessive scrolling" as const,
    })),
  );
  const read = [
    scroll(Array(8).fill(700), 600),
    scroll(Array(6).fill(1500), 600),
    scroll(upAndDown(3, 2000), 900),
    scroll(upAndDown(4, 1800), 900),
    scroll(upAndDown(10, 200), 500),
    scroll(upAndDown(8, 300), 500),
    scroll([3000, -3000], 900),
    scroll([...Array(5).fill(900), -4500], 700),
  ].map((act, index) => ({
    name: `reading (${index})`,
    path: "/article",
    act,
    tempts: "excessive scrolling" as const,
  }));
  return [...shaken, ...calm, ...searched, ...read];
}

/** All of them. */
export const DEEDS: Deed[] = [
  ...rage(),
  ...dead(),
  ...forms(),
  ...errors(),
  ...ways(),
  ...given(),
  ...slowness(),
  ...moves(),
];
