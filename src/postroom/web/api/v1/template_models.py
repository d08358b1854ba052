"""Templates as /v1 spells them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from postroom.contacts import templates
from postroom.contacts.campaigns import NotSentReason
from postroom.contacts.channels import Channel
from postroom.contacts.fields import MAX_VALUE_CHARACTERS
from postroom.contacts.templates import MOST_CHARACTERS, MOST_NAME_CHARACTERS, Content
from postroom.sending.templates import MOST_DEFAULTS, MOST_VARIANTS
from postroom.web.api.operations.templates import (
    Checked,
    ListedTemplate,
    Rendered,
    Template,
    Unsendable,
)
from postroom.web.api.v1.models import Id, Read, Written

Name = Annotated[str, StringConstraints(min_length=1, max_length=MOST_NAME_CHARACTERS)]
Language = Annotated[str, StringConstraints(pattern="^([a-z]{2})?$")]
Subject = Annotated[str, StringConstraints(max_length=2000)]
Said = Annotated[str, StringConstraints(max_length=MOST_CHARACTERS)]
Address = Annotated[str, StringConstraints(max_length=400)]
Value = Annotated[str, StringConstraints(max_length=MAX_VALUE_CHARACTERS)]
FieldName = Annotated[str, StringConstraints(min_length=1, max_length=120)]
ChannelName = Literal["EMAIL", "SMS", "VOICE", "VOICEMAIL", "PRINT", "SOCIAL", "CALLCENTER"]


class Variant(Read):
    """What a template says in one language."""

    subject: str
    html: str
    text: str


class TemplateListed(Read):
    """A template without what it says."""

    id: int
    name: str
    channel: Channel
    languages: list[str] = Field(description='`""` stands for everybody else.')
    created_at: datetime
    updated_at: datetime


class TemplateRead(Read):
    """A template."""

    id: int
    name: str
    channel: Channel
    variants: dict[str, Variant] = Field(description='By language; `""` is for everybody else.')
    sender: str
    reply_to: str
    tracking: bool
    marketing: bool
    defaults: dict[str, str] = Field(description="What stands for a field without value.")
    created_at: datetime
    updated_at: datetime


class Templates(Read):
    """A page of templates, by id."""

    items: list[TemplateListed]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
    total: int | None = Field(description="All that there are, when asked for.")


class NewVariant(Written):
    """What a template is to say in one language. The text of a mail is made from its HTML when empty."""

    subject: Subject = ""
    html: Said = ""
    text: Said = ""


Variants = Annotated[dict[Language, NewVariant], Field(max_length=MOST_VARIANTS)]
Defaults = Annotated[dict[FieldName, Value], Field(max_length=MOST_DEFAULTS)]


class NewTemplate(Written):
    """A template to keep."""

    name: Name
    channel: ChannelName = "EMAIL"
    variants: Variants
    sender: Address = ""
    reply_to: Address = ""
    tracking: bool = True
    marketing: bool = True
    defaults: Defaults = Field(default_factory=dict)


class TemplateChanges(Written):
    """What is to be different; what is absent stays. `variants` and `defaults` are replaced whole."""

    name: Name = ""
    variants: Variants = Field(default_factory=dict)
    sender: Address = ""
    reply_to: Address = ""
    tracking: bool = True
    marketing: bool = True
    defaults: Defaults = Field(default_factory=dict)


Row = Annotated[dict[FieldName, Value], Field(max_length=200)]
Rows = Annotated[list[Row], Field(max_length=1000)]


class PreviewWanted(Written):
    """For whom a preview is to be: a contact, a language instead of the contact's, rows of items."""

    contact_id: Id | None = None
    language: Annotated[str, StringConstraints(pattern="^[a-z]{2}$")] | None = None
    items: Annotated[dict[FieldName, Rows], Field(max_length=50)] = Field(default_factory=dict)


class Preview(Read):
    """The message that somebody would get, or why there would be none (`reason`, `detail`)."""

    language: str | None
    subject: str | None
    html: str | None
    text: str | None
    reason: NotSentReason | None
    detail: str | None


class TemplateLink(Read):
    """A link that can be tracked."""

    id: int
    url: str = Field(description="As it is written, with fields in it when `dynamic`.")
    name: str
    categories: list[str]
    dynamic: bool


class TemplateChecked(Read):
    """What a template has, and what is odd about it."""

    languages: list[str]
    links: list[TemplateLink]
    fields: list[str] = Field(description="Fields of contacts and other names that it asks for.")
    warnings: list[str]


def listed_of(found: ListedTemplate) -> TemplateListed:
    """Return a template in a listing as it is spelled."""
    return TemplateListed(
        id=found.template_id,
        name=found.name,
        channel=found.channel,
        languages=found.languages,
        created_at=found.created_at,
        updated_at=found.updated_at,
    )


def template_of(found: Template) -> TemplateRead:
    """Return a template as it is spelled."""
    return TemplateRead(
        id=found.template_id,
        name=found.name,
        created_at=found.created_at,
        updated_at=found.updated_at,
        **found.content.as_json(),
    )


def content_of(new: NewTemplate) -> Content:
    """Return the content that is asked for, unchecked."""
    return Content(
        channel=Channel(new.channel),
        variants=variants_of(new.variants),
        sender=new.sender,
        reply_to=new.reply_to,
        tracking=new.tracking,
        marketing=new.marketing,
        defaults=new.defaults,
    )


def changes_of(changes: TemplateChanges) -> dict[str, Any]:
    """Return the attributes of a content that are to be different."""
    given = {name: getattr(changes, name) for name in changes.model_fields_set if name != "name"}
    if "variants" in given:
        given["variants"] = variants_of(given["variants"])
    return given


def variants_of(new: dict[str, NewVariant]) -> dict[str, templates.Variant]:
    """Return variants as they are kept."""
    return {language: templates.Variant(each.subject, each.html, each.text) for language, each in new.items()}


def preview_of(found: Rendered | Unsendable) -> Preview:
    """Return a preview as it is spelled."""
    if isinstance(found, Unsendable):
        nothing = dict.fromkeys(["language", "subject", "html", "text"])
        return Preview(**nothing, reason=found.reason, detail=found.detail)
    said = {name: getattr(found, name) for name in ("language", "subject", "html", "text")}
    return Preview(**said, reason=None, detail=None)


def checked_of(found: Checked) -> TemplateChecked:
    """Return what was found about a template as it is spelled."""
    links = [
        TemplateLink(
            id=each.link_id,
            url=each.url,
            name=each.name,
            categories=list(each.categories),
            dynamic=each.dynamic,
        )
        for each in found.links
    ]
    return TemplateChecked(
        languages=list(found.languages),
        links=links,
        fields=list(found.fields),
        warnings=list(found.warnings),
    )
