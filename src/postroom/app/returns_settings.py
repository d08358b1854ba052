"""What an operator may set of mails that come back; the rest of the table is in `settings`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, JsonValue
from pydantic_settings import BaseSettings

from postroom.contacts import addresses

_SECRET: Final[dict[str, JsonValue]] = {"secret": True}

Port = Annotated[int, Field(ge=0, le=65535)]


def _addresses(text: str) -> str:
    words = [word.strip() for word in text.split(",")]
    if not all(addresses.email(word) for word in words):
        raise ValueError("expected addresses such as complaints@bounces.example.com, with commas between")
    return ",".join(word.lower() for word in words)


class ReturnsSettings(BaseSettings):
    """Settings of bounces and complaints: how their mails reach us."""

    bounce_port: Port | None = Field(
        None, description="Port at which mails come back, 25 or one that leads to it; none without it."
    )
    bounce_limit_bytes: Annotated[int, Field(ge=65_536)] = Field(
        10 * 1024 * 1024, description="Largest mail that may come back, in bytes (10 MiB)."
    )
    complaint_addresses: Annotated[str, AfterValidator(_addresses)] | None = Field(
        None, description="Addresses to which providers report complaints, with commas between."
    )
    bounce_maildir: Path | None = Field(
        None, description="Maildir into which a mail server puts what comes back; looked at every minute."
    )
    bounce_imap_host: str | None = Field(
        None, description="IMAP server with a mailbox of what comes back; looked at every minute."
    )
    bounce_imap_port: Port | None = Field(None, description="Its port; by bounce_imap_tls 993 or 143.")
    bounce_imap_tls: Literal["tls", "starttls"] = Field(
        "tls", description="Encryption on the way to it: from the start, or by STARTTLS."
    )
    bounce_imap_username: str | None = Field(None, description="Who Postroom is there.")
    bounce_imap_password: str | None = Field(
        None, repr=False, json_schema_extra=_SECRET, description="Password of bounce_imap_username."
    )
    bounce_imap_folder: str = Field("INBOX", description="Its folder with what comes back.")
    bounce_imap_done: str | None = Field(
        None, description="Folder to which read mails are moved; without it they are only marked as read."
    )

    def check_returns(self, *, has_domain: bool) -> None:
        """Raise ValueError when settings of mails that come back do not fit together."""
        if self.bounce_port is not None and not (has_domain or self.complaint_addresses):
            raise ValueError("bounce_port needs bounce_domain or complaint_addresses: no other mail is taken")
        named = (self.bounce_imap_host, self.bounce_imap_username, self.bounce_imap_password)
        if any(named) and not all(named):
            raise ValueError(
                "bounce_imap_host, bounce_imap_username and bounce_imap_password belong together"
            )
