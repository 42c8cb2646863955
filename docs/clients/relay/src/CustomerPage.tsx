import { graphql, useLazyLoadQuery } from "react-relay";
import type { CustomerPageQuery } from "./__generated__/CustomerPageQuery.graphql";
import { LogCall } from "./LogCall";
import { Timeline } from "./Timeline";

/** A customer: who they are, what happened, and a form to write a call down. */
export function CustomerPage({ id }: { id: string }) {
  const { customer } = useLazyLoadQuery<CustomerPageQuery>(
    graphql`
      query CustomerPageQuery($id: ID!) {
        customer(by: { id: $id }) {
          id
          displayName
          ...Timeline_customer
        }
      }
    `,
    { id },
  );
  if (!customer) return <p>There is no such customer.</p>;
  return (
    <main>
      <h1>{customer.displayName}</h1>
      <LogCall customer={customer.id} />
      <Timeline customer={customer} />
    </main>
  );
}
