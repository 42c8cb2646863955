// One sentence to whoever did something, below the result.
let hear = () => {};

/** Say it; `bad` when it did not go well. */
export function say(text, bad = false) {
  hear({ text, bad });
}

/** Who shows what is said. */
export function onSaid(listener) {
  hear = listener;
}
