// What the client is used for. Run: node out/main.js http://localhost:8000/graphql $TOKEN
import { client } from "./client.js";
import { graphql } from "./generated/index.js";

const CUSTOMERS = graphql(`
  query Customers($first: Int!, $after: String) {
    customers(first: $first, after: $after, orderBy: { field: FIRST_TOUCH, direction: ASC }) {
      nodes {
        id
        displayName
        lifecycle {
          stage
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

const LOG_CALL = graphql(`
  mutation LogCall($input: LogTouchpointInput!) {
    logTouchpoint(input: $input) {
      touchpoint {
        id
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const LIVE = graphql(`
  subscription Live($customer: ID!, $after: String) {
    customerChanged(customer: $customer, after: $after) {
      cursor
      kinds
      customer {
        displayName
        timeline {
          totalCount
        }
      }
    }
  }
`);

const [url = "", token = ""] = process.argv.slice(2);
const hub = client(url, token);

// A list, page by page. With an error there may be data: fields that the token does not open are null.
let last = "";
for (let after: string | null = null, more = true; more; ) {
  const { data, error } = await hub.query(CUSTOMERS, { first: 2, after }).toPromise();
  if (!data) throw error ?? new Error("There is no answer.");
  for (const customer of data.customers.nodes) {
    console.log(`${customer.displayName}: ${customer.lifecycle.stage ?? "no stage"}`);
    last = customer.id;
  }
  more = data.customers.pageInfo.hasNextPage;
  after = data.customers.pageInfo.endCursor ?? null;
}

// A write, with a key of its own: sent twice, it is written down once.
const input = { key: crypto.randomUUID(), kind: "call", direction: "INBOUND", title: "Logged", customer: last } as const;
const { data, error } = await hub.mutation(LOG_CALL, { input }).toPromise();
if (!data) throw error ?? new Error("There is no answer.");
for (const fault of data.logTouchpoint.userErrors) console.error(`${fault.path.join(".")}: ${fault.message}`);

// A customer as they are, and again whenever something happens to them.
hub.subscription(LIVE, { customer: last }).subscribe(({ data, error }) => {
  if (!data) throw error ?? new Error("There is no answer.");
  const { customer, kinds } = data.customerChanged;
  console.log(`${customer?.displayName}: ${customer?.timeline.totalCount} touchpoints after ${kinds.join(", ") || "all"}`);
});
