"""Opt-outs from lists of a database that knew lists by their numbers alone."""

from __future__ import annotations

from typing import Any, Final

import pytest

from postroom.store.database import Connection, Database
from postroom.store.schema import migrations

NAMES: Final = next(text for name, text in migrations().items() if name.endswith("_list_names.sql"))
ANN, BOB = "ann@example.com", "bob@example.com"


class Old:
    """A database as it was before lists were left by their names."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        connection.execute("drop table gone_lists")
        for account_id, name in ((1, "Mini"), (1, "Mini"), (2, "Garden")):
            connection.execute(
                "insert into lists (account_id, name, created_at, updated_at) values (%s, %s, now(), now())",
                [account_id, name],
            )

    def opt_out(self, account_id: int, list_id: int, address: str, reason: int = 1) -> None:
        row = self._connection.execute(
            "insert into consent_acts (account_id, scope, source, by_whom, acted_at)"
            " values (%s, %s, 'file', 'alice', now()) returning act_id",
            [account_id, f"list:{list_id}"],
        ).fetchone()
        assert row is not None
        self._connection.execute(
            "insert into optouts values (%s, %s, %s, %s, %s)",
            [account_id, f"list:{list_id}", address, reason, row["act_id"]],
        )

    def migrate(self) -> None:
        self._connection.execute(NAMES)

    def rows(self, statement: str) -> list[Any]:
        return [tuple(row.values()) for row in self._connection.execute(statement)]


def test_opt_outs_go_by_the_names_of_lists_and_the_stronger_reason_stays(database: Database) -> None:
    with database.transaction() as connection:
        old = Old(connection)
        old.opt_out(1, 1, ANN, 1)
        old.opt_out(1, 2, ANN, 2)
        old.opt_out(1, 2, BOB, 1)
        old.opt_out(2, 3, ANN, 1)

        old.migrate()

        assert old.rows("select account_id, scope, address, reason from optouts order by 1, 2, 3") == [
            (1, "list:Mini", ANN, 2),
            (1, "list:Mini", BOB, 1),
            (2, "list:Garden", ANN, 1),
        ]


def test_the_ledger_tells_of_lists_by_their_names(database: Database) -> None:
    with database.transaction() as connection:
        old = Old(connection)
        old.opt_out(1, 2, ANN)
        old.opt_out(2, 3, ANN)

        old.migrate()

        assert old.rows("select account_id, scope from consent_acts order by act_id") == [
            (1, "list:Mini"),
            (2, "list:Garden"),
        ]


@pytest.mark.parametrize(("account_id", "list_id"), [(1, 9), (1, 3)])
def test_lists_that_are_gone_keep_their_numbers_and_other_accounts_lists_are_none(
    database: Database, account_id: int, list_id: int
) -> None:
    with database.transaction() as connection:
        old = Old(connection)
        old.opt_out(account_id, list_id, ANN)

        old.migrate()

        assert old.rows("select account_id, scope from optouts") == [(account_id, f"list:{list_id}")]
