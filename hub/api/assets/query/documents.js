// What the page knows of documents: their operations, and those of docs/queries as examples.
const { parse } = GraphiQL.GraphQL;

/** The operations of a document, `{ type, name }`; none while it cannot be parsed. */
export function operations(query) {
  try {
    return parse(query)
      .definitions.filter(({ kind }) => kind === "OperationDefinition")
      .map(({ operation, name }) => ({ type: operation, name: name?.value ?? "" }));
  } catch {
    return [];
  }
}

/** The example documents of this hub: `{ title, about, type, query, variables }`, with its own ids in the variables. */
export async function examples() {
  try {
    const answer = await fetch("/pages/documents.json", { headers: { Authorization: `Bearer ${hub.token()}` } });
    return answer.ok ? (await answer.json()).map(example) : [];
  } catch {
    return [];
  }
}

function example({ name, query, variables }) {
  const comment = query.match(/^(?:#.*\n)+/)?.[0] ?? "";
  return {
    title: name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " "),
    about: comment.replace(/^# ?/gm, "").replaceAll("\n", " ").trim(),
    type: operations(query)[0]?.type ?? "query",
    query,
    variables: Object.keys(variables).length ? JSON.stringify(variables, null, 2) : "",
  };
}
