// Somebody in front of a browser: the hand takes a curved way, the eye needs
// time, the wheel is turned before what is out of sight can be clicked.

/** Milliseconds between two moves of the mouse. */
const TICK = 16;
/** Pixels that one notch of the wheel scrolls. */
const NOTCH = 100;
const MOST_NOTCHES = 60;

export class Visitor {
  #at = { x: 640, y: 300 };
  #random;

  /**
   * @param {import("@playwright/test").Page} page
   * @param {number} seed makes this visitor's hesitations, always the same ones
   */
  constructor(page, seed) {
    this.page = page;
    this.#random = generator(seed);
  }

  button = (name) => this.page.getByRole("button", { name, exact: typeof name === "string" });
  link = (name) => this.page.getByRole("link", { name });
  field = (label) => this.page.getByLabel(label, { exact: true });
  text = (text) => this.page.getByText(text, { exact: true });

  /** Waits about that long. */
  async pause(milliseconds) {
    await this.page.waitForTimeout(milliseconds * this.#between(0.8, 1.25));
  }

  /** Moves the pointer onto something, scrolling to it first. */
  async point(target) {
    await this.#scrollTo(target);
    const box = await target.boundingBox();
    const reach = (start, length) => start + length * this.#between(0.35, 0.65);
    await this.#moveTo({ x: reach(box.x, box.width), y: reach(box.y, box.height) });
  }

  async click(target) {
    await this.point(target);
    await this.pause(180);
    await this.page.mouse.down();
    await this.pause(70);
    await this.page.mouse.up();
    await this.pause(500);
  }

  /** Clicks the same spot again and again, faster than anything could answer. */
  async rage(target, times) {
    await this.point(target);
    for (let click = 0; click < times; click += 1) {
      await this.page.mouse.click(this.#at.x, this.#at.y, { delay: 40 });
      await this.pause(110);
    }
  }

  /** Types into a field, replacing what it holds. */
  async type(target, text) {
    await this.click(target);
    await target.selectText();
    for (const letter of text) {
      await this.page.keyboard.type(letter);
      await this.pause(letter === " " ? 130 : 75);
    }
    await this.pause(250);
  }

  async choose(target, option) {
    await this.point(target);
    await this.pause(600);
    await target.selectOption(option);
    await this.pause(400);
  }

  /** Turns the wheel that many pixels; up when negative. */
  async scroll(pixels) {
    for (let notch = 0; notch < Math.abs(pixels) / NOTCH; notch += 1) {
      await this.page.mouse.wheel(0, Math.sign(pixels) * NOTCH);
      await this.pause(65);
    }
    await this.pause(300);
  }

  /** The page goes away as it does for people, and its last events leave with it. */
  async leave() {
    await this.page.goto("about:blank");
    await this.page.waitForTimeout(1500);
  }

  async #scrollTo(target) {
    await target.waitFor();
    const { height } = this.page.viewportSize();
    for (let notch = 0; notch < MOST_NOTCHES; notch += 1) {
      const box = await target.boundingBox();
      const middle = box.y + Math.min(box.height, height) / 2;
      if (middle > height * 0.12 && middle < height * 0.88) return;
      await this.page.mouse.wheel(0, middle < height / 2 ? -NOTCH : NOTCH);
      await this.pause(65);
    }
  }

  /** Along a slightly bent line, slow at both ends. */
  async #moveTo(goal) {
    const from = this.#at;
    const distance = Math.hypot(goal.x - from.x, goal.y - from.y);
    const bend = {
      x: (from.y - goal.y) * this.#between(-0.2, 0.2),
      y: (goal.x - from.x) * this.#between(-0.2, 0.2),
    };
    const steps = Math.max(6, Math.round(distance / 22));
    for (let step = 1; step <= steps; step += 1) {
      const way = (1 - Math.cos((Math.PI * step) / steps)) / 2;
      const off = Math.sin(Math.PI * way);
      const x = from.x + (goal.x - from.x) * way + bend.x * off;
      const y = from.y + (goal.y - from.y) * way + bend.y * off;
      await this.page.mouse.move(x, y);
      await this.page.waitForTimeout(TICK);
    }
    this.#at = goal;
  }

  #between(least, most) {
    return least + (most - least) * this.#random();
  }
}

/** Somebody with a phone: a thumb instead of a pointer. */
export class PhoneVisitor extends Visitor {
  async click(target) {
    await target.scrollIntoViewIfNeeded();
    await this.pause(250);
    await target.tap();
    await this.pause(700);
  }

  /** Swipes, as long as the screen is. */
  async scroll(pixels) {
    const { width, height } = this.page.viewportSize();
    const devtools = await this.page.context().newCDPSession(this.page);
    await devtools.send("Input.synthesizeScrollGesture", {
      x: width * 0.6,
      y: height * (pixels > 0 ? 0.75 : 0.3),
      yDistance: -pixels,
      speed: 900,
      gestureSourceType: "touch",
    });
    await devtools.detach();
    await this.pause(600);
  }
}

/** Numbers from 0 to 1 that are the same for the same seed (a linear congruential generator). */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
