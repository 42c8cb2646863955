"""Relay's compiler takes the schema, the documents that pages send, and a pagination of every list there is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_required_argument,
)

from tests.conftest import ROOT
from tests.frontends.conftest import Frontend, Tools, documents, shown


def test_the_compiler_takes_the_fragments_that_are_shown(frontend: Frontend) -> None:
    relay = prepared(frontend)
    relay.write("src/Timeline.ts", shown("src/Timeline.ts"))
    relay.run("relay-compiler")
    written = (relay.folder / "src/__generated__/Timeline_customer.graphql.ts").read_text("utf-8")
    assert "readonly occurredAt: string;" in written
    assert "readonly amount: string;" in written


def test_the_compiler_takes_every_document(frontend: Frontend) -> None:
    relay = prepared(frontend)
    for name, text in documents().items():
        # Relay wants operations to be named for the module they stand in, and for what they are.
        operation = re.compile(rf"^(query|mutation|subscription) {name}\b", re.MULTILINE)
        relay.write(f"src/{name}.ts", in_module(operation.sub(lambda at: at[0] + at[1].capitalize(), text)))
    relay.run("relay-compiler")
    assert len(list((relay.folder / "src/__generated__").iterdir())) == len(documents()) >= 50


def test_the_compiler_pages_and_fetches_again_every_list(frontend: Frontend) -> None:
    relay = prepared(frontend)
    lists = dict(paginations(build_schema((ROOT / "schema.graphql").read_text("utf-8"))))
    for module, text in lists.items():
        relay.write(f"src/{module}.ts", in_module(text))
    relay.run("relay-compiler")
    assert len(lists) >= 19
    assert sum("refetchable" in text for text in lists.values()) >= 15


def prepared(frontend: Frontend) -> Tools:
    relay = frontend("relay")
    relay.write("relay.config.json", shown("relay.config.json"))
    relay.write("src/__generated__/.keep", "")
    (relay.folder / "src/__generated__/.keep").unlink()
    return relay


def in_module(text: str) -> str:
    # A comment may quote a word as Markdown does, and would end the text there.
    text = text.replace("`", "'")
    return f'import {{ graphql }} from "relay-runtime";\n\nexport default graphql`\n{text}`;\n'


def paginations(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """By module: a fragment that pages a list of the schema, fetched again by the id of what has the list."""
    for type_ in schema.type_map.values():
        if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) or type_.name == "Subscription":
            continue
        again = type_.name == "Query" or any(each.name == "Node" for each in type_.interfaces)
        for name, field in type_.fields.items():
            plain = not any(is_required_argument(argument) for argument in field.args.values())
            if plain and get_named_type(field.type).name.endswith("Connection"):
                module = f"{type_.name}{name[0].upper()}{name[1:]}"
                refetchable = f'@refetchable(queryName: "{module}Query")' if again else ""
                yield (
                    module,
                    (
                        f"fragment {module}_list on {type_.name} {refetchable}\n"
                        '@argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" }) {\n'
                        f'  {name}(first: $count, after: $cursor) @connection(key: "{module}_{name}")'
                        " { edges { node { __typename } } }\n}\n"
                    ),
                )
