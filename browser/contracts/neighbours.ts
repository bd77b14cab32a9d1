/**
 * `GET .../neighbours.json`: the sessions beside one in a list that runs from newest to
 * oldest. The query is the list's own, and says what it is narrowed to.
 */
export interface Neighbours {
  newer: Neighbour | null;
  older: Neighbour | null;
}

export interface Neighbour {
  /** Its replay, which knows the same list. */
  url: string;
  /** Its landing page. */
  page: string;
  /** ISO 8601. */
  started_at: string;
}
