"""Replies of mail servers, from their documentation and source, and the side at fault."""

import time

from invitations.services.delivery.faults import ADDRESS, RECEIVER, SENDER, Stage, fault_of, stops_every_mail

RCPT, DATA, MAIL = Stage.RCPT, Stage.DATA, Stage.MAIL

REPLIES = {
    # RFC 5321, RFC 3463, RFC 7504, RFC 7505
    (RCPT, "550 5.1.1 no such user here"): ADDRESS,
    (RCPT, "550 5.1.2 bad destination system"): ADDRESS,
    (RCPT, "501 5.1.3 bad destination mailbox address syntax"): ADDRESS,
    (RCPT, "550 5.1.6 mailbox has moved"): ADDRESS,
    (RCPT, "556 5.1.10 recipient address has null MX"): ADDRESS,
    (RCPT, "521 host does not accept mail"): ADDRESS,
    (RCPT, "550 Requested action not taken: mailbox unavailable"): ADDRESS,
    (RCPT, "550 no"): ADDRESS,
    (RCPT, "551 User not local"): ADDRESS,
    (RCPT, "553 mailbox name not allowed"): ADDRESS,
    (RCPT, "552 Requested mail action aborted: exceeded storage allocation"): RECEIVER,
    (RCPT, "450 Requested mail action not taken: mailbox unavailable"): RECEIVER,
    (RCPT, "451 Requested action aborted: local error in processing"): RECEIVER,
    (RCPT, "452 4.3.1 Insufficient system storage"): RECEIVER,
    (RCPT, "503 bad sequence of commands"): SENDER,
    (RCPT, "504 need fully-qualified hostname"): SENDER,
    (RCPT, "550 5.7.17 mailbox owner has changed"): ADDRESS,
    (DATA, "554 Transaction failed"): SENDER,
    (DATA, "552 5.3.4 message too big for system"): SENDER,
    (DATA, "550 5.6.0 lone CR or LF in body"): SENDER,
    # before a recipient is named
    (Stage.CONNECT, "554 5.7.1 no SMTP service here"): SENDER,
    (Stage.CONNECT, "421 4.3.2 too busy"): SENDER,
    (Stage.HELO, "550 5.1.1 who are you"): SENDER,
    (Stage.AUTH, "535 5.7.8 Username and Password not accepted"): SENDER,
    (MAIL, "550 5.1.1 no such user"): SENDER,
    (MAIL, "553 mailbox name not allowed"): SENDER,
    # Postfix, which refuses greeting and sender at RCPT (smtpd_delay_reject)
    (RCPT, "504 5.5.2 <4f1c>: Helo command rejected: need fully-qualified hostname"): SENDER,
    (RCPT, "504 5.5.2 <anna@localhost>: Recipient address rejected: need fully-qualified address"): ADDRESS,
    (RCPT, "450 4.7.1 <4f1c>: Helo command rejected: Host not found"): SENDER,
    (RCPT, "550 5.1.0 <latchkey@x.example>: Sender address rejected: User unknown in virtual mailbox table"): SENDER,
    (RCPT, "450 4.1.8 <latchkey@x.example>: Sender address rejected: Domain not found"): SENDER,
    (RCPT, "553 5.7.1 <a@x.example>: Sender address rejected: not owned by user b"): SENDER,
    (RCPT, "554 5.7.1 <anna@example.com>: Relay access denied"): SENDER,
    (RCPT, "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using bl.spamcop.net"): SENDER,
    (RCPT, "550 5.1.1 <anna@example.com>: Recipient address rejected: User unknown in relay recipient table"): ADDRESS,
    (RCPT, "550 <anna@example.com>: User unknown in relay recipient table"): ADDRESS,
    (RCPT, "450 4.1.2 <anna@example.com>: Recipient address rejected: Domain not found"): RECEIVER,
    (RCPT, "450 4.2.0 <anna@example.com>: Recipient address rejected: Greylisted"): RECEIVER,
    (RCPT, "451 4.7.1 greylisted, come back"): RECEIVER,
    (RCPT, "452 4.2.2 Mailbox full"): RECEIVER,
    # Exim
    (RCPT, "550 relay not permitted"): SENDER,
    (RCPT, "550 Sender verify failed"): SENDER,
    (RCPT, "550 Access denied - Invalid HELO name (See RFC2821 4.1.1.1)"): SENDER,
    (RCPT, "550 192.0.2.1 is listed at zen.spamhaus.org"): SENDER,
    (RCPT, "550 Unrouteable address"): ADDRESS,
    (RCPT, "550 Verification failed for <anna@example.com>\nNo Such User Here"): ADDRESS,
    (DATA, "550 Domain x.example has exceeded the max emails per hour (150/150 (100%)) allowed."): SENDER,
    # Gmail
    (RCPT, "550-5.1.1 The email account that you tried to reach does not exist."): ADDRESS,
    (RCPT, "550 5.2.1 The email account that you tried to reach is disabled."): ADDRESS,
    (RCPT, "552 5.2.2 The email account that you tried to reach is over quota."): RECEIVER,
    (
        RCPT,
        "450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional "
        "messages from being delivered. Please resend your message later.",
    ): RECEIVER,
    (RCPT, "450 4.2.1 Peak SMTP relay limit exceeded for customer."): SENDER,
    (RCPT, "550 5.4.5 Daily user sending quota exceeded"): SENDER,
    (DATA, "550 5.4.5 Daily SMTP relay sending limit exceeded for customer."): SENDER,
    (DATA, "550 5.7.26 This mail is unauthenticated, which poses a security risk"): SENDER,
    (DATA, "421 4.7.28 Our system has detected an unusual rate of unsolicited mail"): SENDER,
    (RCPT, "421 4.7.0 IP not in whitelist for RCPT domain, closing connection."): SENDER,
    (RCPT, "421 4.4.5 Server busy, try again later."): RECEIVER,
    # Exchange and Outlook.com
    (RCPT, "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"): ADDRESS,
    (RCPT, "550 5.4.1 Recipient address rejected: Access denied. [x.outlook.com]"): ADDRESS,
    (RCPT, "550 5.5.0 Requested action not taken: mailbox unavailable"): ADDRESS,
    (RCPT, "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup"): ADDRESS,
    (DATA, "554 5.2.0 SubmissionQuotaExceeded"): SENDER,
    (DATA, "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; the sender's quota"): SENDER,
    (DATA, "554 5.2.252 SendAsDenied; latchkey@x.example not allowed to send as b@x.example"): SENDER,
    (DATA, "550 5.1.8 Access denied, bad outbound sender"): SENDER,
    (DATA, "550 5.1.90 Your message can't be sent because you've reached your daily limit for recipients"): SENDER,
    (RCPT, "550 5.7.708 Access denied, traffic not accepted from this IP"): SENDER,
    (RCPT, "530 5.7.57 Client was not authenticated to send anonymous mail"): SENDER,
    (RCPT, "451 4.7.500 Server busy. Please try again later from [192.0.2.1]"): SENDER,
    (DATA, "432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded"): RECEIVER,
    # mail providers
    (DATA, "554 Message rejected: Email address is not verified. The following identities failed the check"): SENDER,
    (DATA, "454 Throttling failure: Daily message quota exceeded."): SENDER,
    (RCPT, "454 Temporary service failure"): SENDER,
    (DATA, "550 The from address does not match a verified Sender Identity. Mail cannot be sent"): SENDER,
    (RCPT, "550 The from address does not match a verified Sender Identity"): SENDER,
    (RCPT, "550 Unauthenticated senders not allowed"): SENDER,
    (DATA, "421 Domain x.example is not allowed to send: Sandbox subdomains are for test purposes only"): SENDER,
    (RCPT, "550 5.7.1 [192.0.2.1] Your message was blocked using bl.example.net"): SENDER,
    (RCPT, "571 Delivery not authorized, message refused"): SENDER,
    # others
    (RCPT, "550 5.0.350 Remote server returned an error"): ADDRESS,
    (DATA, "550 5.0.350 Remote server returned an error"): SENDER,
    (RCPT, "550 5.1.0 Authentication required"): SENDER,
    (RCPT, "541 5.4.1 Recipient address rejected: Access denied"): ADDRESS,
    (RCPT, "550 5.4.6 Routing loop detected"): RECEIVER,
    (RCPT, "550 No such domain at this location"): ADDRESS,
    (RCPT, "454 4.7.1 <anna@example.com>: Relay access denied"): SENDER,
    (RCPT, "450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]"): SENDER,
    (DATA, "552 5.7.0 This message was blocked because its content presents a potential security issue"): SENDER,
    (RCPT, "550 #5.1.0 Address rejected."): ADDRESS,
    (RCPT, "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"): SENDER,
    (RCPT, "550 sorry, no mailbox here by that name. (#5.1.1)"): ADDRESS,
    (RCPT, "554 delivery error: dd This user doesn't have a yahoo.com account"): ADDRESS,
    (RCPT, "554 30 Sorry, your message cannot be delivered. This mailbox is disabled"): ADDRESS,
    (DATA, "550 user unknown"): ADDRESS,
    (DATA, "552 Mailbox full"): RECEIVER,
    (RCPT, "550 Mailbox quota exceeded"): RECEIVER,
    (RCPT, "553 5.3.0 <anna@example.com>... No such user here"): ADDRESS,
    # a provider's list of addresses to which it sends nothing
    (DATA, "554 Message rejected: Address blacklisted."): ADDRESS,
    (DATA, "550 Not delivering to a user who marked your messages as spam"): ADDRESS,
    (DATA, "550 You tried to send to recipient(s) that have been marked as inactive."): ADDRESS,
    (RCPT, "550 5.7.1 RESOLVER.RST.AuthRequired; authentication required"): ADDRESS,
    # the mailbox exists, although the code says otherwise
    (RCPT, "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents more"): RECEIVER,
    (RCPT, "451 4.7.1 <anna@example.com>: Recipient address rejected: You have been greylisted; policy"): RECEIVER,
    (RCPT, "450 4.7.1 Recipient address rejected: Sender domain not yet known, greylisted for 300 s"): RECEIVER,
    # about us, in words only
    (RCPT, "550 SC-001 Unfortunately, messages from 192.0.2.1 weren't sent."): SENDER,
    (DATA, "421 4.7.1 [TS03] All messages from 192.0.2.1 will be permanently deferred"): SENDER,
    (RCPT, "550 5.1.20 Multiple From addresses"): SENDER,
    (RCPT, "550 5.7.1 Recipient address rejected: Please see http://www.openspf.org/Why?id=x"): SENDER,
    (RCPT, "521 5.2.1 (DNSBL:RBL 521< 192.0.2.1 >_is_blocked.)"): SENDER,
    (RCPT, "550 Administrative prohibition"): SENDER,
    (RCPT, "550 not local host x.example, not a gateway"): SENDER,
    (RCPT, "552 message too large"): SENDER,
    (DATA, "432 4.3.2 Concurrent connections limit exceeded."): SENDER,
    (DATA, "452 Too many recipients received this hour"): SENDER,
    (RCPT, "421 4.7.0 Account x is temporarily disabled. (Out of allowance)"): SENDER,
    (RCPT, "550 Domain frequency limited"): SENDER,
    # about the address, in words only
    (DATA, "554 delivery error: dd Not a valid recipient - atlas"): ADDRESS,
    (DATA, "554 5.2.0 STOREDRV.Deliver.Exception:AccountDisabledException.MapiExceptionMailboxDisabled"): ADDRESS,
    (RCPT, "550 5.7.1 Recipient rejected (R1)"): ADDRESS,
    (RCPT, "550 The account or domain may not exist, they may be blacklisted"): ADDRESS,
    # repeated addresses and hosts are no words
    (RCPT, "550 <spam@relay.example>: no"): ADDRESS,
    (RCPT, "550 policy@example.com is not here"): ADDRESS,
}


