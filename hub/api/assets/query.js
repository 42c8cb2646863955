// The query page: GraphiQL with the hub's token, live queries, and the tested documents as tabs.
(async () => {
  "use strict";
  const place = document.getElementById("graphiql");
  if (!hub.token()) {
    hub.askForToken(place, "Without one the hub shows no data.");
    return;
  }
  addEventListener("hub:refused", () => hub.askForToken(place, "The hub does not know this token, or no longer takes it."));
  hub.company();

  // GraphiQL tells the operation of a tab only a moment after the tab is opened, so the text itself is asked.
  function operations(query) {
    const plain = query.replace(/"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|#[^\n]*/g, " ");
    let depth = 0;
    let outside = "";
    for (const letter of plain) {
      depth += (letter === "{") - (letter === "}");
      outside += depth > 0 || letter === "}" ? " " : letter;
    }
    return [...outside.matchAll(/\b(query|mutation|subscription)\b\s*(\w*)/g)].map(([, type, name]) => ({ type, name }));
  }

  function fetcher({ operationName, ...rest }, options) {
    const known = operations(rest.query);
    const named = known.find(({ name }) => name === operationName);
    const body = named && operationName ? { ...rest, operationName } : rest;
    if ((named ?? known[0])?.type !== "subscription") {
      return hub.send(body, options?.headers);
    }
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

  async function documents() {
    try {
      const answer = await fetch("/pages/documents.json", { headers: { Authorization: `Bearer ${hub.token()}` } });
      return answer.ok ? await answer.json() : [];
    } catch {
      return [];
    }
  }

  const tabs = (await documents()).map(({ query, variables }) => ({
    query,
    variables: Object.keys(variables).length ? JSON.stringify(variables, null, 2) : "",
  }));
  // GraphiQL takes the first tab's text from its storage, not from defaultTabs.
  if (tabs.length && !sessionStorage.getItem("graphiql:tabState")) {
    sessionStorage.setItem("graphiql:query", tabs[0].query);
    sessionStorage.setItem("graphiql:variables", tabs[0].variables);
  }
  // Tabs are kept for this browser tab only: the next hub has other ids.
  ReactDOM.createRoot(place).render(
    React.createElement(GraphiQL, {
      fetcher,
      storage: sessionStorage,
      defaultTabs: tabs.length ? tabs : undefined,
      defaultEditorToolsVisibility: "variables",
      isHeadersEditorEnabled: false,
      showPersistHeadersSettings: false,
    }),
  );
})();
