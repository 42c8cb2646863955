import { useState } from "react";
import { graphql, useMutation } from "react-relay";
import { ConnectionHandler } from "relay-runtime";
import type { LogCallMutation } from "./__generated__/LogCallMutation.graphql";
import { TIMELINE } from "./Timeline";

/** Writes a call down. The key stays until it is written, so that sending it twice is writing it once. */
export function LogCall({ customer }: { customer: string }) {
  const [key, setKey] = useState(() => crypto.randomUUID());
  const [fault, setFault] = useState<string>();
  const [commit, waiting] = useMutation<LogCallMutation>(graphql`
    mutation LogCallMutation($input: LogTouchpointInput!, $connections: [ID!]!) {
      logTouchpoint(input: $input) {
        touchpoint @prependNode(connections: $connections, edgeTypeName: "TouchpointEdge") {
          id
          title
          occurredAt
        }
        userErrors {
          message
        }
      }
    }
  `);

  function log(title: string) {
    commit({
      variables: {
        input: { key, kind: "call", direction: "INBOUND", customer, title },
        connections: [ConnectionHandler.getConnectionID(customer, TIMELINE)],
      },
      onCompleted({ logTouchpoint: { userErrors } }, errors) {
        const message = errors?.[0]?.message ?? userErrors[0]?.message;
        setFault(message);
        if (!message) setKey(crypto.randomUUID());
      },
      onError: (error) => setFault(error.message),
    });
  }

  return (
    <form action={(given) => log(String(given.get("title")))}>
      <input name="title" aria-label="What was it about?" />
      <button disabled={waiting}>Log a call</button>
      {fault && <p role="alert">{fault}</p>}
    </form>
  );
}
