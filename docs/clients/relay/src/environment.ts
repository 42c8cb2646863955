import { Environment, Network, RecordSource, Store } from "relay-runtime";
import type { FetchFunction, GraphQLResponse } from "relay-runtime";

/** What asks the hub at `url`, which ends with `/graphql`. */
export function environment(url: string, token: string): Environment {
  const ask: FetchFunction = async ({ id, text }, variables) => {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        Accept: "application/graphql-response+json",
        "Content-Type": "application/json",
        Authorization: `Bearer ${token}`,
      },
      // With persistConfig in relay.config.json, documents have an id in place of their text.
      body: JSON.stringify(id ? { documentId: id, variables } : { query: text, variables }),
    });
    const answer = (await response.json()) as { data?: unknown; errors?: readonly { message: string }[] };
    // Nothing was answered: say why in the hub's own words. Beside data, errors tell why single fields are null.
    if (!answer.data) throw new Error(answer.errors?.[0]?.message ?? `The hub could not be asked: ${response.status}.`);
    return answer as GraphQLResponse;
  };
  return new Environment({ network: Network.create(ask), store: new Store(new RecordSource()) });
}
