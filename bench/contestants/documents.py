"""What each contestant is asked, in its own names: the leaves of all answers are the same, in the same order."""

from __future__ import annotations

from collections.abc import Mapping

_CUSTOMER = "id displayName email phone lifecycle { stage standing since }"
_VALUE = "value { revenue { amount currency } orders firstPurchaseAt lastPurchaseAt }"
_TOUCHPOINT = "id kind channel direction automated occurredAt title amount { amount currency }"

HUB: Mapping[str, str] = {
    "P1": f"query P1($id: ID!) {{ customer(by: {{id: $id}}) {{ {_CUSTOMER} {_VALUE}"
    f" timeline(first: 20) {{ nodes {{ {_TOUCHPOINT} }} pageInfo {{ hasNextPage }} }} }} }}",
    "P2": f"query P2 {{ customers(first: 50, orderBy: {{field: LAST_TOUCH}}) {{ nodes {{ {_CUSTOMER}"
    f" identifiers(first: 3) {{ nodes {{ kind value display }} }} {_VALUE}"
    f" timeline(first: 10) {{ nodes {{ {_TOUCHPOINT} }} }} }} pageInfo {{ hasNextPage }} }} }}",
    "P3": "query P3 { touchpointStats(groupBy: [CUSTOMER_STAGE, CHANNEL], every: MONTH) {"
    " rows { key { customerStage channel period } touchpoints amount { amount currency } } } }",
}
"""P1 is a customer with 20 touchpoints, P2 a page of 50 with 10 each, P3 a group-by. Also what plain strawberry has."""

_FLAT = "id displayName email phone stage standing since"
_WORTH = "revenue currency orders firstPurchaseAt lastPurchaseAt"
_ROW = "id kind channel direction automated occurredAt title amount currency"
_NEWEST = "orderBy: [HAPPENED_DESC, ID_DESC]"

POSTGRAPHILE: Mapping[str, str] = {
    "P1": f"query P1($id: String!) {{ customer: customerById(id: $id) {{ {_FLAT} {_WORTH}"
    f" timeline(first: 20, {_NEWEST}) {{ nodes {{ {_ROW} }} pageInfo {{ hasNextPage }} }} }} }}",
    "P2": f"query P2 {{ customers: allCustomers(first: 50, orderBy: [LAST_TOUCH_DESC, ID_DESC]) {{ nodes {{ {_FLAT}"
    f" identifiers(first: 3, orderBy: NUM_ASC) {{ nodes {{ kind value display }} }} {_WORTH}"
    f" timeline(first: 10, {_NEWEST}) {{ nodes {{ {_ROW} }} }} }} pageInfo {{ hasNextPage }} }} }}",
    "P3": "query P3 { stats: allStats(first: 1000) { nodes { stage channel period touchpoints amount currency } } }",
}
