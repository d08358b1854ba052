"""The custom fields of one account: made, deleted, found by name, and what their values are stored as."""

from __future__ import annotations

from dataclasses import replace

from postroom.contacts.custom_fields import (
    MAX_DESCRIPTION_CHARACTERS,
    FieldType,
    is_field_name,
    typed_value,
)
from postroom.contacts.fields import EXTRA_FIELDS
from postroom.contacts.verdicts import Verdict
from postroom.store import custom_fields
from postroom.store.accounts import account_by_id
from postroom.store.custom_fields import CustomField
from postroom.store.database import Connection


class CustomFields:
    """The custom fields of an account, as its contacts have them within one transaction.

    The account's labels count as fields of text: what a file calls `custom_Magasin` is the field that the
    account has labelled `Magasin`, unless it has a custom field of that name. Case counts (seed 001). Who
    makes or deletes one holds the account's lock.
    """

    def __init__(self, connection: Connection, account_id: int) -> None:
        """Look at what there is."""
        self._connection = connection
        self._account_id = account_id
        self._slots = {each.slot: each for each in custom_fields.custom_fields_of(connection, account_id)}
        labels = account_by_id(connection, account_id).settings.labels
        self._labels = {label: field for field, label in labels.items()}
        self._by_name = {each.name: each for each in self._slots.values() if not each.deleted}

    @property
    def fields(self) -> list[CustomField]:
        """Return those that there are, by name."""
        return sorted(self._by_name.values(), key=lambda each: each.name)

    def create(self, name: str, type_number: int, description: str) -> Verdict | None:
        """Make a field; return why not: BAD_ARGUMENT, BAD_FIELD_TYPE, FIELD_EXISTS, TOO_MANY_FIELDS.

        It goes where no field has been, else where one was deleted, which first empties that place: nobody
        finds what another field held under the name of this one.
        """
        if not is_field_name(name) or not _is_description(description):
            return Verdict.BAD_ARGUMENT
        if type_number not in list(FieldType):
            return Verdict.BAD_FIELD_TYPE
        if self.column(name) is not None:
            return Verdict.FIELD_EXISTS
        slot = self._free_slot()
        if slot is None:
            return Verdict.TOO_MANY_FIELDS
        if slot in self._slots:
            custom_fields.empty_slot(self._connection, self._account_id, self._slots[slot])
        made = CustomField(slot, name, FieldType(type_number), description)
        custom_fields.put_custom_field(self._connection, self._account_id, made)
        self._slots[slot] = self._by_name[name] = made
        return None

    def delete(self, name: str) -> Verdict | None:
        """Delete a field; return NO_SUCH_FIELD when there is none, or only a label of that name.

        What it holds is out of reach from then on.
        """
        field = self._by_name.pop(name, None)
        if field is None:
            return Verdict.NO_SUCH_FIELD
        custom_fields.delete_custom_field(self._connection, self._account_id, field)
        self._slots[field.slot] = replace(field, deleted=True)
        return None

    def column(self, name: str) -> str | None:
        """Return the contact field that holds `custom_NAME`; None when there is none."""
        field = self._by_name.get(name)
        return self._labels.get(name) if field is None else field.column

    def typed(self, name: str, text: str) -> str | Verdict:
        """Return a value of a field as it is stored, or why it cannot be; it is neither empty nor `NULL`.

        UNKNOWN_FIELD when there is no such field, else what `typed_value` says.
        """
        field = self._by_name.get(name)
        if field is not None:
            return typed_value(field.type, text)
        return typed_value(FieldType.TEXT, text) if name in self._labels else Verdict.UNKNOWN_FIELD

    def _free_slot(self) -> int | None:
        """Return the first slot that nothing was in, else the first of what was deleted."""
        slots = range(1, len(EXTRA_FIELDS) + 1)
        unused = (slot for slot in slots if slot not in self._slots)
        deleted = (slot for slot in slots if slot in self._slots and self._slots[slot].deleted)
        return next(unused, None) or next(deleted, None)


def _is_description(text: str) -> bool:
    return len(text) <= MAX_DESCRIPTION_CHARACTERS and text.isprintable()
