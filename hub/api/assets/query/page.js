// The query page: GraphiQL with the hub's token, live queries, the tested documents as examples, and tables of results.
import { fetcher, linked } from "./asking.js";
import { examples } from "./documents.js";
import { storage } from "./keeping.js";
import { examplesPanel } from "./panel.js";
import { Result } from "./result.js";
import { Toolbar } from "./toolbar.js";

const place = document.getElementById("graphiql");

async function show() {
  hub.company();
  const known = await examples();
  const given = linked();
  const tabs = given ? [given] : known.slice(0, 2).map(({ query, variables }) => ({ query, variables }));
  if (tabs.length && !sessionStorage.getItem("graphiql:tabState")) {
    // GraphiQL takes the first tab's text from its storage, not from defaultTabs.
    sessionStorage.setItem("graphiql:query", tabs[0].query);
    sessionStorage.setItem("graphiql:variables", tabs[0].variables);
    sessionStorage.setItem("graphiql:visiblePlugin", "Examples");
  }
  const h = React.createElement;
  ReactDOM.createRoot(place).render(
    h(
      GraphiQL,
      {
        fetcher,
        storage,
        plugins: [examplesPanel(known)],
        defaultTabs: tabs.length ? tabs : undefined,
        ...given,
        defaultEditorToolsVisibility: "variables",
        isHeadersEditorEnabled: false,
        showPersistHeadersSettings: false,
        maxHistoryLength: 100,
      },
      h(GraphiQL.Toolbar, null, h(Toolbar)),
      h(GraphiQL.Footer, null, h(Result)),
    ),
  );
}

if (hub.token()) {
  addEventListener("hub:refused", () => hub.askForToken(place, "The hub does not know this token, or no longer takes it."));
  show();
} else {
  hub.askForToken(place, "Without one the hub shows no data.");
}
