"""What a campaign says, fixed when it is launched: later changes of the template do not touch it."""

from __future__ import annotations

from dataclasses import replace

from postroom.contacts.errors import Missing
from postroom.contacts.templates import Content
from postroom.sending.content import compile_content
from postroom.sending.readiness import require_ready
from postroom.store import accounts, campaigns, templates
from postroom.store.campaigns import Campaign
from postroom.store.database import Connection


def template_content(
    connection: Connection, account_id: int, template_id: int, subject: str | None
) -> Content:
    """Return a template's content as it is now, under another subject where one is given, in every language.

    Raises Missing when the account has no such template.
    """
    return _under(templates.template_by_id(connection, account_id, template_id).content, subject)


def content_to_send(connection: Connection, campaign: Campaign) -> Content:
    """Return what a campaign that was not launched yet would say now.

    Raises:
        Missing: its template is gone.
        Refused: nobody could get it: it has no sender, names what is no field, or cannot be read.
    """
    account_id, template_id = campaign.account_id, campaign.template_id
    if template_id is None:
        return campaign.content
    try:
        template = templates.template_by_id(connection, account_id, template_id)
    except Missing as gone:
        said = f"The template of campaign {campaign.campaign_id} is gone: make another campaign."
        raise Missing(said, code=gone.code, details=gone.details) from None
    content = _under(template.content, campaign.options.subject)
    settings = accounts.account_by_id(connection, account_id).settings
    require_ready(content, settings, template=template.name)
    return content


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


def _under(content: Content, subject: str | None) -> Content:
    if not subject:
        return content
    variants = {name: replace(each, subject=subject) for name, each in content.variants.items()}
    return replace(content, variants=variants)
