"""The words, statuses and codes by which servers say why they refuse mail: tables, in order of precedence.

Words are lower case, on one line, without addresses. A new text of a provider goes into the tests with what
it means, and here only where the tests ask for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from postroom.contacts.bounces import BounceCategory

Table = Sequence[tuple[BounceCategory, re.Pattern[str]]]


def _any(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(words))


BLAMING_US: Final[Table] = (
    (
        BounceCategory.POLICY,
        _any(
            r"grey-?list",
            r"gray-?list",
            r"\bspf\b",
            r"\bdkim\b",
            r"\bdmarc\b",
            r"unauthenticated",
            r"not authenticated",
            r"authentication (?:required|checks?|failed|requirements?)",
            r"sender verif",
            r"\bstarttls\b",
            r"must issue a",
            r"relay(?:ing)? (?:access )?(?:denied|not (?:permitted|allowed))",
            r"unable to relay",
            r"not permitted to relay",
            r"\bptr\b|reverse (?:dns|hostname|lookup)|\brdns\b|anti-?spoofing",
        ),
    ),
    (
        BounceCategory.BLOCKED_REPUTATION,
        _any(
            r"spamhaus",
            r"spamcop",
            r"barracuda",
            r"sorbs\b",
            r"proofpoint.{0,40}block",
            r"senderscore|cloudmark|\bcsi\b|trendmicro|\bers\b",
            r"\b(?:rbl|dnsbl|dnswl)s?\b",
            r"block ?-?list",
            r"black ?-?list",
            r"deny ?-?list",
            r"\bblocked (?:using|by|for)\b|frequency limit|\bip=\d|ask your postmaster",
            r"(?:ip|address|network|host|client|sender|server|connection).{0,60}"
            r"\b(?:blocked|banned|reputation|blacklisted)",
            r"\b(?:poor|low|bad) (?:\w+ )?reputation",
            r"reputation",
            r"\btss?0\d\b|\[ts\d\d\]|\[tss\d\d\]",
            r"user complaints",
            r"rate.?limit|too many (?:connections|messages|recipients|concurrent)|throttl|"
            r"unusual rate|receiving mail at a rate|exceeded .{0,40}rate",
            r"ofr_?(?:5\d\d|00\d)|lpn\d{3}|\bs3[0-9]{3}\b|\bs77[0-9]{2}\b|\brly:|\(dns:|\(rtr:|\(vpf:",
            r"temporarily deferred due to",
            r"not accept(?:ing)? (?:mail|messages?|connections?) from (?:your|this|\[)",
        ),
    ),
    (
        BounceCategory.BLOCKED_CONTENT,
        _any(
            r"\bspam\b|:blocked\)|\bdt:spm",
            r"spammy",
            r"spam ?(?:message|content|score|detected|filter)|\bjunk mail",
            r"unsolicited",
            r"\buce\b|\bube\b",
            r"content (?:rejected|filter|denied|blocked|restriction|not acceptable)",
            r"(?:message|mail).{0,30}(?:content|contains).{0,60}(?:reject|block|virus|url|link|"
            r"not allowed)",
            r"virus|malware|phish|infected",
            r"prohibited attachment|attachment (?:type )?(?:not allowed|blocked)",
            r"rejected by (?:the )?(?:content|header) checks?",
            r"\bbody checks?\b|\buribl\b|\bsurbl\b",
        ),
    ),
)

SURE_STATUSES: Final[Mapping[str, BounceCategory]] = {
    "1.1": BounceCategory.UNKNOWN_USER,
    "1.6": BounceCategory.UNKNOWN_USER,
    "2.2": BounceCategory.MAILBOX_FULL,
    "2.3": BounceCategory.TOO_LARGE,
    "3.4": BounceCategory.TOO_LARGE,
    "4.7": BounceCategory.TIMEOUT,
}
"""What stands behind the class, where all servers mean the same by it."""

WORDS: Final[Table] = (
    (
        BounceCategory.CONNECTION_FAILURE,
        _any(
            r"insufficient system|system (?:storage|resources?)\b|mail system full|no space left on device|"
            r"(?:service|resources?) (?:is |are )?(?:currently |temporarily )*(?:un|not )available",
        ),
    ),
    (
        BounceCategory.MAILBOX_FULL,
        _any(
            r"(?:mail ?box|inbox|mailfolder|account|user|recipient|storage|maildir).{0,50}\b(?:full|"
            r"over ?quota)",
            r"quota.{0,30}(?:exceed|full|reached)|(?:exceed|over)\w*.{0,40}quota|overquota|\bquotatempfail",
            r"out of (?:storage )?space|insufficient storage|"
            r"storage (?:limit|full)",
            r"not enough (?:storage|disk) space|(?:message|storage) limit exceeded for recipient",
            r"exceeded (?:its |the )?storage (?:allocation|limit)",
            r"bo[iî]te.{0,30}pleine|quota d[eé]pass[eé]",
        ),
    ),
    (
        BounceCategory.TOO_LARGE,
        _any(
            r"message (?:size|length|is).{0,40}(?:exceed|too (?:big|large)|larger)",
            r"(?:message|mail) too (?:big|large)|too large for|size limit|maximum (?:message )?size|"
            r"exceeds.{0,40}(?:size|length)",
        ),
    ),
    (
        BounceCategory.MAILBOX_DISABLED,
        _any(
            r"(?:mail ?box|account|user|address|recipient|e-?mail).{0,40}"
            r"\b(?:is |has been |was |currently )*(?:disabled|inactive|suspended|deactivated|expired|"
            r"locked|closed|"
            r"discontinued|terminated)",
            r"(?:disabled|inactive|suspended|deactivated|locked|expired) (?:mail ?box|account|user|"
            r"recipient)",
            r"not active|no longer (?:active|in use|accept\w*)|over ?inactivity|compte (?:inactif|"
            r"d[eé]sactiv)",
        ),
    ),
    (
        BounceCategory.UNKNOWN_DOMAIN,
        _any(
            r"(?:domain|host)(?: name)?.{0,30}(?:not found|does ?n.t exist|does not exist|unknown|"
            r"invalid|unrouteable)",
            r"(?:unknown|invalid|bad|no such|unrouteable|unresolvable) (?:mail )?(?:domain|host|"
            r"destination)\b",
            r"nxdomain|non-?existent ?domain|null ?mx|domain of (?:the )?recipient.{0,20}not|"
            r"name or service not known",
            r"all relevant mx records point to non-?existent|unrouteable (?:mail )?domain|"
            r"couldn.t find any host|no mail ?exchanger|no route to domain",
        ),
    ),
    (
        BounceCategory.UNKNOWN_USER,
        _any(
            r"(?:user|recipient|mail ?box|account|address|e-?mail|alias|destinat\w+|local ?part)\b.{0,60}"
            r"(?:unknown|not (?:be )?(?:found|exist|known|valid|listed|recogni[sz]ed)|"
            r"does ?n.?t exist|doesn.t have|"
            r"does not (?:exist|have)|non-?exist|invalid|unavailable|no longer exists?|"
            r"not available)",
            r"(?:recipient|user|address) (?:address )?rejected[.!]?\s*$|"
            r"address rejected: access denied\. as\(",
            r"(?:unknown|invalid|no such|bad|non-?exist\w*|unrouteable|undeliverable|illegal) "
            r"(?:local |virtual |destination |e-?mail |mail )*"
            r"(?:user|recipient|mail ?box|account|address|alias|person|id)",
            r"no (?:mail ?box|user|account|one) (?:here )?(?:by|with|found|is)|not our customer|"
            r"no such (?:user|person|mail ?box)|"
            r"not a (?:valid|known) (?:user|mail ?box|recipient|e-?mail)|unable to verify (?:user|"
            r"recipient)",
            r"this user doesn.t have a|isn.t a valid|doesn.t exist|dosn.t exist|couldn.t be found|"
            r"wasn.t found at|recipientnotfound|"
            r"user lookup|addressee unknown|(?:adresse|utilisateur|destinataire).{0,30}(?:inconnu|"
            r"invalide|inexistant)",
        ),
    ),
    (
        BounceCategory.TIMEOUT,
        _any(
            r"delivery (?:time )?expired|retry (?:time(?:out)?|period) (?:not reached.{0,60}|exceeded|"
            r"expired)|"
            r"message (?:expired|has been in the queue)|queue\.expired|too long|timed? ?out|"
            r"not (?:been )?(?:delivered|able to deliver).{0,60}(?:days|hours)|giving up|"
            r"unable to deliver.{0,30}since",
        ),
    ),
    (
        BounceCategory.CONNECTION_FAILURE,
        _any(
            r"connection (?:refused|reset|dropped|lost|closed|failed|timed)|lost connection|"
            r"network is unreachable|no route to host|"
            r"cannot connect|could ?n.t connect|unable to connect|be reached|unreachable|"
            r"establish an smtp connection|"
            r"conversation with|server busy|tls (?:handshake|negotiation)|connect to",
        ),
    ),
    (
        BounceCategory.DNS_FAILURE,
        _any(
            r"\bdns\b|name server|host lookup|lookup (?:failure|failed|error)|temporary lookup|\bmx record|"
            r"\bresolv(?:e|ing)\b",
        ),
    ),
    (
        BounceCategory.POLICY,
        _any(
            r"polic(?:y|ies)|not allowed|not authori[sz]ed|unauthori[sz]ed|access denied|"
            r"administrat(?:ive|or).{0,30}"
            r"(?:prohibit|denied|block)|prohibit|permission|restricted|rejected for|"
            r"sender (?:address )?rejected|"
            r"does not accept mail|requires? ",
        ),
    ),
)

STATUSES: Final[Mapping[str, BounceCategory]] = {
    "1.0": BounceCategory.UNKNOWN_USER,
    "1.2": BounceCategory.UNKNOWN_DOMAIN,
    "1.3": BounceCategory.UNKNOWN_USER,
    "1.4": BounceCategory.UNKNOWN_USER,
    "1.7": BounceCategory.POLICY,
    "1.8": BounceCategory.POLICY,
    "1.10": BounceCategory.UNKNOWN_DOMAIN,
    "2.1": BounceCategory.MAILBOX_DISABLED,
    "2.4": BounceCategory.POLICY,
    "3.1": BounceCategory.CONNECTION_FAILURE,
    "4.1": BounceCategory.CONNECTION_FAILURE,
    "4.2": BounceCategory.CONNECTION_FAILURE,
    "4.3": BounceCategory.DNS_FAILURE,
    "4.4": BounceCategory.DNS_FAILURE,
    "4.5": BounceCategory.CONNECTION_FAILURE,
}

SUBJECTS: Final[Mapping[str, BounceCategory]] = {
    "1": BounceCategory.UNKNOWN_USER,
    "4": BounceCategory.CONNECTION_FAILURE,
    "6": BounceCategory.BLOCKED_CONTENT,
    "7": BounceCategory.POLICY,
}
"""What the second number says on the whole (RFC 3463, 3)."""

CODES: Final[Mapping[str, BounceCategory]] = {
    "421": BounceCategory.CONNECTION_FAILURE,
    "552": BounceCategory.MAILBOX_FULL,
    "553": BounceCategory.UNKNOWN_USER,
}
