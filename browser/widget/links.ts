/** The address as a link may lead there: to the web or to a mailbox, and to nothing that runs. */
export function safeUrl(address: string): string | undefined {
  if (address.trim() === "") return undefined;
  try {
    const url = new URL(address, document.baseURI);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the address belongs to the site that is shown. */
export function isOwnSite(address: string): boolean {
  return new URL(address, document.baseURI).origin === location.origin;
}
