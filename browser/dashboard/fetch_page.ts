/**
 * Fetches a page of ours as a document whose parts can be moved into this one.
 * Answers null when the server cannot be reached.
 *
 * This is XMLHttpRequest because it parses while it loads: the pages' policy
 * (`trusted-types 'none'`) leaves no other way from text to elements.
 */
export function fetchPage(url: string): Promise<Document | null> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("GET", url);
    request.responseType = "document";
    request.onload = () => resolve(request.status === 200 ? request.responseXML : null);
    request.onerror = () => resolve(null);
    request.send();
  });
}
