"""Whom an account's notices go to: adding a target, and trying it out."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import SplitResult, urlsplit

from postroom.contacts import addresses
from postroom.contacts.errors import Refused
from postroom.notices.carrying import Answer, Parcel
from postroom.notices.guard import Network, is_allowed
from postroom.notices.message import Event, Message
from postroom.notices.office import Office, parcel_for, purpose
from postroom.notices.outbox import new_message_id
from postroom.notices.webhooks import new_secret, written
from postroom.store import notices
from postroom.store.accounts import Account
from postroom.store.database import Connection
from postroom.store.notices import Target

_LONGEST_URL = 2000


@dataclass(frozen=True, slots=True)
class WebhookRules:
    """Which URLs an operator lets webhooks have: `networks` besides public addresses; `http` without TLS."""

    networks: Sequence[Network] = ()
    http: bool = False


def add_email(
    office: Office, connection: Connection, account_id: int, address: str, events: Sequence[Event]
) -> Target:
    """Add a mail address; raise Refused when it is none, Conflict when it is there already."""
    normal = addresses.email(address)
    if normal is None:
        raise Refused(f"'{address}' is no e-mail address.", code="BAD_ADDRESS")
    return notices.create_target(
        connection,
        account_id=account_id,
        kind="email",
        address=normal,
        events=events,
        secret=None,
        now=office.clock(),
    )


def add_webhook(
    office: Office,
    connection: Connection,
    account_id: int,
    url: str,
    events: Sequence[Event],
    rules: WebhookRules,
) -> tuple[Target, str]:
    """Add a webhook; return it with its signing secret, which is not shown again.

    Raises Refused when the URL may not be one, Conflict when it is there already.
    """
    check_url(url, rules)
    secret = new_secret()
    target = notices.create_target(
        connection,
        account_id=account_id,
        kind="webhook",
        address=url,
        events=events,
        secret=office.sealer.seal(secret, purpose(account_id, url)),
        now=office.clock(),
    )
    return target, written(secret)


def check_url(url: str, rules: WebhookRules) -> None:
    """Raise Refused when a webhook may not have this URL; names are looked up at each delivery only."""
    parts = _split(url)
    host = parts.hostname or ""
    literal = _literal(host)
    loopback = host == "localhost" or (literal is not None and literal.is_loopback)
    if parts.scheme == "http" and not (rules.http or loopback):
        raise Refused(
            "A webhook needs https, as the message would travel unencrypted. "
            "POSTROOM_WEBHOOK_HTTP=true allows http.",
            code="BAD_URL",
        )
    if literal is not None and not is_allowed(literal, rules.networks):
        raise Refused(
            f"{host} is not a public address. POSTROOM_WEBHOOK_NETWORKS allows some that are not.",
            code="BAD_URL",
        )


def trial_message(account: Account, target: Target, *, now: datetime) -> Message:
    """Return a message that says nothing but that messages arrive."""
    french = account.settings.language == "fr"
    return Message(
        type="notice.test",
        about=target.public_id,
        at=now,
        data={"account": account.name, "target": target.public_id},
        subject=f"Essai ({account.name})" if french else f"Test ({account.name})",
        opening="Les messages de Postroom vous parviennent." if french else "Messages of Postroom reach you.",
        facts=[("compte" if french else "account", account.name)],
    )


def send_trial(office: Office, target: Target, message: Message) -> Answer:
    """Send a message to a target now, whether it is switched on or not; the log does not show it."""
    parcel = Parcel(new_message_id(), target.address, message.content(target.kind), office.clock())
    return office.carriers[target.kind].carry(parcel_for(office, target, parcel))


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"https", "http"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
        parts = urlsplit("")
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= _LONGEST_URL
    if not (known and plain):
        raise Refused(f"'{url}' is no URL such as https://example.com/hook.", code="BAD_URL")
    if parts.username is not None or parts.fragment:
        raise Refused(
            "A webhook's URL has no user, password or #part; its messages are signed instead.", code="BAD_URL"
        )
    return parts


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
