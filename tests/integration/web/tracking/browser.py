"""Somebody with a browser: opens links, reads pages, ticks boxes, presses buttons."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/17.5 Mobile/15E148 Safari/604.1"
)
HEADERS = {"User-Agent": PHONE, "Accept": "text/html", "Accept-Language": "en-GB,en;q=0.9"}


@dataclass
class Field:
    """An input of a form: what it would send, and whether it would."""

    name: str
    kind: str
    value: str
    on: bool
    disabled: bool
    label: str = ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: list[Field] = []
        self.links: dict[str, str] = {}
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.form: dict[str, str | None] | None = None
        self.language = ""
        self._href: str | None = None
        self._label = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        if tag == "html":
            self.language = given.get("lang") or ""
        if tag == "form":
            self.form = given
        if tag == "a":
            self._href = given.get("href")
        if tag == "label":
            self._label = True
        if tag == "input":
            kind = given.get("type") or "text"
            on = "checked" in given or kind in {"hidden", "text"}
            self.fields.append(
                Field(given.get("name") or "", kind, given.get("value") or "", on, "disabled" in given)
            )

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self._label = False

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if not text or (self.tags and self.tags[-1] == "style"):
            return
        self.texts.append(text)
        if self._href is not None:
            self.links[text] = self._href
            self._href = None
        if self._label and self.fields and not self.fields[-1].label:
            self.fields[-1].label = text


@dataclass
class Page:
    """A page as it is seen."""

    answer: httpx.Response
    url: str
    language: str
    text: str
    fields: list[Field]
    links: dict[str, str]
    tags: list[str]
    has_form: bool

    @property
    def boxes(self) -> dict[str, bool]:
        """Whether each box is ticked, by its label."""
        return {each.label: each.on for each in self.fields if each.kind == "checkbox"}

    def tick(self, label: str, *, on: bool = True) -> None:
        """Tick a box, or untick it."""
        (box,) = [each for each in self.fields if each.kind == "checkbox" and each.label == label]
        assert not box.disabled
        box.on = on

    def choose(self, label: str) -> None:
        """Choose one of several."""
        radios = [each for each in self.fields if each.kind == "radio"]
        assert label in {each.label for each in radios}
        for each in radios:
            each.on = each.label == label

    def write(self, name: str, text: str) -> None:
        """Write something into a field."""
        (field_,) = [each for each in self.fields if each.name == name]
        field_.value = text


@dataclass
class Browser:
    """Opens pages; `calls` knows the address of the site."""

    calls: httpx.Client
    headers: dict[str, str] = field(default_factory=lambda: dict(HEADERS))

    def open(self, url: str, method: str = "GET") -> Page:
        """Open a link, and follow it to wherever it leads on this site."""
        return _read(self.calls.request(method, url, headers=self.headers), url)

    def follow(self, page: Page, text: str) -> Page:
        """Follow a link of a page."""
        return self.open(urljoin(page.url, page.links[text]))

    def submit(self, page: Page) -> Page:
        """Press the button of the form of a page."""
        assert page.has_form
        data: dict[str, list[str]] = {}
        for each in page.fields:
            if each.on and each.name and not each.disabled:
                data.setdefault(each.name, []).append(each.value)
        return _read(self.calls.post(page.url, data=data, headers=self.headers), page.url)


def _read(answer: httpx.Response, url: str) -> Page:
    reader = _Reader()
    reader.feed(answer.text)
    return Page(
        answer,
        url,
        reader.language,
        " ".join(reader.texts),
        reader.fields,
        reader.links,
        reader.tags,
        reader.form is not None and reader.form.get("method") == "post",
    )
