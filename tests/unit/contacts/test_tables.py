"""What a relational table may be called, and what it needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from postroom.contacts.errors import Refused
from postroom.contacts.tables import (
    MAX_NAME_CHARACTERS,
    Field,
    FieldType,
    ForeignKey,
    Table,
    TableKind,
    TableState,
    column_name,
    foreign_key,
    require_complete,
    table_description,
    table_name,
)

NOW = datetime(2026, 3, 4, tzinfo=UTC)
ID = Field("id", FieldType.NUMBER, is_unique=True)
CONTACTS = ForeignKey(None, None, None, owning=True)


def table(name: str = "purchase", kind: TableKind = TableKind.REGULAR, **more: object) -> Table:
    found = Table(
        table_id=sum(name.encode()),
        name=name,
        kind=kind,
        description="",
        state=TableState.PENDING,
        may_clear=False,
        fields=(ID,),
        foreign_keys=(),
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(found, **more)  # type: ignore[arg-type]  # fields of a table


@pytest.mark.parametrize("name", ["purchase", "itemSKU", "größe", "a" * MAX_NAME_CHARACTERS, "2024", "a_b-c"])
def test_a_name_stays_as_it_is(name: str) -> None:
    assert (table_name(name), column_name(name)) == (name, name)


@pytest.mark.parametrize("character", [*'^?%:|<>,;&$+=@#."\\/', " ", "\t", "\n", "\u00a0", "\x00", "\u2028"])
def test_what_would_part_names_in_files_is_in_none(character: str) -> None:
    with pytest.raises(Refused) as refused:
        table_name(f"a{character}b")

    assert refused.value.code == "BAD_NAME"


@pytest.mark.parametrize("name", ["", "a" * (MAX_NAME_CHARACTERS + 1)])
def test_a_name_is_neither_empty_nor_endless(name: str) -> None:
    with pytest.raises(Refused):
        column_name(name)


@pytest.mark.parametrize("name", ["email", "First", "FIRST_NAME", "customer_key", "contact_id"])
def test_no_field_is_called_like_what_names_the_contact(name: str) -> None:
    with pytest.raises(Refused):
        column_name(name)


@pytest.mark.parametrize("text", ["What people like", "été_2024", "", "  "])
def test_a_description_has_letters_digits_and_blanks(text: str) -> None:
    assert table_description(text) == text.strip()


@pytest.mark.parametrize("text", ["a;b", "<b>", "a" * 256, "what?"])
def test_a_description_has_nothing_else(text: str) -> None:
    with pytest.raises(Refused):
        table_description(text)


@pytest.mark.parametrize(
    ("type_", "length", "is_unique", "found"),
    [
        (FieldType.STRING, None, False, 255),
        (FieldType.STRING, 4000, False, 4000),
        (FieldType.STRING, 255, True, 255),
        (FieldType.NUMBER, None, True, None),
        (FieldType.DATE, None, False, None),
    ],
)
def test_strings_alone_have_a_length(
    type_: FieldType, length: int | None, *, is_unique: bool, found: int | None
) -> None:
    assert Field.of("a", type_, length, is_unique=is_unique).length == found


@pytest.mark.parametrize(
    ("type_", "length", "is_unique"),
    [
        (FieldType.STRING, 0, False),
        (FieldType.STRING, 4001, False),
        (FieldType.STRING, 256, True),
        (FieldType.NUMBER, 5, False),
    ],
)
def test_a_length_that_cannot_be_is_refused(type_: FieldType, length: int, *, is_unique: bool) -> None:
    with pytest.raises(Refused) as refused:
        Field.of("a", type_, length, is_unique=is_unique)

    assert refused.value.code == "BAD_LENGTH"


def test_columns_are_found_without_regard_to_case() -> None:
    items = table("items", foreign_keys=(ForeignKey(1, "orders", "OrderId", owning=True),))

    assert items.field("ID") == ID
    assert items.key_of("orderid") == items.owner
    assert (items.field("orderid"), items.key_of("id")) == (None, None)


def test_a_table_without_unique_field_has_no_key() -> None:
    with pytest.raises(ValueError, match="no unique field"):
        _ = table(fields=()).key


FLAT = table("colours", TableKind.FLAT)
OWNED = table("orders", foreign_keys=(CONTACTS,))
TO_ORDERS = ForeignKey(OWNED.table_id, "orders", "order_id", owning=True, type=FieldType.NUMBER)
TO_COLOURS = ForeignKey(FLAT.table_id, "colours", "colour", owning=False, type=FieldType.NUMBER)
JOIN = table("painted", TableKind.JOIN)


@pytest.mark.parametrize("complete", [FLAT, OWNED, replace(JOIN, foreign_keys=(TO_COLOURS, TO_ORDERS))])
def test_a_table_with_key_and_owner_is_complete(complete: Table) -> None:
    require_complete(complete)


@pytest.mark.parametrize(
    ("incomplete", "code"),
    [
        (replace(FLAT, fields=()), "NO_UNIQUE_FIELD"),
        (replace(FLAT, fields=(replace(ID, is_unique=False),)), "NO_UNIQUE_FIELD"),
        (table(), "NO_FOREIGN_KEY"),
        (JOIN, "NO_FOREIGN_KEY"),
        (replace(JOIN, foreign_keys=(TO_COLOURS,)), "NO_FOREIGN_KEY"),
        (replace(JOIN, foreign_keys=(TO_ORDERS,)), "NO_FOREIGN_KEY"),
    ],
)
def test_an_incomplete_table_says_what_it_lacks(incomplete: Table, code: str) -> None:
    with pytest.raises(Refused) as refused:
        require_complete(incomplete)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("of", "to", "column", "found"),
    [
        (table(), None, None, CONTACTS),
        (table("items", fields=()), OWNED, None, replace(TO_ORDERS, column="id")),
        (table("items"), OWNED, "order_id", TO_ORDERS),
        (JOIN, OWNED, "order_id", TO_ORDERS),
        (JOIN, FLAT, "colour", TO_COLOURS),
    ],
)
def test_rows_point_to_contacts_or_other_rows(
    of: Table, to: Table | None, column: str | None, found: ForeignKey
) -> None:
    assert foreign_key(of, to, column) == found


@pytest.mark.parametrize(
    ("of", "to", "column", "code"),
    [
        (FLAT, None, None, "BAD_FOREIGN_KEY"),
        (FLAT, OWNED, "order_id", "BAD_FOREIGN_KEY"),
        (OWNED, None, None, "BAD_FOREIGN_KEY"),
        (table(), None, "person", "BAD_FOREIGN_KEY"),
        (JOIN, None, None, "BAD_FOREIGN_KEY"),
        (OWNED, table("shops"), "shop", "BAD_FOREIGN_KEY"),
        (table(), FLAT, "colour", "BAD_FOREIGN_KEY"),
        (table(), JOIN, "painted", "BAD_FOREIGN_KEY"),
        (OWNED, OWNED, "self", "BAD_FOREIGN_KEY"),
        (replace(JOIN, foreign_keys=(TO_COLOURS,)), FLAT, "again", "BAD_FOREIGN_KEY"),
        (replace(JOIN, foreign_keys=(TO_ORDERS,)), table("shops"), "shop", "BAD_FOREIGN_KEY"),
        (table("items"), OWNED, None, "FIELD_EXISTS"),
        (table("items"), OWNED, "ID", "FIELD_EXISTS"),
        (table("items"), OWNED, "email", "BAD_NAME"),
        (table("items"), replace(OWNED, fields=()), None, "NO_UNIQUE_FIELD"),
    ],
)
def test_no_other_foreign_key_is_made(of: Table, to: Table | None, column: str | None, code: str) -> None:
    with pytest.raises(Refused) as refused:
        foreign_key(of, to, column)

    assert refused.value.code == code


def test_a_join_names_rows_of_three_flat_tables_at_the_most() -> None:
    three = tuple(ForeignKey(number, f"flat{number}", f"flat{number}", owning=False) for number in range(3))

    with pytest.raises(Refused, match="3 flat tables"):
        foreign_key(replace(JOIN, foreign_keys=three), FLAT, "colour")
