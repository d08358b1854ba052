"""Carrying SMS and calls by the HTTP interface of a provider, as its description says."""

from __future__ import annotations

import ipaddress
import json
import socket
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode, urlsplit

from postroom.contacts.channels import Channel
from postroom.contacts.errors import Refused, Unavailable
from postroom.contacts.events import message_name
from postroom.notices.calling import CallConfig, UnansweredError, UnsentError, call
from postroom.sending.carrying import Fate, Handover, Letter, Told
from postroom.sending.phone.counting import size_of
from postroom.sending.phone.http.answers import judged
from postroom.sending.phone.pacing import Pace
from postroom.sending.phone.providers.described import Http, Provider
from postroom.sending.phone.providers.places import filled, filled_text
from postroom.sending.phone.senders import sender_id

_EVERYWHERE: Final = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
"""An operator names the provider, so it may stand in a network of its own."""
_MOST_BYTES: Final = 64 * 1024
_OVERFED: Final = frozenset({429, 503})
_REST: Final = timedelta(seconds=30)


class HttpCarrier:
    """Hands letters over to one provider; any thread may."""

    def __init__(self, provider: Provider, way: Http, *, agent: str) -> None:
        """Call as `way` says, under the name of `agent`."""
        self._provider = provider
        self._way = way
        self._agent = agent
        self._secrets = {f"secret.{name}": each.reveal() for name, each in way.secrets.items()}
        self._pace = Pace(way.per_second)
        self._rests_until = 0.0
        self._config = CallConfig(_EVERYWHERE, way.connect_seconds, way.deadline_seconds, way.trust)

    def carry(self, letters: Sequence[Letter], told: Told) -> None:
        """Make a call for each letter, a few at once, and tell what became of each."""
        with ThreadPoolExecutor(min(self._way.at_once, max(1, len(letters)))) as pool:
            for done in [pool.submit(lambda each: told(each, self._handed(each)), one) for one in letters]:
                done.result()

    @property
    def resting(self) -> bool:
        """Tell whether the provider could not be reached a moment ago, or is overfed."""
        return time.monotonic() < self._rests_until or self._pace.resting

    def check(self) -> str:
        """Connect, under TLS where that is meant, and hang up; raise Unavailable when that fails."""
        parts = urlsplit(self._way.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = parts.hostname or ""
        begun = time.monotonic()
        try:
            with socket.create_connection((host, port), timeout=self._way.connect_seconds) as plain:
                if parts.scheme == "https":
                    self._way.trust.wrap_socket(plain, server_hostname=host).close()
        except (OSError, UnicodeError) as failed:
            raise Unavailable(f"no connection to {host}:{port}: {failed}") from None
        return (
            f"{host}:{port} can be reached, in {(time.monotonic() - begun) * 1000:.0f} ms; nothing was sent"
        )

    def close(self) -> None:
        """Do nothing: each call has a connection of its own."""

    def _handed(self, letter: Letter) -> Handover:
        if self._pace.resting:
            wait = timedelta(seconds=self._pace.paused_for)
            return Handover(Fate.LATER, self._provider.name, answer="overfed a moment ago", wait=wait)
        parts = size_of(letter.body.decode()).parts if letter.channel is Channel.SMS else None
        try:
            values = self._values(letter)
            self._pace.wait()
            reply = call(
                self._way.method,
                self._url(values),
                self._headers(values),
                self._body(values),
                config=self._config,
                most_bytes=_MOST_BYTES,
            )
        except Refused as refused:
            return Handover(Fate.REFUSED, self._provider.name, answer=refused.message)
        except UnsentError as unsent:
            self._rests_until = time.monotonic() + _REST.total_seconds()
            return Handover(Fate.LATER, self._provider.name, answer=unsent.message, wait=_REST)
        except UnansweredError as unanswered:
            return Handover(Fate.IN_DOUBT, self._provider.name, answer=unanswered.message)
        handover = judged(reply, self._way.answers, provider=self._provider.name, parts=parts)
        if handover.fate is Fate.LATER and reply.status in _OVERFED:
            self._pace.slow_down()
        elif handover.fate is Fate.SENT:
            self._pace.went_well()
            handover = replace(handover, sender="" if letter.sender else self._provider.sender)
        return handover

    def _values(self, letter: Letter) -> dict[str, str]:
        text = letter.body.decode()
        sender = letter.sender or self._provider.sender
        sms = letter.channel is Channel.SMS
        size = size_of(text)
        return {
            **self._secrets,
            "to": letter.address,
            "to.digits": letter.address.lstrip("+"),
            "text": text,
            "sender": sender_id(sender).text if sms else sender,
            "message": message_name(letter.account_id, letter.message_id),
            "channel": letter.channel.value,
            "parts": str(size.parts if sms else 1),
            "encoding": size.encoding.shown,
        }

    def _url(self, values: Mapping[str, str]) -> str:
        if not self._way.query:
            return self._way.url
        query = {name: filled_text(text, values) for name, text in self._way.query.items()}
        return f"{self._way.url}{'&' if '?' in self._way.url else '?'}{urlencode(query)}"

    def _headers(self, values: Mapping[str, str]) -> dict[str, str]:
        headers = {"user-agent": self._agent, "accept": "application/json, text/plain;q=0.8, */*;q=0.1"}
        if self._way.method != "GET":
            kind = "application/x-www-form-urlencoded" if self._way.form else "application/json"
            headers["content-type"] = kind
        headers |= {name: filled_text(text, values) for name, text in self._way.headers.items()}
        return headers

    def _body(self, values: Mapping[str, str]) -> bytes:
        if self._way.body is None:
            return b""
        whole = filled(self._way.body, values)
        if self._way.form and isinstance(whole, dict):
            return urlencode({name: str(text) for name, text in whole.items()}).encode()
        return json.dumps(whole, ensure_ascii=False).encode()