def read(reply):
    """Split a reply into code and text, as smtplib does."""
    return int(reply[:3]), reply[4:]


def test_fault_of_each_reply():
    assert {case: fault_of(case[0], *read(case[1])) for case in REPLIES} == REPLIES


def test_refusals_that_stop_every_mail():
    wanted = {
        (Stage.CONNECT, "554 no"): True,
        (MAIL, "550 5.7.1 no"): True,
        (RCPT, "550 5.4.5 Daily user sending quota exceeded"): True,
        (DATA, "554 5.2.0 SubmissionQuotaExceeded"): True,
        (RCPT, "550 5.7.1 blocked using bl.example.net"): False,
        (DATA, "550 5.7.1 spam"): False,
        (RCPT, "552 5.2.2 over quota"): False,
        (RCPT, "530 5.7.57 Client was not authenticated"): True,
        (DATA, "452 Too many recipients received this hour"): True,
    }
    assert {case: stops_every_mail(case[0], *read(case[1])) for case in wanted} == wanted


def test_long_reply_takes_no_time():
    begun = time.process_time()
    for text in ("a" * 200_000, "<" * 200_000, "daily " * 40_000, "#\n" * 100_000):
        assert fault_of(RCPT, 550, text) == ADDRESS
        stops_every_mail(RCPT, 550, text)
    assert time.process_time() - begun < 2
