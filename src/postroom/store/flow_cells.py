"""How the cells of an OUT flow are written by SQL: as CSV that COPY quotes, or as JSON.

COPY's CSV quotes exactly what the dialect of OUT flows has quoted (specs, OUT flows section 2): cells with a
separator, a quote, CR or LF, and empty ones, so that null is nothing. What a cell holds is written here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, LiteralString, cast

from psycopg import sql

Expression = sql.Composable

_NUMBER: Final = r"^[+-]?[0-9]{1,60}([.][0-9]{0,60})?([eE][+-]?[0-9]{1,2})?$"
_ISO: Final = 'YYYY-MM-DD"T"HH24:MI:SSTZH:TZM'
_NESTED: Final = '[,"\r\n]'
_PLAIN: Final[LiteralString] = (
    "(select case when t is null then null"
    " when t like '[\"%%\"]' and strpos(t, '\\') = 0 and strpos(t, '\"\"') = 0"
    " and strpos(replace(t, '\", \"', ''), ',') = 0 then replace(substr(t, 3, length(t) - 4), '\", \"', ',')"
    " else {joined} end from (select ({value})::text as t offset 0) as told)"
)
"""Half the time where all texts of an array are plain: not empty, no comma, quote or line end in them."""

_FORMULA: Final = "^[=+\\-@\t]"


class Source(Enum):
    """Where the values of a column come from."""

    ATTRIBUTE = "attribute"
    """The attribute of the event that has the name of the column."""
    EVENT_ID = "event_id"
    ACCOUNT = "account"
    CONTACT = "contact_id"
    CAMPAIGN = "campaign_id"
    CAMPAIGN_NAME = "campaign_name"
    CAMPAIGN_KIND = "campaign_kind"
    MESSAGE = "message"
    AT = "at"
    RECORDED = "recorded_at"
    ADDRESS = "address"
    FIELD = "field"
    """A field of the contact, as it is when the file is made."""
    ANSWER = "answer"
    """An answer of a survey, by the technical name of its question."""
    ITEM = "item"
    """What the consent ledger tells, or a single answer: each column by a rule of its own."""
    NOTHING = "nothing"
    """What is there no more: a field of contacts that was deleted since its column was asked for."""


_FREE: Final = frozenset({Source.CAMPAIGN_NAME, Source.ADDRESS, Source.ITEM})
"""What somebody has typed: it may be too long, or a formula."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A column of a file; `kind` is the value of `dialects.flows.columns.Kind`.

    `key` is what the source calls it, `length` the most characters of a text.
    """

    name: str
    kind: str
    source: Source
    key: str
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Writing:
    """How cells are written: moments with their offset, formulas made harmless, all as JSON values."""

    iso_moments: bool = False
    spreadsheet_safe: bool = False
    as_json: bool = False


def event_cells(cells: Sequence[Cell], writing: Writing, account: str, *, merged: bool) -> sql.Composed:
    """Return what is selected of an event `e`, its campaign `c`, its contact `k`.

    `merged` tells whether contacts became one with others, `m`.
    """
    return _selected(cells, writing, {**_of_events(account), Source.CONTACT: _person(merged=merged)})


def address_cells(cells: Sequence[Cell], writing: Writing, account: str) -> sql.Composed:
    """Return what is selected of an event `e` for a contact `k` that has its address.

    The event's id stands with its own contact; each other row has one that is derived from both.
    """
    derived = _derived(sql.SQL("'event/' || e.event_id || '/' || k.contact_id"))
    event_id = sql.SQL("case when k.contact_id = e.contact_id then e.event_id else {} end").format(derived)
    ours = {Source.CONTACT: sql.SQL("k.contact_id"), Source.EVENT_ID: event_id}
    return _selected(cells, writing, {**_of_events(account), **ours})


def answer_cells(cells: Sequence[Cell], writing: Writing, account: str, *, merged: bool) -> sql.Composed:
    """Return what is selected of an event `e`, a question `q` and one value `w` of its answer."""
    items = {
        "questionName": sql.SQL("q.name"),
        "answerIndex": sql.SQL("w.number"),
        "answerValue": sql.SQL("w.value"),
    }
    return _selected(cells, writing, {**_of_events(account), Source.CONTACT: _person(merged=merged)}, items)


def ledger_cells(cells: Sequence[Cell], writing: Writing, account: str) -> sql.Composed:
    """Return what is selected of a change `g` of an act `a` for a contact `k` that has its address."""
    told = sql.SQL("'consent/' || g.account_id || '/' || g.act_id || '/' || k.contact_id || '/' || g.address")
    ours: dict[Source, Expression] = {
        Source.EVENT_ID: _derived(told),
        Source.ACCOUNT: literal(account),
        Source.CONTACT: sql.SQL("k.contact_id"),
        Source.CAMPAIGN: sql.SQL("a.campaign_id"),
        Source.AT: sql.SQL("a.acted_at"),
        Source.RECORDED: sql.SQL("a.acted_at"),
    }
    return _selected(cells, writing, ours, {name: sql.SQL(text) for name, text in _LEDGER.items()})


def changed_counts(cells: Sequence[Cell], longest: int) -> sql.Composed:
    """Return counts of what is cut (of columns of at least `longest` characters) and of what is no number."""
    cut = [
        sql.SQL("count(*) filter (where length({}) > {})").format(_attribute(cell.key), literal(cell.length))
        for cell in cells
        if cell.source is Source.ATTRIBUTE and cell.kind == "text" and (cell.length or 0) >= longest
    ]
    wrong = [
        sql.SQL("count(*) filter (where {} !~ {})").format(_attribute(cell.key), literal(_NUMBER))
        for cell in cells
        if cell.source is Source.ATTRIBUTE and cell.kind == "decimal"
    ]
    sums = [sql.SQL(" + ").join([sql.SQL("0"), *each]) for each in (cut, wrong)]
    return sql.SQL("{} as cut, {} as not_a_number").format(*sums)


_LEDGER: Final = {
    "subscription": "case when a.scope like 'list:%%' then substr(a.scope, 6) else a.scope end",
    "status": "case when g.became is null then 'SUBSCRIBED' else 'UNSUBSCRIBED' end",
    "previousStatus": "case when g.was is null then 'SUBSCRIBED' else 'UNSUBSCRIBED' end",
    "source": "case when a.source = 'file' then 'IMPORT' when a.source = 'call' then 'API'"
    " when a.source = 'command' then 'MANUAL'"
    " when g.became = 4 then 'COMPLAINT' when g.became = 3 then 'SYSTEM'"
    " when a.source <> 'answer' then 'SYSTEM' when g.became is null then 'FORM'"
    " when coalesce(c.channel, a.scope) in ('SMS', 'VOICE', 'VOICEMAIL') then 'SMS_REPLY'"
    " else 'EMAIL_CAMPAIGN' end",
    "sourceName": "coalesce(c.name, d.name, a.by_whom)",
    "campaignId": "a.campaign_id",
    "formId": "null::bigint",
    "application": "a.by_whom",
    "dataCollectionSource": "'A' || a.account_id || '-' || a.drop_id",
    "dataCollectionWay": "'line ' || g.line",
    "dataCollectionMoment": "a.acted_at",
}


def literal(value: object) -> Expression:
    """Return a value as it stands in a statement that also has parameters: there % is a sign of its own."""
    return sql.SQL(cast(LiteralString, sql.Literal(value).as_string().replace("%", "%%")))


def _person(*, merged: bool) -> Expression:
    return sql.SQL("coalesce(m.contact_id, e.contact_id)" if merged else "e.contact_id")


def _of_events(account: str) -> dict[Source, Expression]:
    return {
        Source.EVENT_ID: sql.SQL("e.event_id"),
        Source.ACCOUNT: literal(account),
        Source.CAMPAIGN: sql.SQL("e.campaign_id"),
        Source.CAMPAIGN_NAME: sql.SQL("c.name"),
        Source.CAMPAIGN_KIND: sql.SQL("c.kind"),
        Source.MESSAGE: sql.SQL("e.account_id || '-' || e.message_id"),
        Source.AT: sql.SQL("e.at"),
        Source.RECORDED: sql.SQL("e.recorded_at"),
        Source.ADDRESS: sql.SQL("e.address"),
    }


def _derived(told: Expression) -> sql.Composed:
    """Return an id made of a text: version 8 of RFC 9562, so that no random one (version 4) is the same."""
    return sql.SQL("overlay(overlay(md5({}) placing '8' from 13) placing '8' from 17)::uuid").format(told)


def _selected(
    cells: Sequence[Cell],
    writing: Writing,
    sources: Mapping[Source, Expression],
    items: Mapping[str, Expression] | None = None,
) -> sql.Composed:
    columns = []
    for cell in cells:
        value = (items or {}).get(cell.name) if cell.source is Source.ITEM else sources.get(cell.source)
        written = _of_value(cell, value, writing) if value is not None else _of_json(cell, writing)
        columns.append(sql.SQL("{} as {}").format(written, sql.Identifier(cell.name)))
    return sql.SQL(", ").join(columns)


def _of_value(cell: Cell, value: Expression, writing: Writing) -> Expression:
    """Write a value that has a type of its own in the database."""
    if cell.kind == "moment":
        return _moment(value, writing)
    if cell.kind == "text" and cell.source in _FREE:
        return _text(value, cell.length, writing)
    return value


def _of_json(cell: Cell, writing: Writing) -> Expression:
    """Write an attribute, an answer or a field, all of which may be anything."""
    if cell.source is Source.NOTHING:
        return sql.SQL("null::text")
    if cell.source is Source.FIELD:
        field = sql.SQL("k.{}").format(sql.Identifier(cell.key))
        return field if cell.kind == "date" else _text(field, None, writing)
    if cell.source is Source.ANSWER:
        return _multi(sql.SQL("e.attributes -> 'answers' -> {}").format(literal(cell.key)), writing)
    if cell.kind == "multi":
        return _multi(sql.SQL("e.attributes -> {}").format(literal(cell.key)), writing)
    text = _attribute(cell.key)
    if cell.kind == "text":
        return _text(text, cell.length, writing)
    return _of_kind(cell.kind, text, writing)


def _of_kind(kind: str, text: Expression, writing: Writing) -> Expression:
    """Write what is a moment, a number or a truth; null when it is none."""
    if kind == "moment":
        moment = _moment(sql.SQL("({})::timestamptz").format(text), writing)
        return sql.SQL("case when pg_input_is_valid({}, 'timestamptz') then {} end").format(text, moment)
    if kind == "decimal":
        return sql.SQL("case when {0} ~ {1} then ({0})::numeric::text end").format(text, literal(_NUMBER))
    if not writing.as_json:
        return text
    if kind == "boolean":
        return sql.SQL("case {} when 'true' then true when 'false' then false end").format(text)
    return sql.SQL("case when pg_input_is_valid({0}, 'bigint') then ({0})::bigint end").format(text)


def _attribute(name: str) -> sql.Composed:
    return sql.SQL("e.attributes ->> {}").format(literal(name))


def _moment(value: Expression, writing: Writing) -> sql.Composed:
    if writing.iso_moments or writing.as_json:
        return sql.SQL("to_char({}, {})").format(value, literal(_ISO))
    return sql.SQL("date_trunc('second', {})::timestamp").format(value)


def _text(value: Expression, length: int | None, writing: Writing) -> Expression:
    cut = value if length is None else sql.SQL("left({}, {})").format(value, literal(length))
    if not writing.spreadsheet_safe or writing.as_json:
        return cut
    return sql.SQL("case when ({0}) ~ {1} then '''' || ({0}) else {0} end").format(cut, literal(_FORMULA))


def _multi(value: Expression, writing: Writing) -> Expression:
    """Write an array: as it is in JSON; else joined by commas, what has one quoted before the cell is."""
    array = sql.SQL(
        "case jsonb_typeof({0}) when 'array' then {0} when 'null' then null else to_jsonb(array[{0}]) end"
    ).format(value)
    if writing.as_json:
        return sql.SQL("nullif({}, '[]')").format(array)
    joined = sql.SQL(
        "(select string_agg("
        "case when v = '' or v ~ {0} then '\"' || replace(v, '\"', '\"\"') || '\"' else v end,"
        " ',' order by n) from jsonb_array_elements_text({1}) with ordinality t (v, n))"
    ).format(literal(_NESTED), array)
    return _text(sql.SQL(_PLAIN).format(value=value, joined=joined), None, writing)
