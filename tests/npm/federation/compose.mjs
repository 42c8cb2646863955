// Composes the schema of the hub, from stdin, with that of a help desk which knows tickets of its customers and touchpoints.
// Without more it prints what came of it; with the address of a hub, a token, and the ids of customers with tickets, what a
// gateway answers.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [folder, url, token, ...customers] = process.argv.slice(2);
const load = createRequire(`${folder}/package.json`);
const { buildSchema, graphql, parse, print } = load("graphql");
const { composeServices, transformSupergraphToPublicSchema } = load("@theguild/federation-composition");

const types = `
  type Query { tickets: [Ticket!]! }
  type Ticket @key(fields: "number") { number: Int! customer: Customer! price: Money }
  type Money @shareable { amount: Decimal! currency: Currency! }
  type Customer @key(fields: "id") { id: ID! tickets: [Ticket!]! }
  type Touchpoint @key(fields: "id") @interfaceObject { id: ID! ticket: Ticket }
  scalar Decimal
  scalar Currency
`;
const link = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@interfaceObject", "@shareable"])`;
const composed = composeServices([
  { name: "hub", url: "http://hub.example/graphql", typeDefs: parse(readFileSync(0, "utf8")) },
  { name: "desk", url: "http://desk.example/graphql", typeDefs: parse(link + types) },
]);
if (composed.errors?.length) {
  console.log(JSON.stringify({ errors: composed.errors.map((error) => error.message) }));
  process.exit(1);
}
if (url === undefined) {
  const supergraph = parse(composed.supergraphSdl);
  const named = (document, name) => document.definitions.find((each) => each.name?.value === name);
  const graphs = named(supergraph, "Customer").directives.filter((each) => each.name.value === "join__type");
  const graph = (directive) => directive.arguments.find((each) => each.name.value === "graph").value.value;
  const call = named(transformSupergraphToPublicSchema(supergraph), "Call");
  const ticket = call.fields.find((each) => each.name.value === "ticket");
  console.log(JSON.stringify({ customer: graphs.map(graph).sort(), ticketOfCall: ticket.type.name.value }));
  process.exit(0);
}

// The help desk: a ticket for each customer, and for each of their touchpoints that is asked about.
const tickets = customers.map((id, place) => ({ number: place + 1, customer: { id } }));
const entity = ({ __typename, id }) => ({ __typename, id, tickets: tickets.filter((each) => each.customer.id === id) });
const desk = buildSchema(`
  directive @key(fields: String!) on OBJECT
  directive @shareable on OBJECT
  directive @interfaceObject on OBJECT
  scalar _Any
  union _Entity = Customer | Touchpoint | Ticket
  ${types}
  extend type Query { _entities(representations: [_Any!]!): [_Entity]! }
`);
const root = {
  tickets,
  _entities: ({ representations }) =>
    representations.map((each) =>
      each.__typename === "Touchpoint" ? { ...each, ticket: { number: 100 } } : entity(each),
    ),
};
let asked = 0;
const executors = {
  DESK: ({ document, variables }) =>
    graphql({ schema: desk, source: print(document), variableValues: variables, rootValue: root }),
  HUB: async ({ document, variables }) => {
    asked += 1;
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: print(document), variables }),
    });
    return answer.json();
  },
};
const { getStitchedSchemaFromSupergraphSdl } = load("@graphql-tools/federation");
const gateway = getStitchedSchemaFromSupergraphSdl({
  supergraphSdl: composed.supergraphSdl,
  onSubschemaConfig: (config) => (config.executor = executors[config.name]),
  batch: true,
});
const source = `{
  tickets { number customer { displayName timeline(first: 1) { nodes { __typename title ticket { number } } } } }
}`;
const answer = await graphql({ schema: gateway, source });
console.log(JSON.stringify({ ...answer, asked }));
