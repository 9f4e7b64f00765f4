"""Sent and failed messages: the reason of a failure is reported, without the address."""

from __future__ import annotations

import socket
import threading

import pytest

from licsync.backends.messages import mail as mails
from licsync.backends.messages import webhook as webhooks
from licsync.backends.messages.letters import Letter, NotSent
from licsync.backends.messages.sending import send
from tests.support.message_servers import mail_server, webhook_server

LETTER = Letter("acme: ü", "acme: ü\n\n- one\n", {"slack": {"text": "x"}, "webhook": {"a": 1}})


def refusal(kind: str, address: str) -> str:
    with pytest.raises(NotSent) as fault:
        send(kind, address, LETTER)  # type: ignore[arg-type]
    assert "SECRET" not in str(fault.value)
    return str(fault.value)


def test_a_document_goes_to_the_path_and_query_of_the_address() -> None:
    with webhook_server() as inbox:
        send("slack", f"{inbox.address}/T0/SECRET?sp=%2Ftriggers&sig=a%3D", LETTER)
        send("webhook", inbox.address, LETTER)
    assert inbox.taken == [
        ("/T0/SECRET?sp=%2Ftriggers&sig=a%3D", {"text": "x"}),
        ("/", {"a": 1}),
    ]


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        (404, b"no_service", "answered: no_service (HTTP 404)"),
        (401, b"", "is refused: no reason given (HTTP 401)"),
        (302, b"", "redirects to https://elsewhere.example, which is not followed (HTTP 302)"),
        (503, b"later\nSECRET", "answered: later"),
        (400, b"\xff", "(HTTP 400)"),
    ],
)
def test_the_answer_of_a_server_is_reported(status: int, answer: bytes, expected: str) -> None:
    with webhook_server() as inbox:
        inbox.status, inbox.answer = status, answer
        assert expected in refusal("slack", f"{inbox.address}/SECRET")
    assert len(inbox.taken) == 1


@pytest.mark.parametrize(
    "answer",
    [
        "Cannot POST /T00/a SECRET?v=1&sig=SECRET/x",
        "Cannot POST /T00/a%20SECRET?v=1&sig=SECRET%2Fx",
        "No hook a%20SECRET",
        "The signature SECRET/x is wrong",
        f"{'x' * 490} SECRET/x",
    ],
)
@pytest.mark.parametrize("status", [404, 401, 500])
def test_a_server_that_repeats_the_address_does_not_make_it_known(answer: str, status: int) -> None:
    with webhook_server() as inbox:
        inbox.status, inbox.answer = status, answer.encode()
        assert "…" in refusal("webhook", f"{inbox.address}/T00/a%20SECRET?v=1&sig=SECRET%2Fx")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://hooks.example.com/SECRET", "not https"),
        ("https://user:SECRET@hooks.example.com/", "not have the form"),
        ("ftp://hooks.example.com/SECRET", "not have the form"),
        ("SECRET", "not have the form"),
        ("https://hooks.example.com/x?SECRET", "query"),
    ],
)
def test_an_address_of_a_webhook_is_https_or_on_this_machine(address: str, expected: str) -> None:
    assert expected in refusal("slack", address)


def test_a_server_that_does_not_answer_ends_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/SECRET"
        with pytest.raises(NotSent, match="did not take it within"):
            webhooks.post(address, {}, seconds=0.2)


@pytest.mark.slow
def test_a_mail_server_that_answers_again_and_again_ends_in_time() -> None:
    """Each line arrives in time, and the answer never ends."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        has_ended = threading.Event()

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                while not has_ended.wait(0.01):
                    connection.sendall(b"220-hello\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        where = f"smtp://127.0.0.1:{server.getsockname()[1]}?from=a@x.example&to=b@x.example"
        with pytest.raises(NotSent, match=r"^127\.0\.0\.1 did not take it within 0 seconds$"):
            mails.send_mail(where, "subject", "text", seconds=0.2)
        has_ended.set()
        thread.join()


@pytest.mark.slow
def test_a_server_that_is_not_there_is_tried_twice() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        address = f"http://127.0.0.1:{gone.getsockname()[1]}/SECRET"
    assert "The webhook cannot be reached" in refusal("slack", address)


# --- mail -----------------------------------------------------------------------------------------


def test_a_mail_reaches_every_receiver() -> None:
    with mail_server(password="p@ss") as inbox:
        where = (
            f"smtp://licsync:p%40ss@{inbox.address}?from=l@acme.example&to=a@x.example,b@x.example"
        )
        send("email", where, LETTER)
    ((receivers, mail),) = inbox.taken
    assert receivers == "a@x.example,b@x.example"
    assert mail["Subject"] == "acme: ü"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().replace("\r", "") == LETTER.text


@pytest.mark.parametrize(
    "address",
    [
        "smtp://127.0.0.1", "smtp://127.0.0.1?from=a@b.example", "http://h?from=a@b&to=c@d",
        "smtp://h:port?from=a@b.example&to=c@d.example", "SECRET", "smtp://?from=a@b&to=c@d",
    ],
)  # fmt: skip
def test_an_address_of_a_mail_server_names_sender_and_receivers(address: str) -> None:
    assert "have the form smtp://USER" in refusal("email", address)


def test_the_refusal_of_a_mail_server_is_reported() -> None:
    both = "from=l@acme.example&to=a@x.example,b@x.example"
    with mail_server(refused="b@x.example", password="right") as inbox:
        wrong = refusal("email", f"smtp://licsync:SECRET@{inbox.address}?{both}")
        assert "answered: 535" in wrong
        good = f"smtp://licsync:right@{inbox.address}"
        assert "refused 1 of 2 receivers" in refusal("email", f"{good}?{both}")
        only = f"{good}?from=l@acme.example&to=b@x.example"
        assert "refused every receiver" in refusal("email", only)
        inbox.status = 452
        assert "answered: 452 no room" in refusal(
            "email", f"{good}?from=l@a.example&to=a@x.example"
        )
        odd = f"{good}?from=l@acme.example%0aBcc:%20x@y.example&to=a@x.example"
        assert "not a mail address" in refusal("email", odd)
    assert "ConnectionRefusedError" in refusal("email", f"{good}?{both}")


def test_a_mail_goes_only_over_tls_unless_the_server_is_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The server has no TLS: it gets neither password nor text."""
    monkeypatch.setattr(mails._Mailbox, "is_here", False)
    with mail_server() as inbox:
        where = f"{inbox.address}?from=l@acme.example&to=a@x.example"
        assert "SMTPNotSupportedError" in refusal("email", f"smtp://u:SECRET@{where}")
        assert "SSLError" in refusal("email", f"smtps://u:SECRET@{where}")
    assert inbox.taken == []
