// Follows touchpoints with the library named first, and prints the id of each. Whoever loses the server comes again by
// the library's own reconnection, with the cursor that was seen last.
import { createRequire } from "node:module";

const [library, folder, url, token, after] = process.argv.slice(2);
const load = createRequire(`${folder}/package.json`);
const patient = { retryAttempts: 1000, retry: () => new Promise((done) => setTimeout(done, 50)) };
let client;
if (library === "graphql-ws") {
  const { createClient } = load("graphql-ws");
  const { WebSocket } = load("ws");
  client = createClient({
    url: url.replace("http", "ws"),
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: `Bearer ${token}` },
    retryAttempts: patient.retryAttempts,
    retryWait: patient.retry,
    shouldRetry: () => true,
  });
} else {
  const { createClient } = load("graphql-sse");
  client = createClient({
    url,
    headers: { Authorization: `Bearer ${token}` },
    retryAttempts: patient.retryAttempts,
    retry: patient.retry,
  });
}
const request = {
  query: "subscription ($after: String) { touchpointAdded(after: $after) { cursor touchpoint { id } } }",
  variables: { after },
};
client.subscribe(request, {
  next: ({ data, errors }) => {
    if (errors) throw new Error(JSON.stringify(errors));
    request.variables.after = data.touchpointAdded.cursor;
    console.log(data.touchpointAdded.touchpoint.id);
  },
  error: (error) => {
    console.error(error);
    process.exit(1);
  },
  complete: () => process.exit(2),
});
