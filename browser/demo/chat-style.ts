/** The chat's style: a page's stylesheet does not reach into a shadow root. Colours come from the page. */
export const STYLE = `
:host {
  position: fixed;
  right: 1.25rem;
  bottom: 1.25rem;
  z-index: 10;
  font: 0.9375rem/1.45 var(--sans);
  color: var(--ink);
}
[hidden] { display: none !important; }
button, input { font: inherit; color: inherit; }
:focus-visible { outline: 2px solid var(--clay); outline-offset: 2px; }

.bubble {
  display: grid;
  place-items: center;
  width: 3.5rem;
  height: 3.5rem;
  margin-left: auto;
  padding: 0;
  border: 0;
  border-radius: 50%;
  background: var(--ink);
  color: var(--paper);
  cursor: pointer;
  box-shadow: 0 6px 20px rgb(43 38 32 / 25%);
  transition: translate 160ms ease;
}
.bubble:hover { translate: 0 -2px; }
.bubble svg { width: 1.6rem; }

.panel {
  display: flex;
  flex-direction: column;
  width: min(22rem, calc(100vw - 2.5rem));
  height: min(30rem, calc(100vh - 8rem));
  margin-bottom: 0.75rem;
  overflow: hidden;
  border: 1px solid var(--line);
  border-radius: 1rem;
  background: var(--card);
  box-shadow: 0 16px 48px rgb(43 38 32 / 22%);
}
header { padding: 0.9rem 1.1rem; background: var(--ink); color: var(--paper); }
h2 { margin: 0; font: 600 1.0625rem var(--serif); }
header p { margin: 0; font-size: 0.8125rem; opacity: 0.8; }

.log {
  flex: 1;
  display: flex;
  flex-direction: column;
  align-items: flex-start;
  gap: 0.5rem;
  margin: 0;
  padding: 1rem;
  overflow-y: auto;
}
.log > * { max-width: 85%; overflow-wrap: anywhere; }
.assistant, .visitor { padding: 0.55rem 0.8rem; border-radius: 0.9rem; }
.assistant { background: var(--sand); border-bottom-left-radius: 0.2rem; }
.visitor { align-self: flex-end; background: var(--moss); color: #fff; border-bottom-right-radius: 0.2rem; }
.thinking { padding: 0 0.8rem; font-size: 1.5rem; line-height: 1; animation: breathe 1s infinite alternate; }
@keyframes breathe { from { opacity: 0.25; } }

.sources { display: block; margin-top: 0.35rem; font-size: 0.8125rem; }
.sources a { color: var(--clay); }
.thumbs { display: flex; gap: 0.25rem; margin-top: 0.35rem; }
.thumbs button {
  padding: 0.25rem 0.4rem;
  border: 1px solid transparent;
  border-radius: 0.5rem;
  background: none;
  color: var(--ink-soft);
  cursor: pointer;
}
.thumbs button:hover { color: var(--clay); }
.thumbs [aria-pressed="true"] { border-color: var(--line); background: var(--card); color: var(--clay); }
.thumbs svg { display: block; width: 1rem; }
.thumbs button + button svg { rotate: 180deg; }

.suggestions { display: flex; flex-direction: column; align-items: flex-start; gap: 0.4rem; }
.suggestions button {
  padding: 0.35rem 0.75rem;
  border: 1px solid var(--line);
  border-radius: 1rem;
  background: none;
  text-align: left;
  cursor: pointer;
}
.suggestions button:hover { border-color: var(--clay); color: var(--clay); }

form { display: flex; gap: 0.5rem; padding: 0.75rem; border-top: 1px solid var(--line); }
input { flex: 1; min-width: 0; padding: 0.5rem 0.75rem; border: 1px solid var(--line); border-radius: 0.6rem; background: var(--paper); }
form button { padding: 0.5rem 0.9rem; border: 0; border-radius: 0.6rem; background: var(--clay); color: #fff; cursor: pointer; }

@media (max-width: 30rem) {
  :host { right: 1rem; bottom: 1rem; }
  .bubble { width: 3rem; height: 3rem; }
}

@media (prefers-reduced-motion: reduce) {
  .bubble, .thinking { transition: none; animation: none; }
}
`;
