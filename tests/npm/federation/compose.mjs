// Composes the schema of the hub, from stdin, with that of a help desk which knows tickets of its customers and
// touchpoints; prints what came of it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const load = createRequire(`${process.argv[2]}/package.json`);
const { buildSchema, parse } = load("graphql");
const { composeServices, transformSupergraphToPublicSchema } = load("@theguild/federation-composition");

const desk = `
  extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@interfaceObject", "@shareable"])
  type Query { tickets: [Ticket!]! }
  type Ticket @key(fields: "number") { number: Int! customer: Customer! price: Money }
  type Money @shareable { amount: Decimal! currency: Currency! }
  type Customer @key(fields: "id") { id: ID! tickets: [Ticket!]! }
  type Touchpoint @key(fields: "id") @interfaceObject { id: ID! ticket: Ticket }
  scalar Decimal
  scalar Currency
`;
const composed = composeServices([
  { name: "hub", url: "http://hub.example/graphql", typeDefs: parse(readFileSync(0, "utf8")) },
  { name: "desk", url: "http://desk.example/graphql", typeDefs: parse(desk) },
]);
const errors = (composed.errors ?? []).map((error) => error.message);
if (errors.length) {
  console.log(JSON.stringify({ errors }));
} else {
  const supergraph = parse(composed.supergraphSdl);
  const customer = supergraph.definitions.find((each) => each.name?.value === "Customer");
  const graphs = customer.directives.filter((each) => each.name.value === "join__type");
  const graph = (directive) => directive.arguments.find((each) => each.name.value === "graph").value.value;
  const call = transformSupergraphToPublicSchema(supergraph).definitions.find((each) => each.name?.value === "Call");
  const ticket = call.fields.find((each) => each.name.value === "ticket");
  console.log(JSON.stringify({ errors, customer: graphs.map(graph), ticketOfCall: ticket.type.name.value }));
}
