// What the client beside this file is used for. Run: node example.ts http://localhost:8000/graphql $TOKEN
import { document, Hub, Refused, type Page } from "./hub.ts";

const [url = "", token = "", ...rest] = process.argv.slice(2);
const hub = new Hub(url, token);

interface Customer {
  id: string;
  displayName: string;
  email: string | null;
}

const CUSTOMERS = document<{ customers: Page<Customer> }, { first: number; after: string | null }>(`
  query Customers($first: Int!, $after: String) {
    customers(first: $first, after: $after, orderBy: { field: FIRST_TOUCH, direction: ASC }) {
      nodes { id displayName email }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

const KNOWN = document<{ changes: Page<{ id: string }> }, { after: string | null }>(`
  query Known($after: String) {
    changes(first: 500, after: $after) {
      nodes { id }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

const LIVE = document<{ touchpointAdded: { touchpoint: { title: string | null } } }>(`
  subscription Live { touchpointAdded { touchpoint { title } } }
`);

// A list, page by page.
for await (const page of hub.pages(CUSTOMERS, { first: 2 }, (data) => data.customers)) {
  for (const customer of page.nodes) console.log(`${customer.displayName} <${customer.email ?? "no address"}>`);
}

// A trusted document; one that is not registered is asked for by its text.
try {
  const { data } = await hub.trusted(CUSTOMERS, { first: 1, after: null });
  console.log(`trusted: ${data.customers.nodes[0]?.displayName}`);
} catch (error) {
  if (!(error instanceof Refused) || error.code !== "PERSISTED_QUERY_NOT_FOUND") throw error;
  console.log("not registered");
}

// A mirror: everything that is known, and then whatever becomes known, without a gap.
let after: string | null = null;
let known = 0;
for await (const page of hub.pages(KNOWN, {}, (data) => data.changes)) {
  known += page.nodes.length;
  after = page.pageInfo.endCursor ?? after;
}
console.log(`${known} changes are known`);
let left = Number(rest[0] ?? Infinity);
for await (const { data } of hub.follow(LIVE, {}, after)) {
  console.log(`new: ${data.touchpointAdded.touchpoint.title}`);
  if (--left <= 0) break;
}
