// How the page asks the hub, and how somebody else may ask the same.
import { operations } from "./documents.js";

/** What is known of the newest answer beside its text: the milliseconds it took. */
export const newest = { text: "", milliseconds: 0 };

/** GraphiQL's fetcher: HTTP, or a live query over a socket; both end when they are unsubscribed. */
export function fetcher({ operationName, ...rest }) {
  // GraphiQL tells the operation of a tab only a moment after the tab is opened, so the text itself is asked.
  const known = operations(rest.query);
  const named = known.find(({ name }) => name === operationName);
  const body = named && operationName ? { ...rest, operationName } : rest;
  return (named ?? known[0])?.type === "subscription" ? live(body) : once(body, operationName === "IntrospectionQuery");
}

function once(body, introspects) {
  return {
    subscribe(sink) {
      const stop = new AbortController();
      const began = performance.now();
      hub.send(introspects ? body : { ...body, extensions: { cost: true } }, stop.signal).then(
        (payload) => {
          if (stop.signal.aborted) {
            return;
          }
          if (!introspects) {
            newest.text = JSON.stringify(payload, null, 2);
            newest.milliseconds = Math.round(performance.now() - began);
          }
          sink.next(payload);
          sink.complete();
        },
        (error) => stop.signal.aborted || sink.error(error),
      );
      return { unsubscribe: () => stop.abort() };
    },
  };
}

function live(body) {
  return {
    subscribe: (sink) => ({
      unsubscribe: hub.subscribe(() => body, {
        next: (payload) => sink.next(payload),
        error: (errors) => sink.error({ errors }),
        complete: () => sink.complete(),
      }),
    }),
  };
}

/** A command for a terminal. The token is not in it: the shell's HUB_TOKEN is taken. */
export function curl(query, variables) {
  const held = variables.trim() ? { variables: JSON.parse(variables) } : {};
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const stream = operations(query)[0]?.type === "subscription" ? " -N -H 'Accept: text/event-stream'" : "";
  return (
    `curl -s${stream} ${location.origin}/graphql -H "Authorization: Bearer $HUB_TOKEN" ` +
    `-H 'Content-Type: application/json' --data-binary ${quoted(JSON.stringify({ query, ...held }))}`
  );
}

/** An address that opens the query on this page, for whoever has a token. What is behind the # no server ever sees. */
export function link(query, variables) {
  const held = variables.trim() ? { query, variables } : { query };
  return `${location.origin}/#${new URLSearchParams(held)}`;
}

/** The query of the address, taken out of it; null when there is none. */
export function linked() {
  const given = new URLSearchParams(location.hash.slice(1));
  if (!given.get("query")) {
    return null;
  }
  history.replaceState(null, "", location.pathname + location.search);
  return { query: given.get("query"), variables: given.get("variables") ?? "" };
}
