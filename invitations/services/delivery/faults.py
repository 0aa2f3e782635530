"""Find the side at fault when a mail is refused.

One table: from the stage of the SMTP conversation (RFC 5321), the reply code and the enhanced code (RFC 3463, RFC 5248,
RFC 7372) to the fault. Words decide only where the code is vague or missing.
"""

import re
from collections.abc import Sequence
from enum import StrEnum, auto

from invitations.models import Fault

SENDER, RECEIVER, ADDRESS = Fault.SENDER, Fault.RECEIVER, Fault.ADDRESS


class Stage(StrEnum):
    """Stage of the conversation in which a mail server refused. `DATA` includes the reply to the content."""

    CONNECT = auto()
    HELO = auto()
    STARTTLS = auto()
    AUTH = auto()
    MAIL = auto()
    RCPT = auto()
    DATA = auto()


ABOUT_RECIPIENT = (Stage.RCPT, Stage.DATA)
# RFC 4954, 6, and RFC 3207, 4: about our login or encryption, in reply to any command
LOGIN_CODES = frozenset({454, 530, 534, 535, 538})

# by the class of the reply code, and by subject and detail of the enhanced code; else by subject
BY_DETAIL = {
    5: {
        "1.7": SENDER,  # the sender's address
        "1.8": SENDER,
        "1.9": SENDER,
        "1.20": SENDER,  # Exchange Online: several From addresses
        "1.90": SENDER,  # Exchange Online: daily limit of recipients
        "2.1": ADDRESS,  # the mailbox is disabled
        "2.3": SENDER,  # the mail is too long
        "2.4": ADDRESS,  # mailing list
        "2.252": SENDER,  # Exchange: SendAsDenied
        "3.4": SENDER,  # the mail is too large
        "4.1": ADDRESS,  # Exchange Online: no such recipient
        "4.4": ADDRESS,  # no route to the domain
        "4.5": SENDER,  # Gmail: daily sending limit
        "4.310": ADDRESS,  # Exchange Online: the domain does not exist
        "7.2": ADDRESS,  # mailing list
        "7.17": ADDRESS,  # the mailbox or the domain has a new owner
        "7.18": ADDRESS,
    },
    4: {"3.4": SENDER},
}
BY_SUBJECT = {
    5: {"1": ADDRESS, "2": RECEIVER, "3": RECEIVER, "4": RECEIVER, "5": SENDER, "6": SENDER, "7": SENDER},
    # a temporary refusal never accuses the address
    4: {"1": RECEIVER, "2": RECEIVER, "3": RECEIVER, "4": RECEIVER, "5": SENDER, "6": SENDER, "7": SENDER},
}
# Exchange: groups and mailboxes that accept mails only from some senders
RESTRICTED = re.compile(r"7\.1[23]\d")
# "other or undefined" (RFC 3463), policy in general, and codes that servers use for several things
VAGUE = frozenset({"0.0", "1.0", "2.0", "3.0", "4.0", "5.0", "5.2", "5.4", "6.0", "7.0", "7.1"})
# without an enhanced code, or with one that says nothing
BY_CODE = {
    (Stage.RCPT, 501): ADDRESS,
    (Stage.RCPT, 521): ADDRESS,  # RFC 7504: the host takes no mail
    (Stage.RCPT, 550): ADDRESS,
    (Stage.RCPT, 551): ADDRESS,
    (Stage.RCPT, 552): RECEIVER,  # RFC 5321, 4.2.3: storage allocation of the mailbox
    (Stage.RCPT, 553): ADDRESS,
    (Stage.RCPT, 556): ADDRESS,  # RFC 7504: the domain takes no mail
}
UNDEFINED = re.compile(r"0\.\d+|5\.0")

