import { graphql, usePaginationFragment } from "react-relay";
import type { Timeline_customer$key } from "./__generated__/Timeline_customer.graphql";
import type { TimelinePaginationQuery } from "./__generated__/TimelinePaginationQuery.graphql";

/** The name of the list in the store, by which a mutation finds it. */
export const TIMELINE = "Timeline_timeline";

export function Timeline({ customer }: { customer: Timeline_customer$key }) {
  const { data, hasNext, isLoadingNext, loadNext } = usePaginationFragment<
    TimelinePaginationQuery,
    Timeline_customer$key
  >(
    graphql`
      fragment Timeline_customer on Customer
      @refetchable(queryName: "TimelinePaginationQuery")
      @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" }) {
        timeline(first: $count, after: $cursor) @connection(key: "Timeline_timeline") {
          edges {
            node {
              id
              title
              occurredAt
            }
          }
        }
      }
    `,
    customer,
  );
  return (
    <>
      <ol>
        {data.timeline.edges.map(({ node }) => (
          <li key={node.id}>
            <time dateTime={node.occurredAt}>{node.occurredAt.slice(0, 10)}</time> {node.title}
          </li>
        ))}
      </ol>
      {hasNext && (
        <button disabled={isLoadingNext} onClick={() => loadNext(2)}>
          Earlier
        </button>
      )}
    </>
  );
}
