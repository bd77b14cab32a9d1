import { guard } from "../guard";
import { listen } from "../listen";
import { wrap } from "../wrap";

const MAX_METHOD = 20;
const MAX_URL = 2000;

/** A request that the page made, once it has been answered or has failed. */
export interface PageRequest {
  method: string;
  /** Without what carries values: query, fragment, user and password. */
  url: string;
  /** 0 when no answer came. */
  status: number;
  /** Milliseconds until the answer began (`fetch`) or was there (`XMLHttpRequest`). */
  took: number;
}

/** Tells how a request ended. */
type Ended = (status: number) => void;
type Begin = (method: unknown, url: unknown) => Ended | undefined;

/** Reports the page's requests, but for those it aborts itself, until the returned function is called. */
export function watchRequests(report: (request: PageRequest) => void): () => void {
  const begin: Begin = (method, url) => {
    const address = addressOf(url);
    const startedAt = performance.now();
    return address === undefined
      ? undefined
      : guard((status) => {
          const took = Math.round(performance.now() - startedAt);
          report({ method: String(method).slice(0, MAX_METHOD).toUpperCase(), url: address, status, took });
        });
  };
  const stops = [guard(watchFetch)(begin), guard(watchXhr)(begin)];
  return () => {
    for (const stop of stops) stop?.();
  };
}

function watchFetch(begin: Begin): () => void {
  const started = guard((input: unknown, init?: RequestInit) => {
    const request = input instanceof Request ? input : undefined;
    const ended = begin(init?.method ?? request?.method ?? "GET", request?.url ?? input);
    const signal = init?.signal ?? request?.signal;
    return {
      // An answer that the page may not look into says nothing about itself.
      answered: guard((response: Response) => response.status && ended?.(response.status)),
      failed: guard((error: unknown) => (!signal?.aborted || isTimeout(error)) && ended?.(0)),
    };
  });
  return wrap(window, "fetch", ({ args, run }) => {
    const request = started(args[0], args[1] as RequestInit | undefined);
    const answer = run();
    if (!request || !(answer instanceof Promise)) return answer;
    // The page gets a promise of its own: the one we listen to counts as
    // handled, and a failure that nobody handles would go unheard.
    return answer.then(
      (response) => {
        request.answered(response);
        return response;
      },
      (error) => {
        request.failed(error);
        throw error;
      },
    );
  });
}

function watchXhr(begin: Begin): () => void {
  const opened = new WeakMap<XMLHttpRequest, [method: unknown, url: unknown]>();
  const remember = guard((xhr: XMLHttpRequest, [method, url]: unknown[]) => opened.set(xhr, [method, url]));
  const stopOpen = wrap(XMLHttpRequest.prototype, "open", ({ self, args, run }) => {
    const answer = run();
    remember(self as XMLHttpRequest, args);
    return answer;
  });
  const sent = guard((xhr: XMLHttpRequest) => {
    const request = opened.get(xhr);
    if (!request) return;
    opened.delete(xhr);
    const ended = begin(...request);
    const stop = listen(xhr, ["load", "error", "timeout", "abort"], ({ type }) => {
      stop();
      if (type !== "abort") ended?.(xhr.status);
    });
  });
  const stopSend = wrap(XMLHttpRequest.prototype, "send", ({ self, run }) => {
    sent(self as XMLHttpRequest);
    return run();
  });
  return () => {
    stopOpen();
    stopSend();
  };
}

/** Time that ran out is the server's fault; everything else that aborts a request is the page's will. */
function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}

/** Where a request goes, if it leaves the page at all. */
function addressOf(url: unknown): string | undefined {
  const { protocol, origin, pathname } = new URL(String(url), document.baseURI);
  return /^https?:/.test(protocol) ? (origin + pathname).slice(0, MAX_URL) : undefined;
}
