/** What the visitor did, whole: `GET /share/TOKEN/story.json`, and inside files that play by themselves. */
export type Story = StoryLine[];

export interface StoryLine {
  /** Where it plays, in milliseconds on the session's timeline. */
  at_ms: number;
  /** As in `wit/hindsight.wit`: "click", "page-view", "prompt". What went wrong is an "error", whatever its kind. */
  kind: string;
  /** One line in words. */
  text: string;
  /** Of prompts and replies: all that was said, as plain text. */
  said?: string;
}
