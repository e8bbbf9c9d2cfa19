"""One WebSocket to the exchange: frames out and in, heartbeats, and how it ends.

It knows how messages travel, not what they mean: each one that arrives goes to the receiver that
the session gave, synchronously and in order. Heartbeats are sent and test requests answered here,
so that a program which lets the event loop run keeps its session.

Invariants: the end is reported exactly once, whoever caused it, after the last message, and says
why. A malformed frame ends the connection: where its next message would begin is not known.
"""

import asyncio
import contextlib
import logging
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from .codec import FRAME_BYTES_MAX, Codec, UnknownMessage
from .codes import EndReason
from .errors import (
    ConnectFailed,
    ConnectionLost,
    DecodeError,
    EncodeError,
    LogonRefused,
    SessionEnded,
    UsageError,
)
from .reports import Challenge, Heartbeat, Logout, TestRequest
from .reports import LogonRefused as LogonRefusedMessage
from .typed import Typed, Typist

ENDPOINT = "/ws/binary"
"""The path that the exchange serves this protocol on."""

CLOSE_TIMEOUT_S = 2.0
"""So long the exchange has to close its half, then the connection is dropped."""

SILENT_INTERVALS_MAX = 2
"""After so many heartbeat intervals in which nothing came, the exchange counts as gone."""

Receive = Callable[[Typed], None]
"""Takes each message as it arrives."""

End = Callable[[SessionEnded], None]
"""Is told once that the connection is over, and why."""

_log = logging.getLogger("rialto_client")


