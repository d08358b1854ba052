from __future__ import annotations

import polars as pl

from postroom.ingest.rekeying import NewKeys, Rekeyed


def keys(*texts: str | None) -> NewKeys:
    """Return the keys of contacts 1, 2, 3 …."""
    column = pl.Series("key", [text.encode() if text else None for text in texts], dtype=pl.Binary)
    return NewKeys(pl.DataFrame({"contact_id": range(1, len(texts) + 1)}).with_columns(column))


def test_contacts_of_one_key_collide_and_the_lowest_id_stays() -> None:
    assert keys("a", "b", "a", None, None, "a").colliding.rows() == [(1, 1), (1, 3), (1, 6)]


def test_figures_tell_how_many_have_a_key_and_how_many_go() -> None:
    told = keys("a", "b", "a", None, "b", "a").figures()

    assert told == Rekeyed(contacts=6, keyed=5, groups=2, merged=3)


def test_lots_are_whole_groups_of_about_the_size_asked_for() -> None:
    lots = list(keys("a", "b", "c", "d", "a", "b", "c", "d", "a").colliding_lots(4))

    assert [lot["kept_id"].unique().sort().to_list() for lot in lots] == [[1, 2], [3, 4]]
    assert [lot.height for lot in lots] == [5, 4]


def test_who_stays_comes_in_lots_with_its_key() -> None:
    lots = [lot.rows() for lot in keys("a", None, "a", "b").lots(2)]

    assert lots == [[(1, b"a"), (2, None)], [(4, b"b")]]


def test_without_contacts_there_is_nothing_to_do() -> None:
    nobody = keys()

    assert list(nobody.colliding_lots(4)) == []
    assert nobody.figures() == Rekeyed(contacts=0, keyed=0, groups=0, merged=0)
