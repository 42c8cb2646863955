// Below the result: how it went, what it cost, the result as a table, and the table as CSV.
import { newest } from "./asking.js";
import { onSaid, say } from "./saying.js";
import { csv, firstList, isNumber, lists, table } from "./table.js";

const h = React.createElement;
const SHOWN = 500;
const BOM = "hub.bom";

/** What stands in GraphiQL's footer. */
export function Result() {
  const { responseEditor, tabs, activeTabIndex } = GraphiQL.React.useEditorContext();
  const text = useText(responseEditor);
  const answer = React.useMemo(() => parsed(text), [text]);
  const [asTable, setAsTable] = React.useState(false);
  const [said, setSaid] = React.useState(null);
  const [chosen, setChosen] = React.useState("");
  React.useEffect(() => onSaid(setSaid), []);
  React.useEffect(() => setSaid(null), [text]);
  if (!answer) {
    return said && h("div", { className: "result" }, h("div", { className: "result-bar" }, h(Said, said)));
  }
  const found = lists(answer.data);
  const rows = found.find(({ path }) => path.join(".") === chosen) ?? firstList(found);
  const made = () => table(answer.data, rows?.path ?? []);
  const views =
    answer.data != null &&
    h(
      React.Fragment,
      null,
      h(Views, { asTable, setAsTable }),
      found.length > 0 && h(Rows, { found, rows, setChosen }),
      h(Download, { made, name: tabs[activeTabIndex]?.operationName ?? "result" }),
    );
  return h(
    "div",
    { className: views && asTable ? "result as-table" : "result" },
    h(
      "div",
      { className: "result-bar" },
      views,
      h("p", { className: "facts" }, facts(answer, text)),
      h(Problems, { errors: answer.errors }),
      said && h(Said, said),
    ),
    views && asTable && h(Table, made()),
  );
}

function Said({ text, bad }) {
  return h("p", { className: bad ? "said bad" : "said", role: "status" }, text);
}

function useText(editor) {
  return React.useSyncExternalStore(
    React.useCallback(
      (changed) => {
        editor?.on("change", changed);
        return () => editor?.off("change", changed);
      },
      [editor],
    ),
    () => editor?.getValue() ?? "",
  );
}

function parsed(text) {
  try {
    const answer = JSON.parse(text);
    return answer && (answer.data !== undefined || answer.errors) ? answer : null;
  } catch {
    return null;
  }
}

function facts({ extensions }, text) {
  const cost = extensions?.cost;
  return [
    cost !== undefined && `cost ${cost.toLocaleString("en")}`,
    newest.text === text && `${newest.milliseconds.toLocaleString("en")} ms`,
  ]
    .filter(Boolean)
    .join(" · ");
}

function Problems({ errors }) {
  if (!errors?.length) {
    return null;
  }
  const [{ message, path, extensions }] = errors;
  const where = path ? ` (${path.join(".")})` : "";
  const more = errors.length > 1 ? ` And ${errors.length - 1} more.` : "";
  return h("p", { className: "said bad", role: "alert" }, extensions?.code && h("b", null, `${extensions.code} `), message, where, more);
}

function Views({ asTable, setAsTable }) {
  const view = (label, value) =>
    h("button", { type: "button", "aria-pressed": asTable === value, onClick: () => setAsTable(value) }, label);
  return h("div", { className: "views", role: "group", "aria-label": "Show the result as" }, view("JSON", false), view("Table", true));
}

function Rows({ found, rows, setChosen }) {
  return h(
    "label",
    { className: "rows" },
    "Rows ",
    h(
      "select",
      { value: rows?.path.join("."), onChange: (event) => setChosen(event.target.value) },
      found.map(({ path, name, count }) => h("option", { key: path.join("."), value: path.join(".") }, `${name} (${count})`)),
    ),
  );
}

function Download({ made, name }) {
  const [bom, setBom] = React.useState(localStorage.getItem(BOM) !== "0");
  const mark = (event) => {
    localStorage.setItem(BOM, event.target.checked ? "1" : "0");
    setBom(event.target.checked);
  };
  const press = () => {
    const held = made();
    const address = URL.createObjectURL(new Blob([csv(held, { bom })], { type: "text/csv;charset=utf-8" }));
    const anchor = Object.assign(document.createElement("a"), { href: address, download: `${name}.csv` });
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
    say(`${name}.csv has ${held.rows.length} ${held.rows.length === 1 ? "row" : "rows"}.`);
  };
  return h(
    React.Fragment,
    null,
    h("button", { type: "button", className: "download", onClick: press }, "Download CSV"),
    h(
      "label",
      { className: "bom", title: "A mark at its beginning, by which Excel knows UTF-8" },
      h("input", { type: "checkbox", checked: bom, onChange: mark }),
      " for Excel",
    ),
  );
}

function Table({ columns, rows }) {
  const row = (cells, place) => h("tr", { key: place }, cells.map((value, column) => h(Cell, { key: column, value })));
  return h(
    "div",
    { className: "result-table", role: "region", "aria-label": "The result as a table", tabIndex: 0 },
    h(
      "table",
      null,
      h("thead", null, h("tr", null, columns.map((name) => h("th", { key: name, scope: "col" }, name)))),
      h("tbody", null, rows.slice(0, SHOWN).map(row)),
    ),
    rows.length === 0 && h("p", { className: "nothing" }, "No rows."),
    rows.length > SHOWN && h("p", { className: "nothing" }, `The first ${SHOWN} of ${rows.length} rows. The CSV has all.`),
  );
}

function Cell({ value }) {
  return h("td", { className: isNumber(value) ? "number" : undefined, dir: "auto" }, value === null ? "" : String(value));
}
