// The buttons beside the query: GraphiQL's own, and two that copy it for somewhere else.
import { curl, link } from "./asking.js";
import { LinkIcon, TerminalIcon } from "./icons.js";
import { say } from "./saying.js";

const h = React.createElement;
const { ToolbarButton } = GraphiQL.React;

/** What stands in GraphiQL's toolbar. */
export function Toolbar() {
  const { queryEditor, variableEditor, responseEditor } = GraphiQL.React.useEditorContext();
  React.useEffect(() => [queryEditor, variableEditor, responseEditor].forEach(letTabLeave), [queryEditor, variableEditor, responseEditor]);
  const elsewhere = (label, icon, made, said) => {
    const press = async () => {
      try {
        await copied(made(queryEditor.getValue(), variableEditor.getValue()));
        say(said);
      } catch (error) {
        say(error instanceof SyntaxError ? "The variables are not JSON." : "The browser did not let it be copied.", true);
      }
    };
    return button(label, icon, press);
  };
  return h(
    React.Fragment,
    null,
    button("Prettify query (Shift-Ctrl-P)", GraphiQL.React.PrettifyIcon, GraphiQL.React.usePrettifyEditors()),
    button("Merge fragments into query (Shift-Ctrl-M)", GraphiQL.React.MergeIcon, GraphiQL.React.useMergeQuery()),
    button("Copy query (Shift-Ctrl-C)", GraphiQL.React.CopyIcon, GraphiQL.React.useCopyQuery()),
    elsewhere("Copy as curl", TerminalIcon, curl, "The command is copied. It takes the token from HUB_TOKEN."),
    elsewhere("Copy link", LinkIcon, link, "The link is copied. Whoever opens it needs a token of their own."),
  );
}

// In CodeMirror the Tab key indents, and who has no mouse never gets out. Prettify indents, too.
function letTabLeave(editor) {
  editor?.addKeyMap({ Tab: false, "Shift-Tab": false });
}

function button(label, icon, onClick) {
  return h(ToolbarButton, { label, onClick }, h(icon, { className: "graphiql-toolbar-icon", "aria-hidden": true }));
}

async function copied(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  // Browsers have no clipboard for pages that came by plain HTTP from another machine, only this older way.
  const area = document.body.appendChild(document.createElement("textarea"));
  area.value = text;
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) {
    throw new Error("not copied");
  }
}
