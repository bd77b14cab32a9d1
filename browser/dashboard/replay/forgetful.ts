/** Local storage that forgets instead of throwing where a browser forbids it. */
export const forgetful = {
  get(key: string): string | null {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },

  set(key: string, value: string): void {
    try {
      localStorage.setItem(key, value);
    } catch {
      // The choice holds until the page is closed.
    }
  },
};
