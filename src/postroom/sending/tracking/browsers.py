"""What opened a message, by its User-Agent: device, program and operating system, or a machine.

Most of it is the work of ua_parser's rules. These are many regular expressions, so they see the beginning
alone, and what was seen once is remembered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

import ua_parser

_READ: Final = 400
"""Characters of a User-Agent that are looked at: the worst of these take some milliseconds."""
_REMEMBERED: Final = 20_000
_NAMES: Final = 50

_APPLE_PROXY: Final = "Mozilla/5.0"
"""All that Apple's Mail Privacy Protection says; it fetches every picture, whether or not anybody looks."""

_MACHINES: Final = re.compile(
    r"bot\b|bot/|crawl|spider|scan|preview|prefetch|headless|phantomjs|imageproxy|mailproxy|ggpht|"
    r"python|curl/|wget|java/|libwww|go-http|httpclient|http_request|axios|node-fetch|ruby|perl|"
    r"barracuda|proofpoint|mimecast|safelinks|urldefense|fortimail|ironport|symantec|trend ?micro|sophos|"
    r"facebookexternalhit|whatsapp/|slack|telegram|discord|twitterbot|monitor|validator",
    re.IGNORECASE,
)
_PROXIES: Final = {"GoogleImageProxy": "Gmail", "YahooMailProxy": "Yahoo Mail"}
"""Whose pictures a proxy fetches, by what it calls itself."""
_DESKTOPS: Final = frozenset({"Windows", "Mac OS X", "Linux", "Ubuntu", "Fedora", "Debian", "Chrome OS"})
_SERVERS: Final = frozenset({"Linux", "Ubuntu", "Fedora", "Debian", "CentOS", "Red Hat"})


class DeviceType(StrEnum):
    """What kind of device a visit came from."""

    DESKTOP = "DESKTOP"
    MOBILE = "MOBILE"
    TABLET = "TABLET"
    MACHINE = "MACHINE"
    """A proxy, a scanner, a program: what stands behind it is not known."""
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class Browser:
    """What a User-Agent says; `client` and `system` are None when it does not say.

    `machine` tells of who says so itself; `hosted` that it is what runs in data centres, too.
    """

    device: DeviceType
    client: str | None
    system: str | None
    machine: bool
    hosted: bool


@lru_cache(_REMEMBERED)
def browser_of(user_agent: str) -> Browser:
    """Return what a User-Agent tells."""
    text = user_agent[:_READ].strip()
    if text == _APPLE_PROXY:
        return Browser(DeviceType.MACHINE, "Apple Mail", None, machine=True, hosted=True)
    found = ua_parser.parse(text)
    family = found.user_agent.family if found.user_agent else None
    client = next((name for proxy, name in _PROXIES.items() if proxy in text), family)
    spider = found.device is not None and found.device.family == "Spider"
    if not text or spider or _MACHINES.search(text):
        return Browser(DeviceType.MACHINE, _short(client), None, machine=True, hosted=True)
    system = found.os.family if found.os else None
    version = f" {found.os.major}" if found.os and found.os.major else ""
    return Browser(
        _device(text, system),
        _short(client),
        _short(system + version) if system else None,
        machine=False,
        hosted=system is None or system in _SERVERS,
    )


def _device(text: str, system: str | None) -> DeviceType:
    if "iPad" in text or "Tablet" in text or "Kindle" in text:
        return DeviceType.TABLET
    if system == "Android":
        return DeviceType.MOBILE if "Mobile" in text else DeviceType.TABLET
    if system == "iOS" or "Mobile" in text or "Phone" in text:
        return DeviceType.MOBILE
    return DeviceType.DESKTOP if system in _DESKTOPS else DeviceType.OTHER


def _short(name: str | None) -> str | None:
    return name[:_NAMES] if name else None
