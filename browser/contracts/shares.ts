/** Links to one session. */

/** `GET .../shares.json`: those that work, newest first. What they lead with is not kept. */
export interface ShareList {
  shares: Share[];
}

export interface Share {
  id: number;
  /** How who made it calls themselves; may be "". */
  author: string;
  /** ISO 8601, as are all times. */
  made_at: string;
  expires_at: string;
  /** Whether it asks for a password. */
  locked: boolean;
  /** How often it was opened. */
  opened: number;
}

/** `POST .../share`: the link, which is shown this once. */
export interface MadeShare {
  id: number;
  url: string;
  expires_at: string;
}
