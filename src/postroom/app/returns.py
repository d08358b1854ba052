"""Where mails that come back are left for us, by the settings."""

from __future__ import annotations

from postroom.app.settings import Settings
from postroom.sending.returns.mailbox import Mailbox, MailboxConfig
from postroom.sending.returns.maildir import Maildir
from postroom.sending.returns.tending import Source


def returns_sources(settings: Settings) -> list[Source]:
    """Return the places to fetch mails from; none where nothing is set."""
    addresses = frozenset((settings.complaint_addresses or "").split(",")) - {""}
    sources: list[Source] = []
    if settings.bounce_maildir:
        sources.append(Maildir(settings.bounce_maildir, addresses, settings.bounce_limit_bytes))
    if settings.bounce_imap_host:
        by_port = {"tls": 993, "starttls": 143}[settings.bounce_imap_tls]
        config = MailboxConfig(
            host=settings.bounce_imap_host,
            port=settings.bounce_imap_port or by_port,
            username=settings.bounce_imap_username or "",
            password=settings.bounce_imap_password or "",
            starttls=settings.bounce_imap_tls == "starttls",
            folder=settings.bounce_imap_folder,
            done=settings.bounce_imap_done,
            complaint_addresses=addresses,
            most_bytes=settings.bounce_limit_bytes,
        )
        sources.append(Mailbox(config))
    return sources
