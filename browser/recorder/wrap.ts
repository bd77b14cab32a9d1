/** A call of a function that belongs to the page. */
export interface Call {
  self: unknown;
  args: unknown[];
  /** Makes the call, as the page meant it. */
  run(): unknown;
}

/**
 * Lets `around` make the calls of the method `owner[name]`, until the returned function is called.
 *
 * A proxy keeps what else a page may ask the method for: its name, its length, its properties.
 */
export function wrap<Name extends string>(
  // biome-ignore lint/suspicious/noExplicitAny: whatever the method takes, it gets.
  owner: Record<Name, (...args: any[]) => unknown>,
  name: Name,
  around: (call: Call) => unknown,
): () => void {
  const original = owner[name];
  let listening = true;
  const wrapper = new Proxy(original, {
    apply(target, self, args) {
      const run = () => Reflect.apply(target, self, args);
      return listening ? around({ self, args, run }) : run();
    },
  });
  owner[name] = wrapper;
  return () => {
    listening = false;
    // Whoever wrapped it after us keeps their wrapper, and ours inside it does nothing any more.
    if (owner[name] === wrapper) owner[name] = original;
  };
}
