// Where GraphiQL keeps what it keeps. Tabs are of this browser tab, like the token: the next hub has other ids.
// History, favourites and the theme come back another day. Mutations are not kept in it: secrets may be in their variables.
import { operations } from "./documents.js";

const OF_THE_BROWSER = new Set(["graphiql:queries", "graphiql:favorites", "graphiql:theme"]);
const place = (key) => (OF_THE_BROWSER.has(key) ? localStorage : sessionStorage);

function withoutMutations(text) {
  const reads = ({ query }) => operations(query).every(({ type }) => type !== "mutation");
  return JSON.stringify(JSON.parse(text), (_, value) => (Array.isArray(value) ? value.filter(reads) : value));
}

export const storage = {
  getItem: (key) => place(key).getItem(key),
  setItem: (key, value) =>
    place(key).setItem(key, key === "graphiql:queries" || key === "graphiql:favorites" ? withoutMutations(value) : value),
  removeItem: (key) => place(key).removeItem(key),
  clear: () =>
    [localStorage, sessionStorage].forEach((held) =>
      Object.keys(held)
        .filter((key) => key.startsWith("graphiql:"))
        .forEach((key) => held.removeItem(key)),
    ),
  get length() {
    return sessionStorage.length + localStorage.length;
  },
};
