// The query page: GraphiQL with the hub's token, live queries, and the tested documents as tabs.
(async () => {
  "use strict";
  const place = document.getElementById("graphiql");
  if (!hub.token()) {
    hub.askForToken(place, "Without one the hub shows no data.");
    return;
  }
  addEventListener("hub:refused", () => hub.askForToken(place, "The hub does not know this token, or no longer takes it."));
  hub.nameCompany();

  function isSubscription(documentAST, name) {
    const operations = (documentAST?.definitions ?? []).filter((one) => one.kind === "OperationDefinition");
    const chosen = operations.find((one) => one.name?.value === name) ?? operations[0];
    return chosen?.operation === "subscription";
  }

  function fetcher(body, options) {
    if (!isSubscription(options?.documentAST, body.operationName)) {
      return hub.send(body, options?.headers);
    }
    return {
      subscribe: (sink) => ({
        unsubscribe: hub.subscribe(body, {
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
