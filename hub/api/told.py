"""What endpoints are told of a change, as a document of the graph. The hub asks it, whatever documents it trusts."""

from __future__ import annotations

DOCUMENT = """
query ToldOf($changes: [ID!]!) {
  nodes(ids: $changes) {
    id
    ... on Change {
      kind
      at
      historical
      from
      to
      customer { ...Whom }
      touchpoint {
        __typename
        id
        kind
        channel
        direction
        occurredAt
        title
        amount { amount currency }
        source { id name }
        customer { ...Whom }
        organisation { ...Whom }
      }
      matter {
        id
        kind
        reference
        title
        state
        outcome
        open
        amount { amount currency }
        source { id name }
      }
    }
  }
}

fragment Whom on Customer {
  id
  formerIds
  kind
  displayName
  email
  phone
  relationship
  lifecycle { stage standing }
}
"""
