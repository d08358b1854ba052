"""The commands of the protocol, what each takes, and what is wrong with one whatever its records say.

What only the database knows (whose list it is, whether the contact exists) is not asked here.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from enum import Enum

from postroom.contacts.commands import BatchHeader, Kind
from postroom.contacts.verdicts import Verdict
from postroom.dialects.batches import flags
from postroom.dialects.batches.text import EDGES


class Lists(Enum):
    """How many lists a command is about."""

    NONE = "none"
    ONE = "one"
    SOME = "some"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a command takes: arguments it must have, others it may have beside `realm`, its records."""

    kind: Kind
    lists: Lists = Lists.NONE
    required: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()
    records: bool = True
    fields: tuple[str, ...] = ("email",)
    """Fields that the records must have."""


_SUB_FLAGS = frozenset({"format", "force_sub"})
_UNSUB_FLAGS = frozenset({"optout", "force_optout", "global", "universal"})
_SENDING = frozenset({"subject", "campaign_name"})

_SUB = Rule(Kind.SUB, Lists.SOME, optional=_SUB_FLAGS)
_UNSUB = Rule(Kind.UNSUB, Lists.SOME, optional=_UNSUB_FLAGS)
_SAVE = Rule(Kind.SAVE)
_DELETE = Rule(Kind.DELETE)
_SEND = Rule(Kind.SEND, Lists.ONE, ("template_id",), _SENDING | {"format"})
_LAUNCH = Rule(
    Kind.LAUNCH,
    Lists.ONE,
    ("format",),
    _SENDING | {"template_id", "segmentation_id", "seed_list_id", "notify_email", "target_rss"},
    records=False,
    fields=(),
)

IN_XML: Mapping[str, Rule] = {
    "sub": _SUB,
    "subscribe": _SUB,
    "unsub": _UNSUB,
    "unsubscribe": _UNSUB,
    "save": _SAVE,
    "delete": _DELETE,
    "send": _SEND,
    "launch": _LAUNCH,
}
"""The types of command blocks (specs, command batches 2.4)."""

IN_DAT: Mapping[str, Rule] = {
    **IN_XML,
    "update": Rule(Kind.SAVE, optional=frozenset({"list_id", "identity_field"})),
    "change": Rule(Kind.CHANGE, fields=("email", "email_new"), optional=frozenset({"email", "email_new"})),
    "customfieldcreate": Rule(
        Kind.FIELD_CREATE,
        required=("fieldname", "fieldtype"),
        optional=frozenset({"description"}),
        records=False,
        fields=(),
    ),
    "customfielddelete": Rule(Kind.FIELD_DELETE, required=("fieldname",), records=False, fields=()),
    "smartsub": Rule(Kind.SMART_SUB, Lists.ONE, ("delimiter",), _SUB_FLAGS),
    "relationalsub": Rule(Kind.RELATIONAL_SUB, Lists.ONE, ("delimiter",), _SUB_FLAGS),
    "smartunsub": Rule(Kind.SMART_UNSUB, Lists.ONE, optional=_UNSUB_FLAGS),
    "relationalsave": Rule(Kind.RELATIONAL_SAVE, fields=()),
    "relationaldelete": Rule(Kind.RELATIONAL_DELETE, fields=()),
}
"""The commands of lines (specs, command batches 2.2)."""

BLOCKS = frozenset({Kind.SMART_SUB, Kind.RELATIONAL_SUB, Kind.SMART_UNSUB})
"""Commands whose records are the lines below them."""

_RELATIONAL = frozenset({Kind.RELATIONAL_SAVE, Kind.RELATIONAL_DELETE})
_FIELD_TYPES = frozenset("012367")
_FLAG_ARGUMENTS = frozenset({"optout", "force_optout", "force_sub", "global", "universal", "target_rss"})
_NUMBER_ARGUMENTS = frozenset({"template_id", "segmentation_id", "seed_list_id"})
_IDENTITIES = frozenset({"email", "customer_key"})
_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "pipe": "|", "semicolon": ";"}


class CommandRefused(Exception):  # it is a verdict about the command, not an error of ours
    """A command cannot be run, whatever its records say."""

    def __init__(self, verdict: Verdict, value: str = "") -> None:
        """Keep what is wrong and where it shows."""
        self.verdict = verdict
        self.value = value
        super().__init__(f"{verdict.value} {value}")


