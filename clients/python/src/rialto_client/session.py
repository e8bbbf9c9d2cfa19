"""A session: the connection, its logon, and requests matched with their answers.

Where it stands: `client` is what programs use; it hands everything that arrives to the parts that
keep orders, instruments and books. This part knows the rules of docs/PROTOCOL.md about sessions:
how to log on, how requests are numbered, which reports are missing.

Invariants: client sequences go out in ascending order, also when tasks send at the same time. A gap
in the report numbers is told as a `ReportGap` before the report that shows it, whether the exchange
says so or not.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self, TypeVar

from .codec import Codec
from .codes import LogonFlag, Permission
from .connection import Connection, now_ns
from .errors import (
    AnswerTimeout,
    LogonRefused,
    OutcomeUnknown,
    SessionEnded,
    UsageError,
    WrongExchange,
)
from .key import ApiKey
from .pending import Pending, Read, refusal
from .reports import CaughtUp, Challenge, Heartbeat, LogonAccepted, Refused, ReportGap
from .reports import LogonRefused as LogonRefusedMessage
from .typed import Answer, Typed, Typist

CONNECT_TIMEOUT_S = 10.0
"""How long connecting may take, the challenge included."""

ANSWER_TIMEOUT_S = 10.0
"""How long an answer may take."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LogonTerms:
    """What a logon asks for, the key aside.

    `heartbeat_interval_ms` (1,000 to 60,000) is that of the challenge when None. `last_report_seq`
    is the highest report number that the program has: what came after it is sent again, and a
    `CaughtUp` ends it. With 0 that is everything from the first report on, with None nothing.
    `exchange_id`, when given, is the only exchange that gets a signature. A `drop_copy` only reads,
    beside other sessions of the key: the reports of its account, and with an administrator's key
    those of all accounts, whose reports are then counted together. With `stage_times` a
    `StageTimes` says where the time of a command went, whenever the exchange can follow one more.
    `cancel_grace_ms`, at most 60,000, is how long a session that was lost may come back before
    `cancel_on_disconnect` cancels its orders; None for not at all.
    """

    cancel_on_disconnect: bool = False
    heartbeat_interval_ms: int | None = None
    last_report_seq: int | None = None
    exchange_id: int | None = None
    drop_copy: bool = False
    stage_times: bool = False
    cancel_grace_ms: int | None = None


