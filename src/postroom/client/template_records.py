"""Templates, as the API tells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from postroom.client.records import known, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What a template says in one language."""

    subject: str = ""
    html: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTemplate:
    """A template without what it says; "" among the languages stands for everybody else."""

    id: int
    name: str
    channel: str
    languages: Sequence[str]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template; `etag` names this state of it."""

    id: int
    name: str
    channel: str
    variants: Mapping[str, Variant]
    sender: str
    reply_to: str
    tracking: bool
    marketing: bool
    defaults: Mapping[str, str]
    created_at: datetime
    updated_at: datetime
    etag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The message that somebody would get, or why there would be none (`reason`, `detail`)."""

    language: str | None
    subject: str | None
    html: str | None
    text: str | None
    reason: str | None
    detail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateLink:
    """A link that can be tracked."""

    id: int
    url: str
    name: str
    categories: Sequence[str]
    dynamic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedTemplate:
    """What a template has, and what is odd about it."""

    languages: Sequence[str]
    links: Sequence[TemplateLink]
    fields: Sequence[str]
    warnings: Sequence[str]


def listed_of(said: Mapping[str, Any]) -> ListedTemplate:
    """Return a template of a listing."""
    return ListedTemplate(**(known(ListedTemplate, said) | _times(said)))


def template_of(said: Mapping[str, Any], etag: str | None = None) -> Template:
    """Return the template of an answer."""
    variants = {language: Variant(**known(Variant, each)) for language, each in said["variants"].items()}
    return Template(**(known(Template, said) | _times(said) | {"variants": variants, "etag": etag}))


def checked_of(said: Mapping[str, Any]) -> CheckedTemplate:
    """Return what an answer says of a template."""
    links = [TemplateLink(**known(TemplateLink, each)) for each in said["links"]]
    return CheckedTemplate(**(known(CheckedTemplate, said) | {"links": links}))


def preview_of(said: Mapping[str, Any]) -> Preview:
    """Return the preview of an answer."""
    return Preview(**known(Preview, said))


def _times(said: Mapping[str, Any]) -> dict[str, datetime]:
    return {name: moment(said[name]) for name in ("created_at", "updated_at")}
