"""What all steps of a batch share: whose it is, where it is told, which accounts it has touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from postroom.contacts.commands import BatchHeader, Command, Tally
from postroom.contacts.settings import AccountSettings
from postroom.contacts.verdicts import Verdict
from postroom.ingest.background import Background, Foreground
from postroom.ingest.commands.realms import Realm
from postroom.ingest.commands.telling import CommandRefused, Telling
from postroom.ingest.relational.applying import RelationalApplier
from postroom.store.accounts import Account
from postroom.store.database import Connection
from postroom.store.journal import JournalKey
from postroom.store.optouts import Act


@dataclass(frozen=True, slots=True)
class CommandBatch:
    """Whose batch it is and what holds for all of it; `drop_id` is unique within the account.

    `children` are the accounts of the child realms, by the realm's name in lower case; `universal` are the
    ids of all accounts that a universal opt-out reaches, none where these are switched off.
    """

    account_id: int
    drop_id: int
    by_whom: str
    settings: AccountSettings
    header: BatchHeader
    children: Mapping[str, Account] = field(default_factory=dict)
    universal: Sequence[int] = ()


@dataclass(slots=True)
class Work:
    """A batch on its way; the caller of it all holds the locks of every account that it may touch."""

    connection: Connection
    batch: CommandBatch
    now: datetime
    telling: Telling
    tally: Tally
    background: Background | Foreground
    may_have_universal: bool
    realms: dict[int, Realm] = field(default_factory=dict)
    relational: dict[int, RelationalApplier] = field(default_factory=dict)
    requested: set[int] = field(default_factory=set)
    """The accounts for which messages or campaigns were asked."""

    def realm_of(self, command: Command) -> Realm:
        """Return the realm that a command is for; raise CommandRefused when it is no child of the batch's."""
        batch = self.batch
        named = (command.argument("realm") or "").lower()
        if not named or named == batch.header.realm.lower():
            return self.realm(batch.account_id, batch.settings)
        child = batch.children.get(named)
        if child is None:
            raise CommandRefused(Verdict.FOREIGN_REALM, command.argument("realm") or "")
        return self.realm(child.account_id, child.settings)

    def realm(self, account_id: int, settings: AccountSettings) -> Realm:
        """Return an account that the batch changes."""
        if account_id not in self.realms:
            key = JournalKey(account_id, self.batch.account_id, self.batch.drop_id)
            self.realms[account_id] = Realm(self.connection, key, settings)
        return self.realms[account_id]

    def is_own(self, realm: Realm) -> bool:
        """Tell whether a realm is the batch's, whose header has the default list."""
        return realm.account_id == self.batch.account_id

    def act(self, realm: Realm, scope: str) -> Act:
        """Return what the ledger says of changes of opt-outs that a run makes."""
        batch = self.batch
        return Act(realm.account_id, scope, "file", batch.by_whom, self.now, batch.drop_id)
