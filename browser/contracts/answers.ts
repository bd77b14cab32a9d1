/**
 * Asking the connection's assistant: `POST {ingest path}/{write key}/ask`.
 *
 * The body is an {@link Ask} as JSON, sent as `text/plain`: a simple CORS request.
 * The answer is a line of JSON for each {@link Piece} (`application/x-ndjson`), as it
 * comes; the last one is `done` or `failed`. What is refused before is problem+json.
 */
export interface Ask {
  /** The ids that the recording knows them by. `session` is "" while nothing is recorded. */
  session: string;
  conversation: string;
  prompt: string;
  text: string;
  /** Where the visitor is, without query and fragment. */
  page: string;
  /** What was said before, oldest first; at most 20. */
  history: { from: "visitor" | "assistant"; text: string }[];
}

export type Piece =
  /** More of the answer: plain text with the Markdown of links, lists, emphasis and code. */
  | { type: "text"; text: string }
  | {
      type: "done";
      /** false: nothing fitting was found. */
      answered: boolean;
      sources: { title: string; url: string }[];
    }
  /** The assistant could not be asked, in words for the visitor. */
  | { type: "failed"; text: string };
