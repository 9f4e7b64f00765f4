"""Sends one request at a time to one server, within a budget, and says how it ended.

A request has one deadline in all and its answer a limit in bytes, because timeouts of a connection
are per read: a body that drips would never end. The secret goes to the server's own host and
nowhere else.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import httpx2

from licsync.backends.http.certificates import trusted_authorities
from licsync.backends.http.credentials import Secret
from licsync.backends.http.daemon_threads import DaemonThreads
from licsync.backends.http.decoding import decoder
from licsync.backends.http.patience import APPLYING, BEGUN, Patience
from licsync.backends.http.rate_limit import RateLimiter, Urgency
from licsync.backends.http.responses import Answer, classify_status, strict_json
from licsync.diagnostics import CredentialsMissing
from licsync.engine.ports import BackendFailed
from licsync.model.secret_origins import Address

BREAKER = 8
"""After so many failures in a row nothing new is begun."""

NOT_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
    httpx2.InvalidURL,
)
"""What goes wrong before a byte of the request is on its way."""

_MAX_BYTES = 32 * 1024 * 1024  # a page of 1,000 users has about 4 MB
_MAX_TEXT = 500  # bytes of an answer that is not JSON
_PATIENCE = 900.0  # seconds that a request may be put off by 429 answers


class _TooLong(Exception):
    """An answer has more bytes than any that makes sense."""


class HttpRequest(Protocol):
    """What is sent."""

    @property
    def method(self) -> str:
        """GET, POST, PUT, PATCH or DELETE."""
        ...

    @property
    def path(self) -> str:
        """The path below the base address, its parts quoted (`path_of`)."""
        ...

    @property
    def body(self) -> Any:
        """The JSON document; None if there is none."""
        ...

    @property
    def query(self) -> Mapping[str, str]:
        """The query parameters."""
        ...


RequestT = TypeVar("RequestT", bound=HttpRequest)


def path_of(*parts: str) -> str:
    """Join the parts of a path; each is quoted, slashes included."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


