"""From the tree to one statement: every object is put together where its row is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from hub.reads.binds import Among, Asker, Bind, Place
from hub.reads.dialects import Dialect
from hub.reads.names import Fixed, Row
from hub.reads.pieces import Known, Long, Piece, Read, braced, keyed, merged, quoted, together
from hub.reads.tree import (
    Amount,
    Entries,
    Fact,
    Kinds,
    Leaf,
    Many,
    Named,
    Narrowed,
    Node,
    Object,
    One,
    Page,
    Said,
    Sealed,
    Table,
    TypeName,
    Unsupported,
)
from hub.store.pages import COUNT_LIMIT, Order, Window, direction
from hub.store.ranked import Ranked

_HOLE = re.compile("\x02(\\d+)\x02")


COLUMNS = ("answer", "processed", "live", "scopes")
"""What a statement gives: the JSON of the answer, the last truth number it shows, which projection set is live in the
words of the reader, and the scopes of the token of who asks, for as long as that stands."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with holes: ``pieces`` of text, between which the conditions of filters go, by their place in ``filters``."""

    pieces: tuple[str | int, ...]
    binds: tuple[Bind, ...]
    filters: tuple[Narrowed, ...]


class Writer:
    """Writes one statement. ``fixed``: what templates may name that is the same everywhere."""

    def __init__(self, dialect: Dialect, fixed: Mapping[str, str], solid: Callable[[str, str], bool]) -> None:
        self._dialect = dialect
        self._fixed = Fixed(fixed, self._bound)
        self._solid = solid
        self._binds: list[Bind] = []
        self._filters: list[Narrowed] = []
        self._rows = 0

    def statement(self, root: Object) -> Statement:
        """The statement whose columns are ``COLUMNS``. Raises ``Unsupported``."""
        whole = merged(self._pieces(root, Row("", self._fixed), None))
        only = whole[0] if len(whole) == 1 else None
        rows = f" FROM {only.rows}" if isinstance(only, Read) else ""
        columns = (
            self._dialect.answer(together(only.pieces if isinstance(only, Read) else whole)),
            "(SELECT number FROM processed)",
            self._dialect.live,
            f"(SELECT scopes FROM token WHERE digest = {self._bound(Asker(), 'text')} AND revoked_at IS NULL)",
        )
        found = _HOLE.split(f"SELECT {', '.join(columns)}{rows}")
        pieces = [int(piece) if place % 2 else piece for place, piece in enumerate(found)]
        return Statement(tuple(pieces), tuple(self._binds), tuple(self._filters))

    # ---- values ------------------------------------------------------------------------------------------------------

    def _pieces(self, node: Node, row: Row, table: Table | None) -> list[Piece]:
        """The node's JSON."""
        match node:
            case Said():
                return [Known(node.json)]
            case Leaf():
                return self._leaf(node, row, table)
            case Amount():
                minor, currency = node.minor.format_map(row), node.currency.format_map(row)
                return [Known('"'), self._dialect.amount(minor, currency, self._fixed["_currency"]), Known('"')]
            case TypeName():
                return [
                    self._cases(
                        row[node.column],
                        [(held, quoted(f'"{name}"')) for held, name in node.branches],
                        quoted(f'"{node.other}"'),
                    )
                ]
            case Object():
                pieces = braced(node.members, lambda each: self._pieces(each, row, table))
                if not node.absent:
                    return pieces
                return [f"CASE WHEN {node.absent.format_map(row)} THEN 'null' ELSE {together(pieces)} END"]
            case Kinds():
                return self._of_kinds(node, row, table)
        return self._elsewhere(node, row)

    def _elsewhere(self, node: Node, row: Row) -> list[Piece]:
        """The same of what other rows have."""
        match node:
            case One():
                missing = self._dialect.poison if node.required else "'null'"
                return self._single(node.table, node.condition.format_map(row), node.node, row, missing)
            case Named():
                by = node.by
                given = self._bound(node.given, "text") if isinstance(by, str) else ""
                condition = by.format(given=given) if isinstance(by, str) else self._hole(by)
                missing = self._dialect.poison if node.required else "'null'"
                return self._single(node.table, condition, node.node, row, missing)
            case Many():
                return [self._many(node, row)]
            case Page():
                return self._page(node, row)
        raise Unsupported

    def _leaf(self, leaf: Leaf, row: Row, table: Table | None) -> list[Piece]:
        value = leaf.value.format_map(row)
        if value.startswith("'"):
            return [Known(f'"{value[1:-1]}"')]
        shown = self._dialect.leaf(leaf.form, value, leaf.names)
        missing = self._dialect.poison if leaf.required else "'null'"
        column = re.fullmatch(r"\{(\w+)\}", leaf.value)
        sure = bool(column) and table is not None and self._sure(table, leaf.value[1:-1])
        outside = shown.quoted and (sure or leaf.required)
        text = f"'\"' || {shown.text} || '\"'" if shown.quoted and not outside else shown.text
        if shown.condition:
            absent = "" if sure or leaf.required else f" WHEN {value} IS NULL THEN 'null'"
            text = f"CASE WHEN {shown.condition} THEN {text}{absent} ELSE {self._dialect.poison} END"
        elif not sure and shown.strict:
            text = f"coalesce({text}, {missing})"
        elif not sure:
            text = f"CASE WHEN {value} IS NULL THEN {missing} ELSE {text} END"
        return [Known('"'), text, Known('"')] if outside else [text]

    def _sure(self, table: Table, column: str) -> bool:
        """Whether a column is never NULL."""
        if column in table.columns:
            return False
        names = {alias: name for name, alias in re.findall(r"(\w+) (\w+)(?= JOIN| ON|$)", table.source)}
        return self._solid(names.get(table.alias, ""), column)

    def _of_kinds(self, node: Kinds, row: Row, table: Table | None) -> list[Piece]:
        """The object of a row whose kind decides its type: what all have in common stands before and after."""
        objects = [*(object_ for _, object_ in node.branches), node.other]
        lists = [object_.members for object_ in objects]
        before = _alike(lists)
        after = _alike([members[before:][::-1] for members in lists])
        if not before and after == min(map(len, lists)):
            after = 0  # whether a comma is needed there depends on the kind
        own = [members[before : len(members) - after] for members in lists]
        pieces: list[Piece] = [Known("{"), *self._part(lists[0][:before], row, table, first=True)]
        texts = [together(self._part(each, row, table, first=not before)) for each in own]
        kinds = [held for held, _ in node.branches]
        pieces.append(self._cases(row[node.column], list(zip(kinds, texts[:-1], strict=True)), texts[-1]))
        if after:
            tail = lists[0][len(lists[0]) - after :]
            pieces += self._part(tail, row, table, first=False)
        return [*pieces, Known("}")]

    def _part(self, members: Sequence[tuple[str, Node]], row: Row, table: Table | None, *, first: bool) -> list[Piece]:
        return keyed(members, lambda node: self._pieces(node, row, table), first=first) or [Known("")]

    def _cases(self, value: str, cases: Sequence[tuple[Sequence[str], str]], other: str) -> str:
        whens = " ".join(f"WHEN {value} IN ({', '.join(map(quoted, held))}) THEN {text}" for held, text in cases)
        return f"CASE {whens} ELSE {other} END"

    # ---- other rows --------------------------------------------------------------------------------------------------

    def _single(self, table: Table, condition: str, node: Node, row: Row, missing: str) -> list[Piece]:
        inner = self._row()
        pieces = self._pieces(node, inner, table)
        rows = self._columns(table, inner.alias, together(pieces), row)
        read = f"SELECT {rows} FROM {table.source} WHERE {condition}"
        return [Read(tuple(pieces), f"({read}) {inner.alias}", missing)]

    def _many(self, node: Many, row: Row) -> Piece:
        inner = self._row()
        text = together(self._pieces(node.node, inner, node.table))
        columns = self._columns(node.table, inner.alias, text, row)
        where = f" AND {node.where.format_map(row)}" if node.where else ""
        if node.among is not None:
            column, values = node.among
            where += f" AND {column} = ANY({self._bound(Among(values), 'text[]')})"
        source, owns, order = node.table.source.format_map(row), self._owns(node, row), node.order
        if node.listed:
            each, value, order = self._dialect.each(node.listed.format_map(row))
            source, owns = f"{each} JOIN {source} ON {node.on} = {value}", ["1 = 1"]
        end = f" LIMIT {node.most}" if node.most else ""
        parts = [
            f"SELECT {columns} FROM {source} WHERE {own}{where} ORDER BY {order}{end}"
            for own in owns or [f"{node.on} = {row[node.of]}" if node.on else "1 = 1"]
        ]
        items = Long(f"coalesce({self._dialect.joined(text, '')}, '')")
        found = Read((Known("["), items, Known("]")), f"({_one_after_another(parts)}) {inner.alias}")
        unless = node.unless.format_map(row)
        return f"CASE WHEN {unless} THEN {self._dialect.poison} ELSE {together([found])} END" if unless else found

    def _page(self, page: Page, row: Row) -> list[Piece]:
        """Rows from the counting end, one more than asked where that tells whether there are more."""
        inner = self._row()
        facts = {node.what for _, object_ in page.members if isinstance(object_, Object)
                 for _, node in object_.members if isinstance(node, Fact)}  # fmt: skip
        more = ("previous" if page.span.backward else "next") in facts
        placed = page.span.backward or bool(facts & {"start", "end"})
        entries = {
            id(node): self._entry(page, node.node, inner) for _, node in page.members if isinstance(node, Entries)
        }
        # What has no lists in it is short, and is counted more cheaply than by its places.
        cut = self._dialect.cuts and more and not placed and not any(_nested(each) for each in entries.values())
        placed = placed or (more and not cut)
        within = f"{inner.alias}.place <= {page.span.size}" if more else ""

        def shown(node: Node) -> list[Piece]:
            if not isinstance(node, Entries):
                return self._of_page(page, node, inner, row)
            text = together(entries[id(node)])
            list_ = self._dialect.cut(text, page.span.size) if cut else self._dialect.joined(text, within)
            return [Known("["), Long(f"coalesce({list_}, '')"), Known("]")]

        pieces = braced(page.members, shown)
        looked_at = page.span.after or page.span.before or page.narrowed
        if not looked_at and all(isinstance(node, Said | Fact) for _, node in page.members):
            return pieces
        text = together(pieces)
        if not entries:
            pieces = [f"CASE WHEN count(*) >= 0 THEN {text} END"]  # of all rows, as every page is
        rows = self._rows_of(page, inner, text, row, page.span.size + more)
        if placed:
            total = ", count(*) OVER () AS total" if f"{inner.alias}.total" in text else ""
            rows = f"SELECT w.*, row_number() OVER () AS place{total} FROM ({rows}) w"
        if page.span.backward:
            rows = f"SELECT b.* FROM ({rows}) b ORDER BY b.place DESC LIMIT {page.span.size + 1}"
        return [Read(tuple(pieces), f"({rows}) {inner.alias}")]

    def _of_page(self, page: Page, node: Node, inner: Row, row: Row) -> list[Piece]:
        """What a page has beside its entries."""
        if isinstance(node, Fact):
            return [self._count(page, row)]
        if not isinstance(node, Object):
            return self._pieces(node, inner, None)
        return braced(
            node.members,
            lambda member: (
                [self._fact(page, member, inner)] if isinstance(member, Fact) else self._pieces(member, inner, None)
            ),
        )

    def _entry(self, page: Page, node: Node, inner: Row) -> list[Piece]:
        if not isinstance(node, Object):
            return self._pieces(node, inner, page.table)
        return braced(
            node.members,
            lambda each: (
                [self._cursor(page, inner)] if isinstance(each, Sealed) else self._pieces(each, inner, page.table)
            ),
        )

    def _fact(self, page: Page, fact: Fact, inner: Row) -> str:
        span = page.span
        match fact.what:
            case "next" | "previous" if (fact.what == "previous") == span.backward:
                return f"CASE WHEN count(*) > {span.size} THEN 'true' ELSE 'false' END"
            case "next" | "previous":
                if (span.before if fact.what == "next" else span.after) is None:
                    return "'false'"
                # Of empty lists of several parents the ordinary way says so too, of the list of one it does not.
                return (
                    f"CASE WHEN count(*) = 0 THEN {self._dialect.poison} ELSE 'true' END" if page.parents else "'true'"
                )
        total = f"{inner.alias}.total"
        last = f"{inner.alias}.place = CASE WHEN {total} < {span.size} THEN {total} ELSE {span.size} END"
        where = f"{inner.alias}.place = 1" if (fact.what == "start") != span.backward else last
        return f"coalesce({self._dialect.joined(self._cursor(page, inner), where)}, 'null')" if span.size else "'null'"

    def _count(self, page: Page, row: Row) -> str:
        """How many entries the whole list has. Beyond a limit those of a narrowed list are not counted: what is said
        then is for the ordinary way."""
        condition = self._condition(page, whole=True)
        limit = f" LIMIT {COUNT_LIMIT + 1}" if page.narrowed else ""
        rows = " UNION ALL ".join(
            f"SELECT 1 FROM {page.table.source} WHERE {own} AND {condition}"
            for own in self._owns(page, row) or ["1 = 1"]
        )
        number = f"(SELECT count(*) AS n FROM (SELECT 1 FROM ({rows}) u{limit}) k)"
        shown = self._dialect.leaf("whole", "k.n", ())
        text = f"CASE WHEN {shown.condition} THEN {shown.text} ELSE {self._dialect.poison} END"
        if page.narrowed:
            text = f"CASE WHEN k.n > {COUNT_LIMIT} THEN {self._dialect.poison} ELSE {text} END"
        return f"(SELECT {text} FROM {number} k)"

    def _owns(self, page: Page | Many, row: Row) -> list[str]:
        """The conditions under which an entry belongs to the row around, one for each kind of parent."""
        return [
            f"{parent.when.format_map(row) + ' AND ' if parent.when else ''}"
            f"{parent.condition.format_map(row) or f'{page.table.alias}.{parent.on} = {row[parent.of]}'}"
            for parent in page.parents
        ]

    def _cursor(self, page: Page, inner: Row) -> str:
        bound = f"{page.name} {page.order.name} "
        return self._dialect.cursor(self._bound, bound, page.order, inner["ordered"], inner["tied"])

    def _rows_of(self, page: Page, inner: Row, text: str, row: Row, limit: int) -> str:
        condition = self._condition(page)

        def read(source: str, where: str, order: Order, ordered: str, tied: str) -> str:
            computed = {"ordered": ordered, "tied": tied}
            table = Table(source, page.table.alias, {**page.table.columns, **computed})
            end = f"ORDER BY {direction(order, Window(backward=page.span.backward))} LIMIT {limit}"
            return f"SELECT {self._columns(table, inner.alias, text, row)} FROM {source} WHERE {where} {end}"

        order, source = page.order, page.table.source
        if not isinstance(order, Ranked):
            owns = [f"{each} AND " for each in self._owns(page, row)] or [""]
            return _one_after_another([read(source, own + condition, order, order.column, order.tie) for own in owns])
        parts: list[str] = []
        for part in order.parts[::-1] if page.span.backward else order.parts:
            # SQLite keeps to the order of a cross join, which is that of the page when nothing narrows the list.
            beside = f"{part.of}{',' if page.narrowed else ' CROSS JOIN'} {source}" if part.of else source
            said = condition if page.narrowed else f"({condition}) IS TRUE"
            where = " AND ".join(each for each in (part.on, part.where, part.lacking, said) if each)
            way = replace(part.order, descending=order.descending)
            found = read(beside, where, way, "0" if part.lacking else way.column, f"'{part.key} ' || {way.tie}")
            parts.append(f"SELECT w.*, {len(parts)} AS part, row_number() OVER () AS turn FROM ({found}) w")
        return f"SELECT * FROM ({' UNION ALL '.join(parts)}) q ORDER BY q.part, q.turn LIMIT {limit}"

    def _condition(self, page: Page, *, whole: bool = False) -> str:
        parts = [page.where] if page.where else []
        if page.narrowed is not None:
            parts.append(self._hole(page.narrowed))
        order = page.order
        for given, argument, beyond in ((page.span.after, "after", True), (page.span.before, "before", False)):
            if given is not None and not whole:
                sign = "<" if beyond == order.descending else ">"
                halves = [
                    self._bound(Place(page.name, order, argument, given, half), cast)
                    for half, cast in enumerate((order.column_type, order.tie_type))
                ]
                parts.append(f"({order.column}, {order.tie}) {sign} ({halves[0]}, {halves[1]})")
        return " AND ".join(parts) or "1 = 1"

    def _hole(self, narrowed: Narrowed) -> str:
        """Where the condition of a filter goes when the statement runs."""
        if narrowed not in self._filters:
            self._filters.append(narrowed)
        return f"\x02{self._filters.index(narrowed)}\x02"

    def _columns(self, table: Table, alias: str, text: str, around: Row) -> str:
        """What is read of a table: the columns that the text of its rows names."""
        names = dict.fromkeys(re.findall(rf"\b{alias}\.(\w+)", text))
        columns = [
            f"{table.columns[name].format_map(around)} AS {name}" if name in table.columns else f"{table.alias}.{name}"
            for name in names
            if name not in ("place", "total")
        ]
        if table.summed:
            columns.append("count(*) AS summed")
        return ", ".join(columns) or "1 AS one"

    def _row(self) -> Row:
        self._rows += 1
        return Row(f"r{self._rows}", self._fixed)

    def _bound(self, bind: Bind, cast: str) -> str:
        if bind not in self._binds:
            self._binds.append(bind)
        return f"${self._binds.index(bind) + 1}::{cast}"


def _alike(lists: Sequence[Sequence[tuple[str, Node]]]) -> int:
    """How many members all lists begin with."""
    count = 0
    for members in zip(*lists, strict=False):
        if any(each != members[0] for each in members):
            break
        count += 1
    return count


def _one_after_another(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else " UNION ALL ".join(f"SELECT * FROM ({part}) p" for part in parts)


def _nested(pieces: Sequence[Piece]) -> bool:
    """Whether there are other rows in it."""
    return any(isinstance(piece, Read) for piece in pieces)
