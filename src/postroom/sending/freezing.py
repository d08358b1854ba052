"""What a campaign says, fixed when it is launched: later changes of the template do not touch it."""

from __future__ import annotations

from dataclasses import replace

from postroom.contacts.templates import Content
from postroom.sending.content import compile_content
from postroom.store import campaigns, templates
from postroom.store.campaigns import Campaign
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


def check_content(content: Content) -> None:
    """Raise Refused, with the line and what is wrong, unless a content can be made into messages."""
    if content.channel.by_message:
        compile_content(content)


def write_links(connection: Connection, campaign: Campaign) -> None:
    """Write down the links of what a campaign says to each person.

    Raises Refused, with the line and what is wrong, when its content cannot be read. What goes to a partner
    says nothing to anybody.
    """
    if campaign.channel.by_message:
        campaigns.set_links(connection, campaign, compile_content(campaign.content).links)
