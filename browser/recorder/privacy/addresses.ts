/**
 * Secrets in addresses. A form that is sent by GET puts what is in its fields
 * into the next page's address, where nothing says any more what they were. So
 * the names of the secret ones are remembered for this tab.
 */

import { guard } from "../guard";
import { listen } from "../listen";
import { Exposures, SECRET } from "./exposure";
import type { Rules } from "./rules";
import { concealSecret, SECRET_NAME } from "./secrets";

const SHELF = "hindsight.secret-fields";
const PARAMETER = /([?&;#])([^=?&;#]+)=([^&;#]*)/g;

const remembered = new Set<string>(guard(read)() ?? []);

/** The URL without the secrets that parameters hold. */
export function withoutSecrets(url: string): string {
  return url.replace(PARAMETER, (parameter: string, mark: string, name: string, value: string) =>
    isSecret(name) ? `${mark}${name}=${concealSecret(value)}` : parameter,
  );
}

/** Remembers the secret fields of forms that are sent by GET, until the returned function is called. */
export function watchForms(rules: Rules): () => void {
  return listen(
    document,
    ["submit"],
    guard(({ target }) => {
      if (target instanceof HTMLFormElement && target.method === "get") remember(target, rules);
    }),
  );
}

function remember(form: HTMLFormElement, rules: Rules): void {
  const exposures = new Exposures(rules);
  for (const field of form.elements) {
    const name = field.getAttribute("name");
    if (name && exposures.of(field) >= SECRET) remembered.add(name);
  }
  sessionStorage.setItem(SHELF, JSON.stringify([...remembered]));
}

function read(): string[] {
  const names: unknown = JSON.parse(sessionStorage.getItem(SHELF) ?? "[]");
  return Array.isArray(names) ? names.map(String) : [];
}

function isSecret(parameter: string): boolean {
  if (SECRET_NAME.test(parameter)) return true;
  const name = guard(decodeURIComponent)(parameter.replace(/\+/g, " "));
  return name !== undefined && remembered.has(name);
}
