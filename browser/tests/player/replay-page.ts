/** The page that embeds the stage, as a test drives it. */

import { expect, type FrameLocator, type Page } from "@playwright/test";
import type { FromStage, ToStage } from "../../contracts/replay";
import { type HostedSession, hostStage, type StageHost } from "../support/stage-host";

type Said<T extends FromStage["type"]> = Extract<FromStage, { type: T }>;
type Load = Extract<ToStage, { type: "load" }>;

export class ReplayPage {
  private constructor(
    private readonly page: Page,
    readonly host: StageHost,
  ) {}

  /** Opens the stage with this session on it; paused at its start unless `load` says something else. */
  static async open(page: Page, session: HostedSession, load: Partial<Load> = {}): Promise<ReplayPage> {
    const replay = await ReplayPage.bare(page, session);
    await replay.load(load);
    return replay;
  }

  /** Opens the stage without asking it for anything. */
  static async bare(page: Page, session: HostedSession): Promise<ReplayPage> {
    const replay = new ReplayPage(page, await hostStage(session));
    await page.goto(replay.host.url);
    await expect.poll(() => replay.said("ready")).toHaveLength(1);
    return replay;
  }

  /** The recorded page, as the viewer sees it. */
  get recorded(): FrameLocator {
    return this.page.frameLocator("iframe").frameLocator(".screen:not([hidden]) iframe");
  }

  async load(load: Partial<Load> = {}): Promise<void> {
    const quiet = { at_ms: 0, autoplay: false, speed: 1, skip_idle: false };
    await this.tell({ type: "load", manifest_url: "/manifest.json", ...quiet, ...load });
    await expect.poll(async () => (await this.said("state")).length).toBeGreaterThan(0);
  }

  async tell(message: unknown): Promise<void> {
    await this.page.evaluate((told) => (window as unknown as { tell(m: unknown): void }).tell(told), message);
  }

  async said<T extends FromStage["type"]>(type: T): Promise<Said<T>[]> {
    const said = await this.page.evaluate("said");
    return (said as FromStage[]).filter((message): message is Said<T> => message.type === type);
  }

  async state(): Promise<Said<"state">> {
    const last = (await this.said("state")).at(-1);
    if (!last) throw new Error("the stage has not said its state");
    return last;
  }

  async notices(): Promise<string[]> {
    return (await this.said("notice")).map(({ kind }) => kind);
  }

  /** Moves the head and waits until the stage shows that place. */
  async seek(at_ms: number): Promise<void> {
    await this.tell({ type: "seek", at_ms });
    await expect.poll(async () => this.isAt(at_ms)).toBe(true);
  }

  async finish(timeout = 10_000): Promise<void> {
    await expect.poll(async () => (await this.state()).finished, { timeout }).toBe(true);
  }

  async stop(): Promise<void> {
    await this.host.stop();
  }

  private async isAt(at_ms: number): Promise<boolean> {
    const state = await this.state();
    return !state.buffering && Math.abs(state.at_ms - at_ms) <= 1;
  }
}
