"""What the documents of the query page are filled with in the demo: ids of this very hub."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from hub.client import Client
from hub.demo.plan import EMAIL, FEED, PHONE, SAMPLES

_DOCUMENT = """
query Examples($email: String!) {
  customer(by: { identifier: { kind: "email", value: $email } }) { id }
  customers(first: 2) { nodes { id } }
  matters(first: 1, filter: { kinds: [DEAL], open: true }) { nodes { id } }
  touchpoints(first: 20, filter: { kinds: ["invoice"] }) {
    nodes { ... on Invoice { lines(first: 5) { nodes { product { id } } } } }
  }
}
"""
_STREAM = "posts"


async def examples(client: Client) -> Mapping[str, str]:
    """A value for each placeholder of ``docs/queries``; none where the hub has nothing of the kind."""
    found = await client.execute(_DOCUMENT, {"email": EMAIL})
    feed = next(source for source in await client.sources() if source["name"] == FEED)
    heroine = found["customer"]["id"]
    payload = (SAMPLES / "social.ndjson").read_text("utf-8").splitlines()[0]
    said = orjson.loads(payload)
    values = {
        "customer": heroine,
        "other_customer": next(one["id"] for one in found["customers"]["nodes"] if one["id"] != heroine),
        "phone": PHONE,
        "source": feed["id"],
        "run": feed["runs"]["nodes"][0]["id"],
        "stream": _STREAM,
        "key": f"{said['network']}/{said['id']}",
        "payload": payload,
    }
    if found["matters"]["nodes"]:
        values["matter"] = found["matters"]["nodes"][-1]["id"]
    lines = [line for one in found["touchpoints"]["nodes"] for line in one["lines"]["nodes"]]
    sold = dict.fromkeys(line["product"]["id"] for line in lines if line["product"])
    return values | dict(zip(("product", "other_product"), sold, strict=False))
