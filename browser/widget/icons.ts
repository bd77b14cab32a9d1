/** Pictures as lines in a box of 24 by 24. */

export const CHAT = "M5 5h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2z";
export const DOWN = "m6 9 6 6 6-6";
export const CROSS = "m6 6 12 12M18 6 6 18";
export const DOTS = "M5 11.2a.8.8 0 1 0 .01 0zM12 11.2a.8.8 0 1 0 .01 0zM19 11.2a.8.8 0 1 0 .01 0z";
export const SEND = "M12 19V5m-6 6 6-6 6 6";
export const STOP = "M8 8h8v8H8z";
export const COPY = "M9 9h11v11H9zM15 9V4H4v11h5";
export const DONE = "m5 12 5 5 9-10";
export const THUMB =
  "M7 11v9H3v-9zm0 0 4-7.5c1.5 0 2.5 1 2.5 2.5L13 10h5.4a2 2 0 0 1 2 2.4l-1.3 6a2 2 0 0 1-2 1.6H7";
