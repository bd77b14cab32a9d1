// What `analyze` gets as its session and `summarize` as its source: a thing that can be
// walked through once, with what `about` says on it. `pull` gives the next items as an
// array, which is empty at the end.
(name, about, pull) => {
  let walked = false;
  const source = {
    [Symbol.iterator]() {
      if (walked) {
        throw new Error(`a ${name} can be walked through once; keep it with [...${name}] to look at it again`);
      }
      walked = true;
      let items = [];
      let place = 0;
      return {
        next() {
          if (place === items.length) {
            items = pull();
            place = 0;
            if (items.length === 0) return { done: true, value: undefined };
          }
          return { done: false, value: items[place++] };
        },
        return() {
          return { done: true, value: undefined };
        },
        [Symbol.iterator]() {
          return this;
        },
      };
    },
  };
  return Object.assign(source, about);
}
