"""Delivery over real sockets: what is accepted, what is tried again, what is given up."""

from __future__ import annotations

import contextlib
import email
import re
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import given, settings

from slamon.errors import ChannelDownError, ConfigError, DeliveryError, DeliveryUnknownError
from slamon.mail import Attachments, Security, SmtpMailer, build_message, message_id, parse_address
from slamon.mail.message import wire_bytes
from slamon.ports import ArchivedFile, Channel
from tests.outputs.samples import HOSTILE, notification
from tests.outputs.servers import CERTIFICATE, PASSWORD, Inbox, closed, listening, scripted, silent
from tests.outputs.test_clean import ANY_TEXT

_contract: type[Channel] = SmtpMailer  # mypy compares the two
SENDER = "slamon <slamon@example.com>"


def mailer(port: int, security: Security = "none", *, ca_file: Path | None = None, password: str = "") -> SmtpMailer:
    username = "slamon" if password else None
    return SmtpMailer("127.0.0.1", port, security, username, password, SENDER, 5.0, ca_file)


def refusal(port: int, security: Security = "none", **settings: object) -> DeliveryError:
    """Deliver to a server that will not have it; return the error."""
    with pytest.raises(DeliveryError) as caught:
        mailer(port, security, **settings).deliver(notification())  # type: ignore[arg-type]
    return caught.value


def test_a_mail_arrives_with_both_parts_and_its_headers() -> None:
    inbox = Inbox()
    with listening(inbox) as port:
        mailer(port).deliver(notification(text="Zwölf Minuten\n", html="<p>Zwölf</p>"))

    message = email.message_from_bytes(inbox.content(), policy=default)
    assert inbox.envelopes[0].mail_from == "slamon@example.com"
    assert inbox.envelopes[0].rcpt_tos == ["lead@example.com"]
    assert message["Subject"] == "Ticket 1042 (Acme): resolve due in 25 min of business time"
    assert message["From"] == SENDER
    assert message["To"] == "lead@example.com"
    assert message["Date"] == "Fri, 13 Nov 2026 14:40:00 +0000"
    assert message["Message-ID"] == "<0123456789abcdef@example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "X-Slamon-Attempt" not in message
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    plain = message.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().splitlines() == ["Zwölf Minuten"]


PDF = ArchivedFile("Übersicht 2026-10.pdf", "application/pdf", bytes(range(256)) + b"\r\n.\r\n")
CSV = ArchivedFile("goals.csv", "text/csv; charset=utf-8", b'\xef\xbb\xbf"a"\r\n')