class HttpTransport(ABC, Generic[RequestT]):
    """Sends requests to one server with one secret. Subclasses add what a server needs.

    Used within one event loop, or within one after the other with `close` between.

    Args:
        address: where the server is; one that the secret may be sent to
            (`model.secret_origins.allowed_address`).
        secret: the key or token.
        pace: the budget that every request draws on.
        network: what carries the requests, for tests; by default the network.
        jitter: gives a factor around 1 for waiting times.
        patience: how long the server is tried if it does not answer.
    """

    name = "The server"
    """How messages call the server, at the beginning of a sentence."""

    answers_json = True
    """Whether an answer says something only if its body is JSON."""

    def __init__(
        self,
        address: Address,
        secret: Secret,
        pace: RateLimiter,
        network: httpx2.AsyncBaseTransport | None = None,
        jitter: Callable[[], float] = lambda: random.uniform(0.8, 1.2),
        patience: Patience = APPLYING,
    ):
        self.base_url = str(address)
        self.pace = pace
        self.secret = secret
        self.failures = 0
        self._jitter = jitter
        self._patience = patience
        self._network = network
        self._by_proxy = address.scheme == "https" and not address.is_loopback
        self._client: httpx2.AsyncClient | None = None

    # --- what is particular to a server -----------------------------------------------------------

    @abstractmethod
    def headers_of(self, request: RequestT) -> dict[str, str]:
        """Give the headers of a request; one of them has the secret."""

    @abstractmethod
    def error_text(self, body: Any) -> str:
        """Put the body of an error into one line; empty if it says nothing."""

    @abstractmethod
    def credentials_refused(self, reason: str) -> CredentialsMissing:
        """Say that the secret was not accepted."""

    def content_of(self, request: RequestT) -> dict[str, Any]:
        """Give the content of a request, as keyword arguments of httpx: JSON."""
        return {"json": request.body}

    def find_type_error(self, request: RequestT, body: Any) -> str:
        """Describe a wrong type in an answer, which a retry would not change; empty if none."""
        return ""

    def find_fault(self, request: RequestT, answer: Answer) -> str:
        """Describe why a successful answer cannot be used; empty if it can."""
        return ""

    # --- sending ----------------------------------------------------------------------------------

    def _open_client(self) -> httpx2.AsyncClient:
        if self._client is None:
            # which resolve names
            asyncio.get_running_loop().set_default_executor(DaemonThreads())
            self._client = httpx2.AsyncClient(
                transport=self._network,
                verify=trusted_authorities(by_environment=self._by_proxy),
                timeout=httpx2.Timeout(self._patience.deadline, connect=self._patience.connect),
                follow_redirects=False,
                trust_env=self._by_proxy,  # no proxy sees what stays here, or the secret as it is
                headers={"accept-encoding": "identity", "user-agent": "licsync"},
            )
        return self._client

    async def close(self) -> None:
        """Close the connections; they are opened again when they are needed."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def get(self, request: RequestT, urgency: Urgency) -> Answer:
        """Read something, and retry failures; new work retries until the deadline has passed.

        Returns:
            An answer that is accepted or refused; a status of 401 and 429 is never among them.

        Raises:
            BackendFailed: no answer that can be used was had.
            CredentialsMissing: the secret was not accepted.
        """
        is_new, loop = urgency is Urgency.START, asyncio.get_running_loop()
        attempt, attempts, began = 1, self._patience.reads if is_new else BEGUN, loop.time()
        while True:
            answer = await self.send(request, urgency)
            if answer.outcome != "ambiguous":
                return answer
            is_late = is_new and loop.time() - began >= self._patience.deadline
            if attempt == attempts or is_late:
                raise BackendFailed(f"{self.name} cannot be read: {answer.reason}.")
            attempt += 1
            await self._back_off(attempt, answer.reason)

    async def send(
        self, request: RequestT, urgency: Urgency, sending: Callable[[], None] = lambda: None
    ) -> Answer:
        """Send a request; repeat it only while a limit puts it off.

        Args:
            request: what to send.
            urgency: who goes first where requests are short.
            sending: is called each time just before the request goes out.

        Raises:
            BackendFailed: it could not be sent, or too much failed before for anything new to
                begin.
            CredentialsMissing: the secret was not accepted; nothing happened.
        """
        if urgency is Urgency.START and self.failures >= BREAKER:
            raise BackendFailed(f"{self.name} failed {self.failures} times in a row.")
        is_new = urgency is Urgency.START
        connections = self._patience.connections if is_new else BEGUN
        attempt = refusals = 0
        loop = asyncio.get_running_loop()
        began = loop.time()
        has_turn = False
        while True:
            if not has_turn:
                await self.pace.acquire(urgency)
            sending()
            answer = await self._exchange(request)
            has_turn = answer.outcome == "not_sent"  # it was not spent
            self.failures = self.failures + 1 if answer.outcome in ("not_sent", "ambiguous") else 0
            if answer.status == 429:
                if loop.time() - began > _PATIENCE:
                    raise BackendFailed(
                        f"{self.name}'s limits are used up by others: "
                        "it refuses every request (429)."
                    )
                self.pace.pause_after_refusal(answer.headers, refusals)
                refusals += 1
            elif answer.outcome == "not_sent":
                attempt += 1
                is_late = is_new and loop.time() - began >= self._patience.reach
                if attempt == connections or is_late:
                    raise BackendFailed(f"{self.name} cannot be reached: {answer.reason}.")
                await self._back_off(attempt + 1, answer.reason)
            else:
                if answer.outcome == "accepted" or "x-ratelimit-limit" in answer.headers:
                    self.pace.update_limits(answer.headers)
                if answer.status == 401:
                    raise self.credentials_refused(answer.reason)
                return answer

    async def _back_off(self, attempt: int, reason: str) -> None:
        """Wait before an attempt, which is the second one or a later one."""
        seconds = min(2.0 ** (attempt - 2), 30.0) * self._jitter()
        self.pace.notify_wait(
            "connection", f"the API to answer ({reason})", self.pace.clock(), seconds
        )
        await asyncio.sleep(seconds)

    async def _exchange(self, request: RequestT) -> Answer:
        """Send once, and read the answer to its end, within the deadline."""
        try:
            async with asyncio.timeout(self._patience.deadline):
                return await self._once(request)
        except NOT_SENT as fault:
            if (refusal := _certificate_refusal(fault)) is not None:  # it would be refused again
                text = f"{self.name} cannot be reached: its certificate is not trusted: {refusal}."
                raise BackendFailed(
                    f"{text} Name the authority that signed it in SSL_CERT_FILE."
                ) from fault
            return Answer("not_sent", reason=self._why(fault))
        except TimeoutError:
            seconds = f"{self._patience.deadline:.0f} seconds"
            return Answer("ambiguous", reason=f"it did not answer in full within {seconds}")
        except _TooLong as fault:  # what is read would be so again, what is written may be done
            return Answer("refused" if request.method == "GET" else "ambiguous", reason=str(fault))
        except (httpx2.HTTPError, httpx2.StreamError, ValueError) as fault:
            return Answer("ambiguous", reason=self._why(fault))

    async def _once(self, request: RequestT) -> Answer:
        query = "?" + urlencode(request.query, quote_via=quote) if request.query else ""
        url = f"{self.base_url}{request.path}{query}"
        async with self._open_client().stream(
            request.method, url, headers=self.headers_of(request), **self.content_of(request)
        ) as response:
            data = bytearray()
            decode = decoder(response.headers.get("content-encoding", "identity"))
            async for chunk in response.aiter_raw():
                data += decode(chunk, _MAX_BYTES + 1 - len(data))
                if len(data) > _MAX_BYTES:
                    raise _TooLong(f"the answer has more than {_MAX_BYTES // 1024 // 1024} MB")
            return self._read(request, response.status_code, bytes(data), dict(response.headers))

    # --- reading ----------------------------------------------------------------------------------

    def _read(self, request: RequestT, status: int, data: bytes, headers: dict[str, str]) -> Answer:
        try:
            body = self._decode(data)
            fault = "" if data or status == 204 else "the answer is empty"
        except ValueError as invalid:
            body, fault = (
                None,
                f"the answer is not JSON that licsync can use: {self.secret.redact(str(invalid))}",
            )
        if not self.answers_json:
            fault = ""
        is_read = request.method == "GET" and status == 200 and not fault
        if is_read and (odd := self.find_type_error(request, body)):
            reason = f"the answer is not what the API documents: {self.secret.redact(odd)}"
            return Answer("refused", status, reason=reason, headers=headers)  # it would be so again
        answer = Answer("accepted", status, body, headers=headers)
        if not fault and 200 <= status < 300:
            fault = self.secret.redact(self.find_fault(request, answer))
        if 300 <= status < 400:
            body, fault = (
                None,
                f"it redirects to {_origin(headers.get('location', ''))}, which is not followed",
            )
        outcome = classify_status(status, readable=not fault)
        reason = "" if outcome == "accepted" else self.secret.redact(self.error_text(body)) or fault
        if outcome != "accepted":
            seen = headers.get("x-response-id")
            response = f", response {seen}" if seen else ""
            reason = f"{reason or 'no reason given'} (HTTP {status}{response})"
        return replace(answer, outcome=outcome, reason=reason)

    def _decode(self, data: bytes) -> Any:
        """Read the body of an answer.

        Raises:
            ValueError: it cannot be read.
        """
        if not self.answers_json:
            return data[:_MAX_TEXT].decode("utf-8", "replace")
        return strict_json(data) if data else None

    def _why(self, fault: Exception) -> str:
        text = self.secret.redact(" ".join(str(fault).split()))
        return f"{type(fault).__name__}: {text}" if text else type(fault).__name__


def _certificate_refusal(fault: BaseException | None) -> str | None:
    """Say why a certificate was not accepted, if that is the cause of a fault."""
    while fault is not None:
        if isinstance(fault, ssl.SSLCertVerificationError):
            return (fault.verify_message or str(fault)).rstrip(".")
        fault = fault.__cause__ or fault.__context__
    return None


def _origin(location: str) -> str:
    """Give of an address what may be shown: not what stands behind the host."""
    try:
        parts = urlsplit(location)
        return f"{parts.scheme}://{parts.hostname}" if parts.hostname else "another path"
    except ValueError:
        return "no address"
