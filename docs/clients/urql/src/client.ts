import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { createClient } from "graphql-ws";

/**
 * What asks the hub at `url`, which ends with `/graphql`. Live queries go over a WebSocket and outlive the hub: those with
 * a variable `after` go on after the last answer, so that nothing is missing or doubled.
 */
export function client(url: string, token: string): Client {
  const authorization = { Authorization: `Bearer ${token}` };
  const live = createClient({
    url: url.replace(/^http/, "ws"),
    connectionParams: authorization,
    retryAttempts: Infinity,
    // Also when a hub that is being started refuses connections, which the library would take for final; not when the
    // token is no good.
    shouldRetry: (event) => (event as Partial<CloseEvent>).code !== 4403,
  });
  return new Client({
    url,
    preferGetMethod: false,
    fetchOptions: { headers: authorization },
    exchanges: [
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = "", variables, ...request }) => ({
          subscribe(sink) {
            // The library sends them again when it connects again.
            const sent = { ...variables };
            const unsubscribe = live.subscribe<Live, Record<string, unknown>>(
              { ...request, query, variables: sent },
              {
                next(result) {
                  const cursor = Object.values(result.data ?? {})[0]?.cursor;
                  if (cursor !== undefined) sent["after"] = cursor;
                  sink.next(result);
                },
                error: (fault) => sink.error(fault),
                complete: () => sink.complete(),
              },
            );
            return { unsubscribe };
          },
        }),
      }),
    ],
  });
}

/** Every live query has one field, and its answers a cursor if asked for. */
type Live = Record<string, { cursor?: string } | null>;
