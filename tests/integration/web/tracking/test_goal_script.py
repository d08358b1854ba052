"""The script of sites with goals, run by node on a page that we pretend."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from postroom.web.tracking.goal_script import SCRIPT
from tests.clients import require_program

PAGE = """
const calls = [];
const cookies = [];
let kept = COOKIE;
global.location = new URL(ADDRESS);
global.history = { state: null, replaceState(_s, _t, to) { global.location = new URL(to, ADDRESS); } };
global.document = {
  currentScript: { src: "https://news.example.com/t/g.js?v=1", getAttribute: () => "7.site" },
  referrer: "https://search.example/",
  get cookie() { return kept; },
  set cookie(text) { cookies.push(text); kept = text.split(";")[0]; },
};
Object.defineProperty(global, "navigator", {
  value: { sendBeacon(to, body) { calls.push([to, JSON.parse(body)]); return true; } }, configurable: true,
});
global.window = global;
"""


def run_script(address: str, cookie: str = "", then: str = "") -> dict[str, Any]:
    """Run the script on a page; return what it told, the cookies that it set and the address it left."""
    page = PAGE.replace("ADDRESS", json.dumps(address)).replace("COOKIE", json.dumps(cookie))
    shown = "console.log(JSON.stringify({calls, cookies, address: String(location)}));"
    done = subprocess.run(
        [require_program("node"), "-e", page + SCRIPT + then + shown],
        capture_output=True,
        check=True,
        timeout=60,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_script_keeps_the_visitor_in_a_cookie_of_the_site_and_tells_the_page() -> None:
    ran = run_script("https://shop.example.com/thanks?a=b&pr_v=1-2.x_-y&c=d#top")

    assert ran["address"] == "https://shop.example.com/thanks?a=b&c=d#top"
    assert ran["cookies"] == ["pr_v=1-2.x_-y; path=/; max-age=2592000; SameSite=Lax; Secure"]
    ((to, said),) = ran["calls"]
    assert to == "https://news.example.com/t/g"
    assert said == {
        "site": "7.site",
        "visitor": "1-2.x_-y",
        "url": "https://shop.example.com/thanks?a=b&c=d#top",
        "referrer": "https://search.example/",
    }


def test_the_script_knows_the_visitor_again_and_tells_orders() -> None:
    order = 'postroom.transaction({id: "A-17", amount: 49.9}, 3);'

    ran = run_script("https://shop.example.com/thanks", "x=1; pr_v=1-2.xy", order)

    assert ran["cookies"] == []
    assert [said["visitor"] for _, said in ran["calls"]] == ["1-2.xy"] * 2
    assert ran["calls"][1][1]["transaction"] == {"id": "A-17", "amount": 49.9}
    assert ran["calls"][1][1]["goal"] == 3


@pytest.mark.parametrize("address", ["/", "/?pr_v=", "/?pr_v=a;b=c", "/?pr_v=%0d%0a", "/?pr_v=" + "x" * 101])
def test_the_script_tells_nothing_of_who_did_not_come_by_a_message(address: str) -> None:
    ran = run_script(f"https://shop.example.com{address}", then='postroom.transaction({id: "1", amount: 1});')

    assert (ran["calls"], ran["cookies"]) == ([], [])
