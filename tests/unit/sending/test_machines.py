"""Who opens messages: what a User-Agent tells, and who counts as a machine."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.sending.tracking.browsers import Browser, DeviceType, browser_of
from postroom.sending.tracking.machines import is_machine
from postroom.sending.tracking.visits import visit

SENT_AT = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
LATER = SENT_AT + timedelta(minutes=5)

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/17.5 Mobile/15E148 Safari/604.1"
)
IPAD = "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
PIXEL = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0"
    " Mobile Safari/537.36"
)
ANDROID_TABLET = (
    "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0"
    " Safari/537.36"
)
OUTLOOK = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.12026; Pro)"
THUNDERBIRD = "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Thunderbird/115.5.0"
MAC_MAIL = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0"
    " Safari/537.36"
)
PEOPLE = [IPHONE, IPAD, PIXEL, ANDROID_TABLET, OUTLOOK, THUNDERBIRD, MAC_MAIL, CHROME]

APPLE_PRIVACY = "Mozilla/5.0"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
YAHOO = "YahooMailProxy; https://help.example.com/"
MACHINES = [
    "",
    APPLE_PRIVACY,
    GMAIL,
    YAHOO,
    "python-requests/2.31.0",
    "python-httpx/0.27.0",
    "curl/8.5.0",
    "Go-http-client/1.1",
    "Java/17.0.9",
    "Mozilla/5.0 (compatible; Googlebot/2.1)",
    "Mozilla/5.0 (compatible; bingbot/2.0)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0",
    "BarracudaCentral/1.0",
    "facebookexternalhit/1.1",
    "WhatsApp/2.23.20.0 A",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; Trend Micro WTP)",
]


@pytest.mark.parametrize(
    ("user_agent", "device", "client", "system"),
    [
        (IPHONE, DeviceType.MOBILE, "Mobile Safari", "iOS 17"),
        (IPAD, DeviceType.TABLET, "Mobile Safari UI/WKWebView", "iOS 17"),
        (PIXEL, DeviceType.MOBILE, "Chrome Mobile", "Android 14"),
        (ANDROID_TABLET, DeviceType.TABLET, "Chrome", "Android 13"),
        (OUTLOOK, DeviceType.DESKTOP, "Outlook", "Windows 10"),
        (THUNDERBIRD, DeviceType.DESKTOP, "Thunderbird", "Linux"),
        (MAC_MAIL, DeviceType.DESKTOP, "Apple Mail", "Mac OS X 10"),
        (CHROME, DeviceType.DESKTOP, "Chrome", "Windows 10"),
        (APPLE_PRIVACY, DeviceType.MACHINE, "Apple Mail", None),
        (GMAIL, DeviceType.MACHINE, "Gmail", None),
        (YAHOO, DeviceType.MACHINE, "Yahoo Mail", None),
        ("", DeviceType.MACHINE, None, None),
        ("Something of my own", DeviceType.OTHER, None, None),
    ],
)
def test_a_user_agent_tells_device_program_and_system(
    user_agent: str, device: DeviceType, client: str | None, system: str | None
) -> None:
    browser = browser_of(user_agent)

    assert (browser.device, browser.client, browser.system) == (device, client, system)


@pytest.mark.parametrize("user_agent", PEOPLE)
def test_people_are_no_machines(user_agent: str) -> None:
    assert not judged(user_agent)


@pytest.mark.parametrize("user_agent", MACHINES)
def test_machines_that_say_so_are_known(user_agent: str) -> None:
    assert judged(user_agent)


@pytest.mark.parametrize("user_agent", PEOPLE)
def test_what_nobody_asked_for_is_a_machines(user_agent: str) -> None:
    assert judged(user_agent, unasked=True)


def test_what_runs_in_data_centres_is_a_machine_while_the_mail_still_arrives() -> None:
    soon = SENT_AT + timedelta(seconds=2)

    assert judged(THUNDERBIRD, at=soon)
    assert judged("Something of my own", at=soon)
    assert not judged(THUNDERBIRD, at=SENT_AT + timedelta(seconds=10))


@pytest.mark.parametrize("user_agent", [IPHONE, CHROME, OUTLOOK, PIXEL])
def test_a_quick_reader_is_no_machine(user_agent: str) -> None:
    assert not judged(user_agent, at=SENT_AT + timedelta(seconds=2))


@given(user_agent=st.text(max_size=2000))
def test_any_user_agent_is_read(user_agent: str) -> None:
    seen = visit(LATER, user_agent, "127.0.0.1", unasked=False)
    browser = browser_of(seen.user_agent)

    assert isinstance(browser, Browser)
    assert len(browser.client or "") <= 50
    assert len(browser.system or "") <= 50
    assert seen.user_agent.isprintable()
    assert len(seen.user_agent) <= 1000


@pytest.mark.parametrize(
    "piece",
    ["; ", "a", "1.", " ", "/", "x ", "Build/", "(", "Mozilla/5.0 (Linux; Android 9; ", "SmartWatch("],
)
def test_no_user_agent_takes_long(piece: str) -> None:
    browser_of("warm")
    began = time.process_time()

    browser_of((piece * 1000)[:1000])

    assert time.process_time() - began < 0.5


def test_an_address_has_a_bound() -> None:
    assert len(visit(LATER, "", "1" * 500, unasked=False).address) == 45


def judged(user_agent: str, *, at: datetime = LATER, unasked: bool = False) -> bool:
    return is_machine(visit(at, user_agent, "203.0.113.9", unasked=unasked), browser_of(user_agent), SENT_AT)
