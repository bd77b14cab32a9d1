/** Who is signed in, for as long as the tab is open. */

const KEY = "pipkin.account";

export function email(): string | undefined {
  return sessionStorage.getItem(KEY) ?? undefined;
}

export function signIn(address: string): void {
  sessionStorage.setItem(KEY, address);
}

export function signOut(): void {
  sessionStorage.removeItem(KEY);
}
