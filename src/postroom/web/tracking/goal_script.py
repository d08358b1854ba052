"""The script that a site with goals has on its pages: /t/g.js, as it is sent.

It takes the visitor's token from the address of a landing page into a cookie of the site's own, and tells us
which page was opened. Without a token it tells nothing and keeps nothing.
"""

from __future__ import annotations

from typing import Final

SCRIPT: Final = """(function () {
  "use strict";
  var me = document.currentScript;
  if (!me || !me.src) { return; }
  var site = me.getAttribute("data-site");
  var to = me.src.replace(/g\\.js([?#].*)?$/, "g");
  var name = "pr_v";
  var token = /^[A-Za-z0-9_.-]{1,100}$/;

  function fromAddress() {
    var found = /[?&]pr_v=([^&#]*)/.exec(location.search);
    if (!found) { return null; }
    var rest = location.search.replace(/([?&])pr_v=[^&#]*(&|$)/, function (_all, before, after) {
      return after ? before : "";
    });
    if (history.replaceState) {
      history.replaceState(history.state, "", location.pathname + rest + location.hash);
    }
    return token.test(found[1]) ? found[1] : null;
  }

  function fromCookie() {
    var found = /(?:^|;\\s*)pr_v=([^;]*)/.exec(document.cookie);
    return found && token.test(found[1]) ? found[1] : null;
  }

  var visitor = fromAddress();
  if (visitor) {
    document.cookie = name + "=" + visitor + "; path=/; max-age=2592000; SameSite=Lax" +
      (location.protocol === "https:" ? "; Secure" : "");
  } else {
    visitor = fromCookie();
  }

  function tell(order, goal) {
    if (!visitor || !site) { return false; }
    var said = JSON.stringify({
      site: site, visitor: visitor, url: location.href, referrer: document.referrer,
      transaction: order, goal: goal
    });
    if (navigator.sendBeacon && navigator.sendBeacon(to, said)) { return true; }
    if (window.fetch) {
      window.fetch(to, { method: "POST", mode: "no-cors", keepalive: true, body: said });
      return true;
    }
    return false;
  }

  window.postroom = window.postroom || {};
  window.postroom.transaction = function (order, goal) { return tell(order, goal); };
  tell();
}());
"""
