"""The levels of opt-outs of command batches, and their two truth tables as law (specs, command batches 6).

A list-level opt-out keeps an address off one list, a global one is the account's opt-out of e-mail, a
universal one holds in every realm of the system.

A list is left by its name: an import that makes a second list of the name, tonight or after the first was
deleted, must not write again to who left it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason, after_optin
from postroom.contacts.verdicts import Verdict

GLOBAL_SCOPE = Medium.EMAIL.value
"""The scope of global opt-outs: the same as everywhere else."""

UNIVERSAL_SCOPE = "universal"
"""The scope of universal opt-outs in the ledger; they stand in a table of their own."""

_LIST = "list:"


class Level(StrEnum):
    """How far an opt-out reaches."""

    LIST = "list"
    GLOBAL = "global"
    UNIVERSAL = "universal"


def list_scope(name: str) -> str:
    """Return the scope of opt-outs from the lists of a name."""
    return f"{_LIST}{name}"


def list_of_scope(scope: str) -> str | None:
    """Return the name of the lists of a scope; None when it is that of a medium."""
    return scope.removeprefix(_LIST) if scope.startswith(_LIST) else None


@dataclass(frozen=True, slots=True)
class Unsubscribing:
    """What an unsubscription asks: of one list or `everywhere` (list 0), and which records it may leave.

    `universal` is true only where that is switched on and everywhere is meant.
    """

    everywhere: bool
    optout: bool = True
    universal: bool = False
    force: bool = False

    def record(self, *, subscribed: bool) -> Level | None:
        """Tell which opt-out is written for an address, by whether a subscription was found (6.2).

        Without one, forcing is the only reason to write any, and wins over `optout=0`: creating a record is
        the flag's only purpose.
        """
        wanted = self.optout or self.universal if subscribed else self.force
        if not wanted:
            return None
        if not self.everywhere:
            return Level.LIST
        return Level.UNIVERSAL if self.universal else Level.GLOBAL


def barred(standing: Mapping[Level, OptOutReason], *, forced: bool, lifts_complaints: bool) -> Verdict | None:
    """Tell why an address must not be subscribed, by its opt-outs of list, account and system (6.3).

    Forced, those of list and account are lifted as an opt-in lifts them; a universal one never is.
    """
    if Level.UNIVERSAL in standing:
        return Verdict.UNIVERSALLY_OPTED_OUT
    kept = [
        reason
        for reason in standing.values()
        if not forced or after_optin(reason, lifts_complaints=lifts_complaints)
    ]
    return Verdict.OPTED_OUT if kept else None