# at the beginning of a line (RFC 2034), or after a number sign as qmail and Cisco write it
ENHANCED = re.compile(r"(?:^|#)\s*[245]\.(\d{1,3}\.\d{1,3})(?![\d.]*\d)", re.MULTILINE)
# a hostile server could keep a worker busy for minutes
MAX_TEXT_LENGTH = 2000
# servers repeat them: addresses and hosts may contain any word
REPEATED = re.compile(r"<[^>]*>|\S+@\S+|https?://\S+|\[[^\]]*\]")
# also in pages, such as http://www.openspf.org/Why?id=…
LISTED_TEXT = re.compile(
    r"openspf|dnsbl|\brbl\b|spamhaus|spamcop|barracudacentral|ipcheck|unblock|delist",
    re.IGNORECASE,
)
# words that count more than any code. The mailbox exists:
BUSY_TEXT = re.compile(r"gr[ae]y.?list|receiving mail (at a rate|too quickly)", re.IGNORECASE)
# lists of addresses to which a provider sends nothing, and mailboxes that accept only some senders
CLOSED_TEXT = re.compile(
    r"not delivering to|marked as inactive|suppress(ed|ion)|address(es)? (is |are )?black.?listed|resolver\.rst",
    re.IGNORECASE,
)
# a limit of our account: it stops every mail, not only this one
QUOTA_TEXT = re.compile(
    r"submission.{0,3}quota|\be?mail quota"
    r"|\b(send(ing)?|submission|outgoing|outbound|relay|daily|hourly)\b.*\b(quota|limits?|rate)\b"
    r"|\b(quota|limits?|rate)\b.*\b(send(ing)?|per (second|minute|hour|day))\b"
    r"|rate.?limit|throttl|(credits?|max\w*) (emails|messages|exceeded)|emails per hour|out of (allowance|credits?)"
    r"|too many (messages|connections|e?mails|recipients|concurrent)|concurrent (connection|session|message)s? limit"
    r"|frequency limited",
    re.IGNORECASE,
)
SENDER_TEXT = re.compile(
    r"\b(helo|ehlo|ip|tls|spam|junk|virus|spf|dkim|dmarc|ptr|rdns|rbl|dnsbl|spamhaus|spamcop|policy|unsolicited)\b"
    r"|fully.qualified host|\bsenders?\b|from address|mail from|(return|reverse|envelope).(path|from|dns|lookup)"
    r"|\brelay(ing)?\b(?! recipient)|not a gateway|authenticat|log ?in\b|credential|certificate|encrypt|reputation"
    r"|(allowed|permitted|authori[sz]ed|permission) to send|not verified|sandbox|administrative\w* prohibit|forge|spoof"
    r"|(?<!may be )black.?list|block.?list|\blisted\b|\bbl\.|(?<!rejected: )access denied|complaints?\b"
    r"|\b(your|client|sending|remote) (ip|host|server|domain|network|account)\b|too many errors"
    r"|\b(mail|messages|connections) from\b.*(n.t|\bnot|deferred|refused|rejected)\b"
    r"|\bmessage (is |was )?too (large|big)|message size"
    r"|^(?!.*\b(mailbox|account|user) (is |was |has been )?blocked).*\bblocked\b",
    re.IGNORECASE | re.DOTALL,
)
FULL_TEXT = re.compile(
    r"over.?quota|out of storage|quota.{0,10}(exceeded|full)|exceed\w* .*(quota|storage)"
    r"|\b(mailbox|inbox|storage)\b.*\b(full|quota|exceed\w*)",
    re.IGNORECASE | re.DOTALL,
)
ADDRESS_TEXT = re.compile(
    r"\bno such\b|\bno mailbox\b|\bnot exist|n.t exist|n.t have an?\b|recipient (address )?rejected|unrouteable"
    r"|(unknown|invalid|bad|no|not a valid) (local )?(user|recipient|mailbox|account|address|destination)"
    r"|(user|recipient|mailbox|account)(disabled|notfound)"
    r"|\b(user|recipient|mailbox|account|address)\b.{0,30}\b(unknown|not found|not known|invalid|disabled|inactive"
    r"|unavailable|suspended|blocked|closed|deactivated|discontinued)\b",
    re.IGNORECASE | re.DOTALL,
)
# the first that is found: words about the sender come before those about the address, which the sender has, too
STRONG_WORDS = ((BUSY_TEXT, RECEIVER), (CLOSED_TEXT, ADDRESS))
WORDS = (
    *STRONG_WORDS,
    (QUOTA_TEXT, SENDER),
    (SENDER_TEXT, SENDER),
    (FULL_TEXT, RECEIVER),
    (ADDRESS_TEXT, ADDRESS),
)


def fault_of(stage: Stage, code: int, text: str) -> Fault:
    """Return the side at fault for a reply of class 4 or 5. `text` is the reply without the code, in lines."""
    if stage not in ABOUT_RECIPIENT or code in LOGIN_CODES:
        return SENDER
    text = text[:MAX_TEXT_LENGTH]
    enhanced = _enhanced(text)
    is_temporary = code < 500
    is_vague = enhanced is None or enhanced in VAGUE or is_temporary
    told = _told(text, WORDS if is_vague else STRONG_WORDS)
    if told and not (is_temporary and told == ADDRESS):
        return told
    if enhanced is None or UNDEFINED.fullmatch(enhanced):
        return RECEIVER if is_temporary else BY_CODE.get((stage, code), SENDER)
    if is_temporary and enhanced in VAGUE:  # 4.7.1 is most often greylisting
        return RECEIVER
    return _by_enhanced(4 if is_temporary else 5, enhanced)


def stops_every_mail(stage: Stage, code: int, text: str) -> bool:
    """True if the refusal does not depend on the recipient: other mails would be refused as well."""
    text = text[:MAX_TEXT_LENGTH]
    is_general = stage not in ABOUT_RECIPIENT or code in LOGIN_CODES
    return is_general or _enhanced(text) in {"4.5", "1.90"} or bool(QUOTA_TEXT.search(text))


def _enhanced(text: str) -> str | None:
    found = ENHANCED.search(text)
    return found.group(1) if found else None


def _told(text: str, patterns: Sequence[tuple[re.Pattern[str], Fault]]) -> Fault | None:
    """Return the fault that the words name."""
    if LISTED_TEXT.search(text):
        return SENDER
    words = REPEATED.sub(" ", text)
    return next((fault for pattern, fault in patterns if pattern.search(words)), None)


def _by_enhanced(reply_class: int, enhanced: str) -> Fault:
    if reply_class == 5 and RESTRICTED.fullmatch(enhanced):
        return ADDRESS
    subject = enhanced.partition(".")[0]
    return BY_DETAIL[reply_class].get(enhanced) or BY_SUBJECT[reply_class].get(subject, SENDER)