def bringing(files: list[ArchivedFile], most_bytes: int) -> EmailMessage:
    """Return the mail of a report as it arrives at a server."""
    archive = {("main", "main/report/monthly"): files}
    inbox, note = Inbox(), notification(report="main/report/monthly", html="<body><p>Oktober</p></body>")
    with listening(inbox) as port:
        attachments = Attachments(lambda tenant, key: archive[tenant, key], most_bytes)
        SmtpMailer("127.0.0.1", port, "none", None, None, SENDER, 5.0, attachments=attachments).deliver(note)
    message = email.message_from_bytes(inbox.content(), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_the_files_of_a_report_arrive_byte_by_byte() -> None:
    message = bringing([PDF, CSV], 1000)

    found = [(part.get_filename(), part.get_content_type(), part.get_content()) for part in message.iter_attachments()]
    assert found == [
        (PDF.name, "application/pdf", PDF.body),
        (CSV.name, "text/csv", CSV.body.decode()),
    ]
    body = message.get_body(("html",))
    assert body is not None
    assert "archive" not in body.get_content()


def test_files_that_are_too_large_stay_in_the_archive_and_the_mail_says_where() -> None:
    message = bringing([PDF, CSV], 100)

    assert not list(message.iter_attachments())
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        assert part is not None
        assert "slamon report show" in part.get_content()
        assert "main/report/monthly" in part.get_content()


def test_what_may_have_arrived_before_has_the_same_id_and_says_so() -> None:
    first, third = (build_message(notification(attempts=7, unsure=n), parse_address(SENDER)) for n in (0, 2))

    assert first["Message-ID"] == third["Message-ID"]
    assert "X-Slamon-Attempt" not in first
    assert third["X-Slamon-Attempt"] == "3"


def test_a_hostile_subject_and_body_are_delivered() -> None:
    inbox = Inbox()
    with listening(inbox) as port:
        mailer(port).deliver(notification(subject=HOSTILE, text=HOSTILE, html=f"<p>{HOSTILE}</p>"))

    message = email.message_from_bytes(inbox.content(), policy=default)
    assert message["Bcc"] is None
    assert message["Subject"].startswith('Fire <script>alert("x")</script> Bcc: all@example.com gnp.exe')
    assert len(message["Subject"]) == 200
    assert max(map(len, inbox.content().split(b"\r\n"))) <= 998
    assert b"\x00" not in inbox.content()


@settings(max_examples=300, deadline=None)
@given(subject=ANY_TEXT, text=ANY_TEXT, html=ANY_TEXT)
def test_no_text_stops_a_mail(subject: str, text: str, html: str) -> None:
    note = notification(subject=subject, text=text, html=f"<p>{html}")
    raw = build_message(note, parse_address(SENDER)).as_bytes()

    assert header_names(raw) == HEADERS


HEADERS = [
    *("Subject", "From", "To", "Date", "Message-ID"),
    *("Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version", "Content-Type"),
]


def header_names(raw: bytes) -> list[str]:
    """Return the names of a message's headers, read without a parser that may be kind."""
    head = raw.split(b"\r\n\r\n")[0].split(b"\r\n")
    return [line.split(b":")[0].decode() for line in head if not line.startswith(b" ")]


@pytest.mark.parametrize("hidden", ["Hi=0D=0ABcc:_x@example.com", "=0D=0A=0D=0A<p>another_body", "=00=1B"])
def test_an_encoded_word_in_a_text_is_a_text_and_brings_no_header(hidden: str) -> None:
    word = f"=?utf-8?q?{hidden}?="
    note = notification(subject=f"Ticket 7 ({word}): due", recipient=f'"{word}" <lead@example.com>')
    raw = wire_bytes(build_message(note, parse_address(SENDER)), utf8=False)

    message = email.message_from_bytes(raw, policy=default)
    assert message["Subject"] == note.subject
    assert [each.addr_spec for each in message["To"].addresses] == ["lead@example.com"]
    assert header_names(raw) == HEADERS


@pytest.mark.parametrize("recipient", ["", "nobody", "a@", "@b", "a@b\r\nBcc: c@d", "a@b, c@d", "\ud800@example.com"])
def test_what_is_no_address_is_given_up(recipient: str) -> None:
    with closed() as port, pytest.raises(DeliveryError, match="not a mail address") as caught:
        mailer(port).deliver(notification(recipient=recipient))

    assert caught.value.permanent


@pytest.mark.parametrize(
    ("inbox", "permanent", "words"),
    [
        (Inbox(on_rcpt="450 greylisted"), False, "recipient refused: 450 greylisted"),
        (Inbox(on_rcpt="550 no such user"), True, "recipient refused: 550 no such user"),
        (Inbox(on_data="451 try later"), False, "refused: 451 try later"),
        (Inbox(on_data="554 looks like spam"), True, "refused: 554 looks like spam"),
    ],
)
def test_the_code_decides_whether_to_try_again(inbox: Inbox, permanent: bool, words: str) -> None:
    with listening(inbox) as port:
        error = refusal(port)

    assert error.permanent is permanent
    assert str(error) == f"127.0.0.1:{port}: {words}"


def test_nobody_listens() -> None:
    with closed() as port:
        error = refusal(port)

    assert not error.permanent
    assert "refused" in str(error)


def test_a_server_that_says_nothing_is_left_in_time() -> None:
    with silent() as port, pytest.raises(DeliveryError, match=r"no answer in time|timed out") as caught:
        SmtpMailer("127.0.0.1", port, "none", None, None, SENDER, 0.2).deliver(notification())

    assert not caught.value.permanent


def test_a_server_that_turns_us_away_says_nothing_about_the_mail() -> None:
    with scripted({}, greeting="554 no service here") as port:
        error = refusal(port)

    assert not error.permanent


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_server_that_wants_a_login_says_nothing_about_the_mail(command: str) -> None:
    with scripted({command: "530 log in first"}) as port:
        error = refusal(port)

    assert isinstance(error, ChannelDownError)
    assert "530 log in first" in str(error)


@pytest.mark.parametrize(
    ("command", "answer", "kind"),
    [
        ("MAIL", "550 not you", "down"),  # the sender is the same for every mail
        ("MAIL", "451 4.7.1 too many mails", "down"),
        ("MAIL", "552 too large", "never"),
        ("RCPT", "550 no such user", "never"),
        ("RCPT", "450 4.2.0 greylisted", "later"),
        ("RCPT", "451 4.7.500 server busy", "later, closing"),
        ("RCPT", "421 closing", "later, closing"),
        ("RCPT", "", "later, closing"),
        ("DATA", "554 no", "never"),
        ("DATA", "452 no room", "later"),
        ("DATA", "250 what?", "later, closing"),
        ("DATA", "", "later, closing"),
        (".", "554 spam", "never"),
        (".", "451 try again", "later"),
        (".", "421 closing", "later, closing"),
        (".", "", "unknown"),
        (".", "well then", "unknown"),
        (".", "354 more?", "unknown"),
    ],
)
def test_what_an_answer_says_of_the_mail(command: str, answer: str, kind: str) -> None:
    with scripted({command: answer}) as port:
        error = refusal(port)

    assert _kind(error) == kind
    assert answer.split(" ")[-1] in str(error)


def _kind(error: DeliveryError) -> str:
    if isinstance(error, ChannelDownError):
        return "down"
    if isinstance(error, DeliveryUnknownError):
        return "unknown"
    return "never" if error.permanent else f"later{', closing' if error.closing else ''}"


@pytest.mark.parametrize("goodbye", ["", "500 what"])
def test_what_follows_acceptance_does_not_matter(goodbye: str) -> None:
    with scripted({"QUIT": goodbye}) as port:
        mailer(port).deliver(notification())


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(security: Security) -> None:
    inbox = Inbox()
    with listening(inbox, starttls=security == "starttls", tls=security == "tls") as port:
        error = refusal(port, security, password=PASSWORD)

    assert "certificate not trusted" in str(error)
    assert not error.permanent
    assert not inbox.logins
    assert not inbox.envelopes


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_private_authority_is_trusted_when_named(security: Security) -> None:
    inbox = Inbox()
    with listening(inbox, starttls=security == "starttls", tls=security == "tls") as port:
        mailer(port, security, ca_file=CERTIFICATE, password=PASSWORD).deliver(notification())

    assert inbox.logins == ["slamon"]
    assert len(inbox.envelopes) == 1


def test_a_server_without_starttls_gets_neither_password_nor_mail() -> None:
    inbox = Inbox()
    with listening(inbox) as port:
        error = refusal(port, "starttls", password=PASSWORD)

    assert "STARTTLS" in str(error)
    assert not error.permanent
    assert not inbox.logins
    assert not inbox.envelopes


def test_a_wrong_password_keeps_the_mail_and_is_not_shown() -> None:
    with listening(Inbox(), starttls=True) as port:
        error = refusal(port, "starttls", ca_file=CERTIFICATE, password="wrong-battery-staple")

    assert "login refused, check username and password: 535" in str(error)
    assert "wrong-battery-staple" not in repr(error) + str(error)
    assert not error.permanent


def test_a_server_that_repeats_the_password_does_not_get_it_into_the_error() -> None:
    teller = SmtpMailer("h", 25, "tls", "slamon", PASSWORD, SENDER)
    shown = teller.without_secrets(f"535 you said {PASSWORD} and AHNsYW1vbgBjb3JyZWN0LWhvcnNl")

    assert shown == "535 you said *** and ***"
    assert PASSWORD not in repr(teller)


@pytest.mark.parametrize(
    ("settings_", "key"),
    [
        ({"security": "none", "username": "slamon"}, "mail.security"),
        ({"username": "slamon", "password": "naïve"}, "mail.password"),
        ({"sender": "nobody"}, "mail.sender"),
        ({"ca_file": "/nowhere/ca.pem"}, "mail.ca_file"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_once(settings_: dict[str, str], key: str) -> None:
    values: dict[str, str | None] = {"security": "tls", "username": None, "password": None, "sender": SENDER}
    with pytest.raises(ConfigError) as caught:
        SmtpMailer("mail.example.com", 25, **{**values, **settings_})  # type: ignore[arg-type]

    assert [problem.key for problem in caught.value.problems] == [key]
    assert "naïve" not in str(caught.value)


def test_message_ids_differ_by_key_and_recipient_only() -> None:
    same = message_id("k", "a@example.com", "example.com")

    assert same == message_id("k", "a@example.com", "example.com")
    assert same != message_id("k2", "a@example.com", "example.com")
    assert same != message_id("k", "b@example.com", "example.com")
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.com>", same)
    assert message_id("k", "a", "bad domain\r\n").endswith("@baddomain>")
    assert message_id("\ud800", "a", "ü").endswith("@slamon.invalid>")


def test_the_commit_comes_when_all_but_the_final_dot_is_sent_and_before_it_is_accepted() -> None:
    inbox, seen = Inbox(), list[int]()
    with listening(inbox) as port, mailer(port).session() as session:
        session.deliver(notification(), lambda: seen.append(len(inbox.envelopes)))

    assert seen == [0]
    assert len(inbox.envelopes) == 1


def test_a_commit_that_fails_leaves_the_mail_undelivered_and_the_session_usable() -> None:
    inbox = Inbox()

    def refuse() -> None:
        raise LookupError("not ours any more")

    with listening(inbox) as port, mailer(port).session() as session:
        with pytest.raises(LookupError):
            session.deliver(notification(message_id="<1@x>"), refuse)
        session.deliver(notification(message_id="<2@x>"), lambda: None)

    assert b"<2@x>" in inbox.content()


def test_several_mails_share_a_connection_and_one_that_is_refused_stops_only_itself() -> None:
    inbox = Inbox(refused=("nobody@example.com",))
    with listening(inbox) as port, mailer(port).session() as session:
        for name in ("a", "nobody", "b"):
            with contextlib.suppress(DeliveryError):
                session.deliver(notification(recipient=f"{name}@example.com"), lambda: None)

    assert [envelope.rcpt_tos for envelope in inbox.envelopes] == [["a@example.com"], ["b@example.com"]]
    assert len({id(session) for session in inbox.sessions}) == 1


def test_lines_that_begin_with_a_dot_arrive_as_they_are() -> None:
    inbox = Inbox()
    with listening(inbox) as port:
        mailer(port).deliver(notification(text=".\n..two\n.end\n", html=""))

    plain = email.message_from_bytes(inbox.content(), policy=default).get_body(("plain",))
    assert plain is not None
    assert plain.get_content().split() == [".", "..two", ".end"]
