// A page's use of what was generated. A line that is said to be wrong and is not is an error too, so that nothing is `any`.
import { CustomerPageDocument } from "./generated/graphql";
import type { CustomerPageQuery, CustomerPageQueryVariables, TimelineQuery } from "./generated/graphql";
import type { ResultOf, VariablesOf } from "@graphql-typed-document-node/core";
import { money } from "./money";

type Customer = NonNullable<CustomerPageQuery["customer"]>;
type Touchpoint = Customer["timeline"]["nodes"][number];

export const answer = (data: ResultOf<typeof CustomerPageDocument>): CustomerPageQuery => data;
export const asked: VariablesOf<typeof CustomerPageDocument> = { id: "cus_1" };
// @ts-expect-error The id must be given.
export const forgotten: CustomerPageQueryVariables = {};

export function revenue({ value }: Customer): string {
  // @ts-expect-error An amount is text, and no number to reckon with.
  const doubled = value.revenue.amount * 2;
  return money(value.revenue) + String(doubled);
}

export function stage({ lifecycle }: Customer): string {
  // @ts-expect-error There may be no stage yet.
  const sure: string = lifecycle.stage;
  // @ts-expect-error There is no such stage.
  const known = lifecycle.stage === "FRIEND";
  return lifecycle.stage ?? `${sure}${known}`;
}

export function title(touchpoint: Touchpoint): string {
  if (touchpoint.__typename === "Invoice") return touchpoint.lines.edges[0]?.node.description ?? touchpoint.number ?? "";
  // @ts-expect-error Only an e-mail has a subject.
  const subject: string | null = touchpoint.subject;
  // @ts-expect-error Only what is of a kind without a type shows its properties here.
  const properties: unknown = touchpoint.properties;
  return touchpoint.title ?? `${subject}${properties}`;
}

export function sheet(touchpoint: Extract<Touchpoint, { __typename: "CustomTouchpoint" }>): string {
  // @ts-expect-error It may be any JSON.
  const text: string = touchpoint.properties;
  return typeof touchpoint.properties === "string" ? touchpoint.properties : text;
}

// @ts-expect-error There may be no such customer.
export const name = (data: TimelineQuery): string => data.customer.displayName;
