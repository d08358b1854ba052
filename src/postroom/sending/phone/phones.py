"""All providers of an installation: which of them carries a letter, and who listens to them."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Final, Protocol

from postroom.contacts.channels import Channel
from postroom.contacts.errors import Missing
from postroom.sending.carrying import Carrier, Fate, Handover, Letter, Told
from postroom.sending.phone.http.carrier import HttpCarrier
from postroom.sending.phone.providers.described import Provider, Smpp
from postroom.sending.phone.smpp.carrier import SmppCarrier, nobody_listens
from postroom.sending.phone.smpp.pdus import Pdu

_REST: Final = timedelta(minutes=5)

Delivered = Callable[[Provider, Pdu], int]
"""Records what a provider brings over SMPP; returns the status that it is answered with."""

AccountNamed = Callable[[str], int | None]
"""Returns the id of an account by its name, None when there is none."""


class ProviderCarrier(Carrier, Protocol):
    """A carrier of one provider, which may say that it is of no use for a moment."""

    @property
    def resting(self) -> bool:
        """Tell whether the provider could not be reached a moment ago."""
        ...

    def check(self) -> str:
        """Reach the provider and return a line for people; raise Unavailable when that fails."""
        ...


class Phones:
    """The providers of an installation, with a carrier each; connections are made when they are needed."""

    def __init__(
        self,
        providers: Sequence[Provider],
        *,
        agent: str,
        account_named: AccountNamed,
        delivered: Delivered | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Call HTTP providers under the name of `agent`; `delivered` takes what comes over SMPP."""
        self.providers: Mapping[str, Provider] = {each.name: each for each in providers}
        self._carriers = {each.name: _carrier(each, agent, delivered) for each in providers}
        self._account_named = account_named
        self._chance = chance
        self._listeners: list[threading.Thread] = []

    def carriers(self) -> dict[Channel, Carrier]:
        """Return a carrier for each channel that some provider carries."""
        channels = {channel for each in self.providers.values() for channel in each.weights}
        return {channel: _Chosen(channel, self) for channel in sorted(channels)}

    def listen(self) -> None:
        """Connect to every SMPP provider and stay connected until closed: receipts come that way."""
        for name, carrier in self._carriers.items():
            if isinstance(carrier, SmppCarrier):
                thread = threading.Thread(target=carrier.listen, name=f"listen to {name}", daemon=True)
                self._listeners.append(thread)
                thread.start()

    def close(self) -> None:
        """Close every connection."""
        for carrier in self._carriers.values():
            carrier.close()
        for thread in self._listeners:
            thread.join()

    def carrier_of(self, name: str) -> ProviderCarrier:
        """Return the carrier of one provider; raise Missing when there is none of that name."""
        if name not in self._carriers:
            raise Missing(f"There is no provider '{name}'. Known: {', '.join(self._carriers) or 'none'}.")
        return self._carriers[name]

    def able(self, channel: Channel, account_id: int) -> list[Provider]:
        """Return who carries a channel for an account: its own providers, else those for all."""
        able = [each for each in self.providers.values() if each.weights.get(channel)]
        own = [each for each in able if each.account and self._account_named(each.account) == account_id]
        return own or [each for each in able if each.account is None]

    def choose(self, channel: Channel, able: Sequence[Provider]) -> ProviderCarrier:
        """Return whose turn it is of some providers, by their weights.

        Those that could not be reached a moment ago are passed by while there is another.
        """
        awake = [each for each in able if not self._carriers[each.name].resting] or able
        place = self._chance() * sum(each.weights[channel] for each in awake)
        for provider in awake:
            place -= provider.weights[channel]
            if place < 0:
                return self._carriers[provider.name]
        return self._carriers[awake[-1].name]


class _Chosen:
    """Hands letters of one channel over to providers by their weights."""

    def __init__(self, channel: Channel, phones: Phones) -> None:
        self._channel = channel
        self._phones = phones

    def carry(self, letters: Sequence[Letter], told: Told) -> None:
        named = {letter.account_id for letter in letters}
        able = {account_id: self._phones.able(self._channel, account_id) for account_id in named}
        shares: dict[int, tuple[ProviderCarrier, list[Letter]]] = {}
        for letter in letters:
            if not able[letter.account_id]:
                text = f"no provider carries {self._channel.value}"
                told(letter, Handover(Fate.LATER, answer=text, wait=_REST))
                continue
            carrier = self._phones.choose(self._channel, able[letter.account_id])
            shares.setdefault(id(carrier), (carrier, []))[1].append(letter)
        if len(shares) == 1:
            for carrier, share in shares.values():
                carrier.carry(share, told)
            return
        with ThreadPoolExecutor(max(1, len(shares))) as pool:
            for done in [pool.submit(carrier.carry, share, told) for carrier, share in shares.values()]:
                done.result()

    def close(self) -> None:
        self._phones.close()


def _carrier(provider: Provider, agent: str, delivered: Delivered | None) -> HttpCarrier | SmppCarrier:
    if isinstance(provider.way, Smpp):
        taken = partial(delivered, provider) if delivered else nobody_listens
        return SmppCarrier(provider, provider.way, taken)
    return HttpCarrier(provider, provider.way, agent=agent)