class Session:
    """One connection, logged on or not."""

    def __init__(
        self,
        connection: Connection,
        deliver: Callable[[Typed], None],
        ended: Callable[[SessionEnded], None],
        answer_timeout_s: float,
    ) -> None:
        """For `open`."""
        self._connection = connection
        self._deliver = deliver
        self._tell_end = ended
        self.answer_timeout_s = answer_timeout_s
        self._pending = Pending()
        self._tests: dict[int, asyncio.Future[None]] = {}
        self._logging_on: asyncio.Future[LogonAccepted] | None = None
        self._sending = asyncio.Lock()
        self._next_client_seq = 1
        self._last_request_id = 0
        self._last_report_seq: int | None = None
        self._catching_up: asyncio.Future[None] | None = None
        self.logon: LogonAccepted | None = None

    @classmethod
    async def open(
        cls,
        address: str,
        deliver: Callable[[Typed], None],
        ended: Callable[[SessionEnded], None],
        *,
        codec: Codec | None = None,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
        tls: ssl.SSLContext | None = None,
    ) -> Self:
        """Connects. `deliver` is called for each message that arrives, `ended` once at the end.

        Errors as `Connection.open`.
        """
        codec = codec or Codec()
        typist = Typist(codec.schema)
        connection = await Connection.open(address, codec, typist, connect_timeout_s, tls)
        session = cls(connection, deliver, ended, answer_timeout_s)
        connection.start(session._receive, session._end)
        return session

    @property
    def challenge(self) -> Challenge:
        """What the exchange said first."""
        return self._connection.challenge

    @property
    def ended(self) -> SessionEnded | None:
        """Why the session is over; None while it is not."""
        return self._connection.ended

    @property
    def reads(self) -> bool:
        """Whether the session gets all reports of its account: a key may trade and not read."""
        return self.logon is not None and Permission.READ in self.logon.permissions

    @property
    def _copies_all(self) -> bool:
        """Whether the session is a drop copy of all accounts, whose reports it counts together."""
        logon = self.logon
        is_copy = logon is not None and LogonFlag.DROP_COPY in logon.logon_flags
        return logon is not None and is_copy and logon.account_id == 0

    @property
    def last_report_seq(self) -> int:
        """The highest report number seen, or known to be seen; what the next logon may state."""
        return self._last_report_seq or 0

    @property
    def is_caught_up(self) -> bool:
        """Whether all that the logon asked for again has come; True when it asked for nothing."""
        return self._catching_up is None or self._catching_up.done()

    @property
    def next_client_seq(self) -> int:
        """The client sequence that the next command will have unless it names one."""
        return self._next_client_seq

    async def log_on(self, key: ApiKey, terms: LogonTerms) -> LogonAccepted:
        """Logs on.

        A `LogonRefused` says why not, and the session is over then; a `WrongExchange` means that
        nothing was signed; a `RequestRefused`, that the session is logged on already.
        """
        challenge = self.challenge
        if terms.exchange_id not in (None, challenge.exchange_id):
            raise WrongExchange(terms.exchange_id or 0, challenge.exchange_id)
        if self._logging_on is not None:
            raise UsageError("a logon is under way on this session")
        if self.logon is None:
            # A second logon is refused, and the session stays as it is.
            self._expect_reports_after(terms.last_report_seq)
        chosen = {
            LogonFlag.CANCEL_ON_DISCONNECT: terms.cancel_on_disconnect,
            LogonFlag.STAGE_TIMES: terms.stage_times,
            LogonFlag.DROP_COPY: terms.drop_copy,
        }
        flags = {flag for flag, is_chosen in chosen.items() if is_chosen}
        self._logging_on = asyncio.get_running_loop().create_future()
        try:
            await self.send(
                "Logon",
                key_id=key.key_id,
                signature=key.sign_logon(challenge.nonce, challenge.exchange_id),
                heartbeat_interval_ms=terms.heartbeat_interval_ms,
                last_report_seq=terms.last_report_seq,
                logon_flags=flags,
                cancel_grace_ms=terms.cancel_grace_ms,
            )
            return await self._answer(self._logging_on)
        finally:
            self._logging_on = None

    async def send(self, name: str, **fields: object) -> None:
        """Sends any message of the schema as it is, with the fields given."""
        await self._connection.send(name, fields)

    async def command(
        self,
        name: str,
        read: Read[T],
        fields: Mapping[str, object],
        client_seq: int | None = None,
    ) -> T:
        """Sends a message that changes something and gives what `read` makes of its answer.

        Without a client sequence it gets the next one. A `RequestRefused` when it is refused, an
        `OutcomeUnknown` when no answer comes although it was sent.
        """
        async with self._sending:
            seq = self._next_client_seq if client_seq is None else client_seq
            waiting = self._pending.command(seq, read)
            try:
                await self._connection.send(name, {**fields, "client_seq": seq})
            except BaseException:
                waiting.cancel()
                raise
            self._next_client_seq = max(self._next_client_seq, seq + 1)
        try:
            return await self._answer(waiting)
        except (SessionEnded, AnswerTimeout) as error:
            raise OutcomeUnknown(seq, error) from error

    async def question(self, name: str, *, several: bool, **fields: object) -> list[Answer]:
        """Sends a question and awaits its whole answer; `several` when its last message is marked.

        A `RequestRefused` when it is refused, a `SessionEnded` or `AnswerTimeout` when no answer
        comes.
        """
        self._last_request_id += 1
        request_id = self._last_request_id
        waiting = self._pending.question(request_id, several=several)
        try:
            await self.send(name, request_id=request_id, **fields)
            return await self._answer(waiting)
        finally:
            waiting.cancel()

    async def test(self) -> None:
        """Awaits the answer to a `TestRequest`: the exchange is there and reads."""
        self._last_request_id += 1
        number = self._last_request_id
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tests[number] = waiting
        try:
            await self.send("TestRequest", test_request_id=number, send_time=now_ns())
            await self._answer(waiting)
        finally:
            del self._tests[number]

    async def caught_up(self) -> None:
        """Awaits that all has come which the logon asked for again; at once when it asked for none.

        A `SessionEnded` when the session ends before.
        """
        if self._catching_up is not None:
            await asyncio.shield(self._catching_up)

    async def close(self) -> None:
        """Logs out and awaits the end of the connection."""
        await self._connection.close()

    async def _answer(self, waiting: asyncio.Future[T]) -> T:
        try:
            async with asyncio.timeout(self.answer_timeout_s):
                return await waiting
        except TimeoutError:
            raise AnswerTimeout(f"no answer within {self.answer_timeout_s} s") from None

    def _receive(self, message: Typed) -> None:
        match message:
            case LogonAccepted():
                self._log_on(message)
            case LogonRefusedMessage():
                self._refuse_logon(message)
            case Heartbeat():
                waiting = self._tests.get(message.test_request_id or 0)
                if waiting is not None and not waiting.done():
                    waiting.set_result(None)
            case _:
                self._count(message)
                self._deliver(message)
                self._pending.settle(message, None if self.logon is None else self.logon.key_id)
                if isinstance(message, Refused):
                    self._refuse_second_logon(message)
                elif isinstance(message, CaughtUp):
                    self._end_catching_up()

    def _expect_reports_after(self, last_report_seq: int | None) -> None:
        """Those after this one are asked for again; none when it is None."""
        self._last_report_seq = last_report_seq
        is_asking = last_report_seq is not None
        self._catching_up = asyncio.get_running_loop().create_future() if is_asking else None

    def _log_on(self, message: LogonAccepted) -> None:
        self.logon = message
        self._connection.heartbeat_interval_s = message.heartbeat_interval_ms / 1000
        self._next_client_seq = message.highest_client_seq + 1
        if self._last_report_seq is None:
            self._last_report_seq = message.next_report_seq - 1
        if self._logging_on is not None and not self._logging_on.done():
            self._logging_on.set_result(message)

    def _refuse_logon(self, message: LogonRefusedMessage) -> None:
        if self._logging_on is not None and not self._logging_on.done():
            self._logging_on.set_exception(LogonRefused(message.end_reason, message.text))
        self._connection.conclude(SessionEnded(message.end_reason, message.text))

    def _refuse_second_logon(self, message: Refused) -> None:
        """A refusal that names neither sequence nor question can only mean the logon under way."""
        nameless = message.client_seq is None and message.request_id is None
        if nameless and self._logging_on is not None and not self._logging_on.done():
            self._logging_on.set_exception(refusal(message))

    def _count(self, message: Typed) -> None:
        """Notices reports that are missing."""
        if isinstance(message, ReportGap):
            self._last_report_seq = max(self.last_report_seq, message.first_available - 1)
        if isinstance(message, CaughtUp):
            self._last_report_seq = max(self.last_report_seq, message.last_report_seq)
        seq: int | None = getattr(message, "report_seq", None)
        if seq is None or self._last_report_seq is None:
            return
        if self._copies_all:
            self._last_report_seq += 1
            return
        if seq <= self._last_report_seq:
            return
        if seq > self._last_report_seq + 1 and self.reads:
            self._deliver(ReportGap(self._last_report_seq + 1, seq))
        self._last_report_seq = seq

    def _end_catching_up(self) -> None:
        if self._catching_up is not None and not self._catching_up.done():
            self._catching_up.set_result(None)

    def _end(self, end: SessionEnded) -> None:
        waiting: list[asyncio.Future[None] | asyncio.Future[LogonAccepted]] = [
            *self._tests.values()
        ]
        if self._logging_on is not None:
            waiting.append(self._logging_on)
        for future in waiting:
            if not future.done():
                future.set_exception(end)
        if self._catching_up is not None and not self._catching_up.done():
            self._catching_up.set_exception(end)
            # Nobody need have waited for it.
            self._catching_up.exception()
        self._pending.fail(end)
        self._tell_end(end)