def check(
    rule: Rule, said: Mapping[str, str], header: BatchHeader
) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    """Return the arguments of a command as the contract has them, and the names of those it does not know.

    `said` has them as written, by lower-case key. Raises CommandRefused.
    """
    known = {*rule.required, *rule.optional, "realm", *(() if rule.lists is Lists.NONE else ("list_id",))}
    unknown = [key for key in said if key not in known]
    arguments = {key: _normal(key, value) for key, value in said.items() if key in known}
    _check_company(rule, header)
    missing = next((key for key in rule.required if not arguments.get(key)), None)
    if missing:
        raise CommandRefused(Verdict.MISSING_ARGUMENT, missing)
    if rule.lists is not Lists.NONE:
        _check_lists(rule, arguments, header)
    return tuple(sorted(arguments.items())), unknown


def check_fields(rule: Rule, fields: Container[str]) -> None:
    """Raise CommandRefused for records that lack a field which tells whom they are about."""
    for field in rule.fields:
        if field not in fields:
            raise CommandRefused(Verdict.MISSING_FIELD, field)


def _check_company(rule: Rule, header: BatchHeader) -> None:
    """Hold relational commands to be alone, under the flags they need (specs, command batches 4.2, 7.34)."""
    if rule.kind in _RELATIONAL:
        if not header.relational or header.allow_duplicates:
            raise CommandRefused(Verdict.NOT_RELATIONAL)
    elif header.relational:
        raise CommandRefused(Verdict.NOT_RELATIONAL)
    if rule.kind is Kind.RELATIONAL_SUB and not header.isrelationalsubscriber:
        raise CommandRefused(Verdict.MISSING_ARGUMENT, "isrelationalsubscriber=1")


def _check_lists(rule: Rule, arguments: Mapping[str, str], header: BatchHeader) -> None:
    """Hold a command to name its list or to have the header's, which no child realm has (specs, 7.20)."""
    if not arguments.get("list_id"):
        child = arguments.get("realm", header.realm).lower() != header.realm.lower()
        everywhere = "global" in rule.optional and _says(arguments, "global", default=header.everywhere)
        if (header.list_id is None or child) and not everywhere:
            raise CommandRefused(Verdict.MISSING_ARGUMENT, "list_id")
        return
    lists = arguments["list_id"].split(",")
    if any(flags.number(each) is None for each in lists):
        raise CommandRefused(Verdict.BAD_ARGUMENT, f"list_id={arguments['list_id']}")
    if rule.lists is Lists.ONE and len(lists) > 1:
        raise CommandRefused(Verdict.SEVERAL_LISTS, arguments["list_id"])


def _says(arguments: Mapping[str, str], key: str, *, default: bool) -> bool:
    return default if key not in arguments else arguments[key] == "1"


def _normal(key: str, text: str) -> str:
    """Return a value as every program may compare it; raise CommandRefused for one that cannot be."""
    value = text if key == "delimiter" else text.strip(EDGES)
    found: str | None = value
    if key in _FLAG_ARGUMENTS:
        said = flags.flag(value)
        found = None if said is None else str(int(said))
    elif key == "format":
        found = flags.FORMATS.get(value.lower())
    elif key in _NUMBER_ARGUMENTS and value:
        found = value if flags.number(value) is not None else None
    elif key == "list_id":
        found = ",".join(flags.ids(value))
    elif key == "delimiter":
        found = _delimiter(value)
    elif key == "identity_field":
        found = value.lower() if value.lower() in _IDENTITIES else None
    elif key == "fieldtype" and value and value not in _FIELD_TYPES:
        raise CommandRefused(Verdict.BAD_FIELD_TYPE, value)
    if found is None:
        raise CommandRefused(Verdict.BAD_ARGUMENT, f"{key}={value}")
    return found


def _delimiter(text: str) -> str | None:
    """Read what stands between the values of a block: a character, or its name."""
    name = text.strip(" \r\n")
    found = _DELIMITERS.get(name.lower(), name)
    return found if found in {",", "\t", "|", ";", ""} else None
