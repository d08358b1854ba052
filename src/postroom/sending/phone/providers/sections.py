"""Reading a table of TOML that a person wrote: each value checked, each mistake named by where it stands."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from postroom.contacts.errors import Refused


def wrong(where: str, message: str) -> Refused:
    """Return the error of a mistake at `where`."""
    return Refused(f"{where}: {message}.", code="BAD_PROVIDER")


class Section:
    """One table, whose keys are taken one by one; what nobody took is a mistake."""

    def __init__(self, where: str, values: Mapping[str, Any]) -> None:
        """Read `values`, which stand at `where`."""
        self.where = where
        self._values = dict(values)
        self._taken: set[str] = set()

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text that is not empty; without `default` it must be there."""
        value = self._take(key, default)
        if not isinstance(value, str) or (not value and default is None):
            raise wrong(self._at(key), "expected a text")
        return value

    def number(self, key: str, default: float, *, least: float, most: float) -> float:
        """Return a number between two bounds."""
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise wrong(self._at(key), f"expected a number from {least:g} to {most:g}")
        return value

    def whole(self, key: str, default: int, *, least: int, most: int) -> int:
        """Return a whole number between two bounds."""
        value = self.number(key, default, least=least, most=most)
        if not isinstance(value, int):
            raise wrong(self._at(key), "expected a whole number")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._take(key, default)
        if not isinstance(value, bool):
            raise wrong(self._at(key), "expected true or false")
        return value

    def one_of(self, key: str, allowed: Iterable[str], default: str | None = None) -> str:
        """Return one of a few words."""
        value = self.text(key, default)
        known = list(allowed)
        if value not in known:
            raise wrong(self._at(key), f"expected one of {', '.join(known)}")
        return value

    def texts(self, key: str, default: Iterable[str] = ()) -> list[str]:
        """Return texts; a number among them is taken for its digits."""
        value = self._take(key, list(default))
        if not isinstance(value, list) or not all(_is_plain(each) for each in value):
            raise wrong(self._at(key), "expected a list of texts")
        return [str(each) for each in value]

    def numbers(self, key: str, default: Iterable[int]) -> frozenset[int]:
        """Return whole numbers."""
        value = self._take(key, list(default))
        if not isinstance(value, list) or not all(type(each) is int for each in value):
            raise wrong(self._at(key), "expected a list of whole numbers")
        return frozenset(value)

    def table(self, key: str) -> Section | None:
        """Return a table within this one, None when it is not there."""
        value = self._take(key, None)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise wrong(self._at(key), "expected a table")
        return Section(self._at(key), value)

    def anything(self, key: str) -> object:
        """Return a value as it stands, None when it is not there."""
        return self._take(key, None)

    def keys(self) -> list[str]:
        """Return the keys of this table."""
        return list(self._values)

    def end(self) -> None:
        """Raise Refused when there is a key that nobody took."""
        for key in self._values:
            if key not in self._taken:
                near = difflib.get_close_matches(key, self._taken, n=1)
                hint = f"did you mean {near[0]}" if near else f"known are {', '.join(sorted(self._taken))}"
                raise wrong(self._at(key), f"there is no such key; {hint}")

    def _take(self, key: str, default: object) -> object:
        self._taken.add(key)
        return self._values.get(key, default)

    def _at(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key


class Secret:
    """A secret that no listing, log or traceback shows."""

    def __init__(self, value: str) -> None:
        """Keep `value`."""
        self._value = value

    def __repr__(self) -> str:
        return "Secret(********)"

    def reveal(self) -> str:
        """Return it, to be sent where it belongs."""
        return self._value


def read_secret(section: Section, key: str, environ: Mapping[str, str]) -> Secret:
    """Return a secret that stands in the file or the environment variable which the description names.

    Raises Refused when it is not there; its text is shown nowhere.
    """
    source = section.table(key)
    if source is None or len(source.keys()) != 1:
        raise wrong(f"{section.where}.{key}", 'expected { env = "NAME" } or { file = "/path" }')
    kind = source.keys()[0]
    if kind == "env":
        name = source.text("env")
        value = environ.get(name, "")
        if not value:
            raise wrong(source.where, f"the environment has no {name}")
        return Secret(value)
    path = Path(source.text("file"))
    source.end()
    try:
        value = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as failed:
        reason = getattr(failed, "strerror", None) or "it is no text"
        raise wrong(source.where, f"{path} cannot be read: {reason}") from None
    if not value:
        raise wrong(source.where, f"{path} is empty")
    return Secret(value)


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)
