"""The parameters of one call, read as what they stand for; what is wrong is refused by name (spec 2.2)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from postroom.contacts.errors import Refused
from postroom.web.api.rest.parsing import Value, Values, shown, unpacked
from postroom.web.errors import Malformed

MOST_ITEMS: Final = 1000
USUAL_ITEMS: Final = 100
DEFAULT: Final = "DEFAULT"
COMPLEX: Final = "complex"

_FLAGS: Final = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off", ""), False),
}
_ID: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,12}", re.ASCII)


class Parameters:
    """What a call says, wherever it stood. Names have the case of the documents.

    Each method reads one parameter, and raises Refused when that is not what it must be.
    """

    def __init__(self, values: Mapping[str, Value]) -> None:
        """Take what was parsed."""
        self._values = values

    def has(self, name: str) -> bool:
        """Tell whether a parameter was given, empty or not."""
        return name in self._values

    def check_known(self, known: Collection[str], what: str) -> None:
        """Refuse parameters that `what` does not have: a filter with a slip in it must not widen a call."""
        for name in self._values:
            if name == COMPLEX:
                raise Malformed("The filter complex is not supported; use the plain filters.", code="COMPLEX")
            if name not in known:
                raise Refused(
                    f"{shown(name)} is no parameter of {what}, which has {', '.join(sorted(known))}.",
                    code="UNKNOWN_PARAMETER",
                    details={"field": name[:80]},
                )

    def text(self, name: str) -> str | None:
        """Return a text without blanks around it, None when it is not given or null."""
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise refused(name, "must be one text")
        return value.strip()

    def needed_text(self, name: str) -> str:
        """Return a text that must be given and not empty."""
        text = self.text(name)
        if not text:
            raise refused(name, "is needed", code="MISSING_PARAMETER")
        return text

    def flag(self, name: str) -> bool | None:
        """Return a yes or no, None when it is not given."""
        value = self._values.get(name)
        if value is None or isinstance(value, bool):
            return value
        known = _FLAGS.get(value.strip().lower()) if isinstance(value, str) else None
        if known is None:
            raise refused(name, "must be true or false")
        return known

    def number(self, name: str, default: int, most: int | None = None) -> int:
        """Return a whole number from 0 to `most`."""
        value = self._values.get(name)
        if value is None:
            return default
        if not isinstance(value, str) or not _NUMBER.fullmatch(value.strip()):
            raise refused(name, "must be a whole number")
        number = int(value)
        if most is not None and number > most:
            raise refused(name, f"must be {most} at most")
        return number

    def ids(self, name: str) -> list[int] | None:
        """Return ids in their order, each once; None when the parameter is not given.

        They come as `12,65`, as a list, or as a list in JSON. A filter without any id is refused.
        """
        if name not in self._values:
            return None
        found: dict[int, None] = {}
        for text in _items(self._values[name], name):
            if not _ID.fullmatch(text):
                raise refused(name, f"must be ids such as 12,65; {shown(text)} is none")
            found[int(text)] = None
        if not found:
            raise refused(name, "holds no id")
        return list(found)

    def needed_ids(self, name: str) -> list[int]:
        """Return ids, at least one."""
        ids = self.ids(name)
        if ids is None:
            raise refused(name, "is needed", code="MISSING_PARAMETER")
        return ids

    def one_id(self, name: str) -> int:
        """Return an id, and no more than one."""
        ids = self.needed_ids(name)
        if len(ids) > 1:
            raise refused(name, "must be one id")
        return ids[0]

    def properties(self, known: Mapping[str, object], usual: Sequence[str]) -> Sequence[str]:
        """Return the properties that are asked for, in that order, each once, in the case of the documents.

        DEFAULT stands for the `usual` ones, which are meant too when nothing is asked for.
        """
        value = self._values.get("properties")
        names = [] if value is None else _items(value, "properties")
        if not names:
            return usual
        by_folded = {name.lower(): name for name in known}
        found: dict[str, None] = {}
        for name in names:
            if name.upper() == DEFAULT:
                found.update(dict.fromkeys(usual))
            elif (spelled := by_folded.get(name.lower())) is not None:
                found[spelled] = None
            else:
                raise refused("properties", f"may name {', '.join(known)}; {shown(name)} is none of them")
        return list(found)

    def sort(self, known: Mapping[str, str]) -> tuple[str, bool] | None:
        """Return a field of ours and whether it falls (`id DESC`); `known` has the fields by their names."""
        text = self.text("sort")
        if not text:
            return None
        name, *direction = text.split()
        field = {name.lower(): field for name, field in known.items()}.get(name.lower())
        if field is None or [word.upper() for word in direction] not in ([], ["ASC"], ["DESC"]):
            raise refused("sort", f"must be one of {', '.join(known)}, with ASC or DESC, such as id DESC")
        return field, [word.upper() for word in direction] == ["DESC"]

    def moment(self, name: str) -> datetime | None:
        """Return a moment: `YYYY-MM-DD HH:MM:SS` in UTC, or as of RFC 3339."""
        text = self.text(name)
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError):
            raise refused(name, f"must be a moment such as 2013-01-02 14:00:00, not {shown(text)}") from None

    def meta_data(self) -> Parameters:
        """Return what stands in metaData: an object, or one in JSON, once or twice encoded."""
        if "metaData" not in self._values:
            raise refused("metaData", "is needed", code="MISSING_PARAMETER")
        value = unpacked(self._values["metaData"], "metaData")
        if not isinstance(value, dict) or not value:
            raise refused("metaData", 'must be a JSON object such as {"name": "New name"}')
        return Parameters(value)

    def objects(self, name: str) -> list[Values]:
        """Return objects: a list of them, or one; as brackets, as JSON, or as JSON in a text."""
        value = unpacked(self._values.get(name), name)
        found = value if isinstance(value, list) else [value]
        if not found or value is None:
            raise refused(name, "is needed", code="MISSING_PARAMETER")
        return [_object(unpacked(item, f"{name}[{n}]"), f"{name}[{n}]") for n, item in enumerate(found)]

    def values(self) -> Mapping[str, Value]:
        """Return everything as it was parsed."""
        return self._values


def refused(field: str, wrong: str, *, code: str = "INVALID") -> Refused:
    """Return the error about one parameter; `wrong` goes on after its name."""
    return Refused(f"{field} {wrong}.", code=code, details={"field": field})


def _object(value: Value, where: str) -> Values:
    if not isinstance(value, dict):
        raise refused(where, "must be an object")
    return value


def _items(value: Value, name: str) -> list[str]:
    """Return the texts of a comma list or of a list, without blanks around them and without empty ones."""
    value = unpacked(value, name)
    found: list[str] = []
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, str):
            raise refused(name, "must be a list such as 12,65")
        found += (part for part in (part.strip() for part in item.split(",")) if part)
    return found
