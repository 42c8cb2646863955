// The panel of examples: the documents of docs/queries, found by their words, opened in a tab of their own.
import { ExamplesIcon } from "./icons.js";

const h = React.createElement;
const GROUPS = [
  ["query", "Ask"],
  ["subscription", "Follow live"],
  ["mutation", "Change"],
];

/** GraphiQL's plugin for these examples. */
export function examplesPanel(examples) {
  return { title: "Examples", icon: ExamplesIcon, content: () => h(Panel, { examples }) };
}

function Panel({ examples }) {
  const [wanted, setWanted] = React.useState("");
  const open = useOpening();
  const words = wanted.toLowerCase().split(/\s+/);
  const found = examples.filter(({ title, about, query }) => {
    const text = `${title} ${about} ${query}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const groups = GROUPS.map(([type, label]) => [label, found.filter((each) => each.type === type)]);
  return h(
    "section",
    { className: "examples", "aria-label": "Examples" },
    h("h2", null, "Examples"),
    h("input", {
      type: "search",
      placeholder: "Search: revenue, timeline, merge",
      "aria-label": "Search the examples",
      value: wanted,
      onChange: (event) => setWanted(event.target.value),
    }),
    groups.map(
      ([label, some]) =>
        some.length > 0 &&
        h(
          React.Fragment,
          { key: label },
          h("h3", null, label),
          h("ul", null, some.map((each) => h("li", { key: each.title }, h(Choice, { example: each, open })))),
        ),
    ),
    found.length === 0 && h("p", { className: "nothing" }, "No example has these words."),
  );
}

function Choice({ example, open }) {
  return h("button", { type: "button", disabled: !open, onClick: () => open(example) }, h("strong", null, example.title), h("span", null, example.about));
}

/** Opens an example in its own tab, or goes to the tab that has it already; null until the editors are there. */
function useOpening() {
  const { tabs, addTab, changeTab, queryEditor, variableEditor } = GraphiQL.React.useEditorContext();
  if (!queryEditor || !variableEditor) {
    return null;
  }
  return ({ query, variables }) => {
    const there = tabs.findIndex((tab) => tab.query === query);
    if (there >= 0) {
      changeTab(there);
    } else {
      // GraphiQL empties the editors when it has made the tab, which is to be over before they are filled.
      ReactDOM.flushSync(addTab);
      queryEditor.setValue(query);
      variableEditor.setValue(variables);
    }
    queryEditor.focus();
  };
}
