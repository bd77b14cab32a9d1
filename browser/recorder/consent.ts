import { guard } from "./guard";

/** What the visitor said about being recorded. The chat widget keeps it under the same name. */
export class Consent {
  private readonly name: string;
  private here: string | null = null;

  constructor(connection: string) {
    this.name = `hindsight.${connection}.consent`;
  }

  /** "yes", "no", or nothing so far. */
  get said(): string | null {
    return guard(() => localStorage.getItem(this.name))() ?? this.here;
  }

  /** Keeps what was said where the browser allows it. With a no, the visit has no business there any more. */
  decide(given: boolean, visit: string): void {
    this.here = given ? "yes" : "no";
    guard(() => localStorage.setItem(this.name, this.here ?? ""))();
    if (given) return;
    for (const open of [() => localStorage, () => sessionStorage]) guard(() => open().removeItem(visit))();
  }
}