class Connection:
    """An open connection, from its challenge to its end."""

    def __init__(self, socket: ClientConnection, codec: Codec, typist: Typist) -> None:
        """For `open`, which also awaits the challenge."""
        self._socket = socket
        self._codec = codec
        self._typist = typist
        self._challenge: Challenge | None = None
        self._early: list[Typed] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._ended: SessionEnded | None = None
        self._cause: SessionEnded | None = None
        self._heard_s = self._sent_s = time.monotonic()
        self._test_sent = False
        self.heartbeat_interval_s = 1.0

    @classmethod
    async def open(
        cls,
        address: str,
        codec: Codec,
        typist: Typist,
        timeout_s: float,
        tls: ssl.SSLContext | None = None,
    ) -> Self:
        """Connects and awaits the challenge.

        `address` is a host with its port, or an URL; `tls` says whom to trust with `wss://`,
        otherwise it is whom the system trusts. A `ConnectFailed` says why there is no
        connection; a `SessionEnded` or `LogonRefused` is what the exchange said instead of a
        challenge.
        """
        url = endpoint(address)
        is_secure = url.startswith("wss://")
        if tls is not None and not is_secure:
            raise UsageError(f"{url} is without TLS, and whom to trust is named: write wss://")
        try:
            async with asyncio.timeout(timeout_s):
                socket = await connect(
                    url,
                    compression=None,
                    proxy=None,
                    ssl=tls or (True if is_secure else None),
                    max_size=FRAME_BYTES_MAX,
                    ping_interval=None,
                    close_timeout=CLOSE_TIMEOUT_S,
                )
                connection = cls(socket, codec, typist)
                try:
                    await connection._await_challenge()
                except BaseException:
                    socket.transport.abort()
                    raise
        except TimeoutError:
            raise ConnectFailed(f"{url}: no challenge within {timeout_s} s") from None
        except (OSError, InvalidHandshake, InvalidURI, ConnectionClosed, DecodeError) as error:
            raise ConnectFailed(f"{url}: {error}") from error
        return connection

    @property
    def challenge(self) -> Challenge:
        """What the exchange said first."""
        assert self._challenge is not None, "`open` returns a connection only with its challenge"
        return self._challenge

    @property
    def ended(self) -> SessionEnded | None:
        """Why the connection is over; None while it is not."""
        return self._ended

    def start(self, receive: Receive, end: End) -> None:
        """Begins to receive. Called once, before anything is sent."""
        self._tasks = [
            asyncio.create_task(self._read(receive, end), name="rialto-read"),
            asyncio.create_task(self._pulse(), name="rialto-pulse"),
        ]

    async def send(self, name: str, fields: Mapping[str, object]) -> None:
        """Sends one message, named as in the schema.

        Returns when it is handed to the operating system or waits in a bounded buffer. An
        `EncodeError` when it cannot be written, a `SessionEnded` when the connection is over.
        """
        await self.send_frame(self._codec.encode(name, fields))

    async def send_frame(self, frame: bytes) -> None:
        """Sends encoded messages in one frame; errors as `send`."""
        if len(frame) > FRAME_BYTES_MAX:
            raise EncodeError(
                f"a frame of {len(frame)} bytes, at most {FRAME_BYTES_MAX} are allowed"
            )
        if self._ended is not None:
            # Without its trace, which would grow each time that a program tries again.
            raise self._ended.with_traceback(None)
        self._sent_s = time.monotonic()
        try:
            await self._socket.send(frame)
        except ConnectionClosed as error:
            raise self._ended or self._cause or _lost(error) from error

    async def close(self, text: str = "") -> None:
        """Sends a `Logout` and awaits the end. What is still on its way is received until then."""
        if self._ended is None:
            self._cause = self._cause or SessionEnded(EndReason.REQUESTED, text)
            logout = {"end_reason": EndReason.REQUESTED, "text": text}
            with contextlib.suppress(SessionEnded, TimeoutError):
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    await self.send("Logout", logout)
                    await self._socket.wait_closed()
        await self._socket.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def conclude(self, cause: SessionEnded) -> None:
        """Says why the connection is about to end, where no `Logout` says it."""
        self._cause = self._cause or cause

    def abort(self, cause: SessionEnded) -> None:
        """Drops the connection without a word; `cause` is what everybody is told."""
        self._cause = self._cause or cause
        self._socket.transport.abort()

    async def _await_challenge(self) -> None:
        first, *rest = await self._next_frame()
        match first:
            case Challenge():
                self._challenge = first
            case Logout():
                raise SessionEnded(first.end_reason, first.text)
            case LogonRefusedMessage():
                raise LogonRefused(first.end_reason, first.text)
            case _:
                raise DecodeError(f"the first message is {type(first).__name__}, not a Challenge")
        self._early = rest
        self.heartbeat_interval_s = first.heartbeat_interval_ms / 1000

    async def _next_frame(self) -> list[Typed]:
        """The messages of the next frame; never an empty list."""
        while True:
            frame = await self._socket.recv()
            self._heard_s = time.monotonic()
            self._test_sent = False
            if isinstance(frame, str):
                raise DecodeError("a text frame came, this protocol has binary ones only")
            messages = self._typed(frame)
            if messages:
                return messages

    def _typed(self, frame: bytes) -> list[Typed]:
        messages: list[Typed] = []
        for message in self._codec.decode_frame(frame):
            if isinstance(message, UnknownMessage):
                _log.warning(
                    "the exchange sent a message unknown here, template %d", message.template_id
                )
                continue
            typed = self._typist.typed(message)
            if typed is None:
                raise DecodeError(f"the exchange sent {message.name}, which only clients send")
            messages.append(typed)
        return messages

    async def _read(self, receive: Receive, end: End) -> None:
        """Receives until the end, and then says what it was."""
        cause: SessionEnded = ConnectionLost("reading stopped")
        messages = self._early
        try:
            while True:
                for message in messages:
                    if isinstance(message, Logout):
                        self._cause = self._cause or SessionEnded(message.end_reason, message.text)
                        return
                    await self._take(message, receive)
                messages = await self._next_frame()
        except ConnectionClosed as error:
            cause = _lost(error)
        except DecodeError as error:
            cause = ConnectionLost(f"the exchange cannot be understood: {error}")
        finally:
            self._ended = self._cause or cause
            for task in self._tasks[1:]:
                task.cancel()
            end(self._ended)
            await self._socket.close()

    async def _take(self, message: Typed, receive: Receive) -> None:
        if isinstance(message, TestRequest):
            await self._beat(message.test_request_id)
        elif not isinstance(message, Heartbeat) or message.test_request_id is not None:
            receive(message)

    async def _pulse(self) -> None:
        """Keeps both sides sure of each other; ends with the connection."""
        while True:
            await asyncio.sleep(self.heartbeat_interval_s / 4)
            now_s = time.monotonic()
            silent_s = now_s - self._heard_s
            if silent_s > SILENT_INTERVALS_MAX * self.heartbeat_interval_s:
                self.abort(
                    ConnectionLost(f"nothing was heard from the exchange for {silent_s:.1f} s")
                )
                return
            # A peer that does not read could hold up a send for ever, and with it this check.
            with contextlib.suppress(TimeoutError, SessionEnded):
                async with asyncio.timeout(self.heartbeat_interval_s / 4):
                    if silent_s > self.heartbeat_interval_s and not self._test_sent:
                        self._test_sent = True
                        await self.send(
                            "TestRequest", {"test_request_id": 0, "send_time": now_ns()}
                        )
                    elif now_s - self._sent_s >= self.heartbeat_interval_s / 2:
                        await self._beat(None)

    async def _beat(self, test_request_id: int | None) -> None:
        fields = {"test_request_id": test_request_id, "send_time": now_ns()}
        with contextlib.suppress(SessionEnded):
            await self.send("Heartbeat", fields)


def endpoint(address: str) -> str:
    """The URL of an address.

    `host:port` is enough, `ws://`, `wss://` and a path are taken as given.
    """
    url = address if "://" in address else f"ws://{address}"
    scheme, _, rest = url.partition("://")
    if scheme not in ("ws", "wss") or not rest:
        raise UsageError(f"{address!r} is no address: write host:port, ws://… or wss://…")
    return url.rstrip("/") + ENDPOINT if "/" not in rest.rstrip("/") else url


def now_ns() -> int:
    """This machine's clock as the protocol writes times."""
    return time.time_ns()


def _lost(error: ConnectionClosed) -> ConnectionLost:
    return ConnectionLost(str(error) or "the exchange closed it")
