"""The client: one session with an exchange, its orders, its account, and the market.

Where it stands: `session` moves messages; this gives what arrives to the parts that keep something
(`orders`, `directory`, `feeds` and the books) and to the streams that programs read. Everything
happens in one event loop, and messages are handed on in the order in which they came, so a report
is in the tables before anybody who awaits it goes on.

A client is for one session. To go on after a session was lost, make another one; `last_report_seq`
of the old one, in the new one's `LogonTerms`, has the exchange send what was missed: the reports,
or where they are too old a `ReportGap`, and then how orders and balances stand now. `caught_up`
awaits the end of it.
"""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar, get_args

from .bookfeed import BookFeed, OrderBookFeed, OrderWatch, Watch
from .codec import Codec
from .codes import Channel
from .errors import SessionEnded, UsageError
from .feeds import Feeds, Listener
from .key import ApiKey
from .marketdata import CandleSnapshot, CandleUpdate, Statistics, TopOfBook, TradeTick
from .reports import (
    Balances,
    BalanceUpdate,
    CaughtUp,
    Challenge,
    ExecutionReport,
    LogonAccepted,
    OrderStatus,
)
from .session import ANSWER_TIMEOUT_S, CONNECT_TIMEOUT_S, LogonTerms, Session
from .streams import Stream
from .trading import Instrument, Trading
from .typed import Answer, MarketData, Report, Typed

_REPORTS = get_args(Report)
_MARKET_DATA = get_args(MarketData)

Received = TypeVar("Received")
Tick = TypeVar("Tick", TradeTick, TopOfBook, Statistics)


class _Listening(Protocol):
    """What has to know when the session ends."""

    def session_ended(self, end: SessionEnded) -> None:
        """No message comes after this."""


class Client(Trading):
    """A session with an exchange, open for as long as the `async with` lasts.

    With a key it logs on; without one it can only read market data.
    """

    def __init__(
        self,
        address: str,
        *,
        key: ApiKey | None = None,
        terms: LogonTerms | None = None,
        codec: Codec | None = None,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
        ca_file: str | Path | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        """`address` is `host:port`, or an URL beginning with ws:// or, for TLS, with wss://.

        With wss://, whom the system trusts is trusted; `ca_file` names the certificate of another
        authority, `ssl_context` has everything that TLS can be told. Nothing is sent yet.
        """
        super().__init__()
        if ca_file is not None:
            if ssl_context is not None:
                raise UsageError("`ssl_context` says whom to trust already: leave `ca_file` out")
            ssl_context = _trusting(Path(ca_file))
        self._ssl_context = ssl_context
        self._address = address
        self._key = key
        self._terms = terms or LogonTerms()
        self._codec = codec
        self._timeouts_s = (connect_timeout_s, answer_timeout_s)
        self._session: Session | None = None
        self._feeds = Feeds(self._ask_once)
        self._listening: list[_Listening] = [self.directory]
        self._report_streams: list[Stream[Report]] = []

    @property
    def session(self) -> Session:
        """The session below, for whatever has no method of its own.

        A `UsageError` before it is open.
        """
        if self._session is None:
            raise UsageError("the client is not open: use it in an `async with`")
        return self._session

    @property
    def challenge(self) -> Challenge:
        """What the exchange said about itself."""
        return self.session.challenge

    @property
    def logon(self) -> LogonAccepted | None:
        """What the exchange said at logon; None without one."""
        return self.session.logon

    @property
    def ended(self) -> SessionEnded | None:
        """Why the session is over; None while it is not."""
        return self.session.ended

    @property
    def last_report_seq(self) -> int:
        """The highest report number seen; the next session's `LogonTerms` state it."""
        return self.session.last_report_seq

    async def open(self) -> Self:
        """Connects, logs on if there is a key, and begins to learn the instruments.

        `ConnectFailed`, `WrongExchange`, `LogonRefused` and other `SessionError`s say what went
        wrong.
        """
        if self._session is not None:
            raise UsageError("a client is for one session: make another one")
        connect_timeout_s, answer_timeout_s = self._timeouts_s
        self._session = await Session.open(
            self._address,
            self._deliver,
            self._end,
            codec=self._codec,
            connect_timeout_s=connect_timeout_s,
            answer_timeout_s=answer_timeout_s,
            tls=self._ssl_context,
        )
        try:
            if self._key is not None:
                await self._session.log_on(self._key, self._terms)
            await self._feeds.attach(Channel.INSTRUMENTS, None, self.directory.listen)
        except BaseException:
            await self._session.close()
            raise
        return self

    async def caught_up(self) -> None:
        """Awaits that all has come which the logon asked for again by `last_report_seq`.

        Returns at once when it asked for none; a `SessionEnded` when the session ends before.
        """
        await self.session.caught_up()

    async def close(self) -> None:
        """Logs out and awaits the end of the connection; does nothing when it is over."""
        if self._session is not None:
            await self._session.close()

    def reports(self) -> Stream[Report]:
        """All reports to the account from now on, with this session's refusals and report gaps.

        Called before `open`, it misses nothing, also what a logon with `last_report_seq` brings.
        The stream lasts as long as the session; `end` ends it before.
        """
        stream: Stream[Report] = Stream()
        if self._session is not None and self._session.ended is not None:
            stream.session_ended(self._session.ended)
        self._report_streams.append(stream)
        self._listening.append(stream)
        return stream

    @asynccontextmanager
    async def trades(
        self, instrument: Instrument | None = None
    ) -> AsyncIterator[Stream[TradeTick]]:
        """The trades of an instrument, or of all, for as long as the `async with` lasts.

        The latest come first, at most 100 of each instrument. A further reader of the same stream
        hears what comes from then on.
        """
        async with self._ticks(Channel.TRADES, TradeTick, instrument) as stream:
            yield stream

    @asynccontextmanager
    async def top_of_book(
        self, instrument: Instrument | None = None
    ) -> AsyncIterator[Stream[TopOfBook]]:
        """The best prices of an instrument, or of all, for as long as the `async with` lasts."""
        async with self._ticks(Channel.TOP_OF_BOOK, TopOfBook, instrument) as stream:
            yield stream

    @asynccontextmanager
    async def book(
        self,
        instrument: Instrument,
        watch: Watch | None = None,
        channel: Channel = Channel.L2_BOOK,
    ) -> AsyncIterator[BookFeed]:
        """The book of an instrument by levels, kept for as long as the `async with` lasts.

        It is there when the `async with` begins. `watch` sees each message before it is applied.
        `channel` may be a conflated one: `Channel.L2_BOOK_10MS` or `Channel.L2_BOOK_100MS`.
        """
        feed = BookFeed(self._feeds, await self.instrument_id(instrument), watch, channel)
        self._listening.append(feed)
        try:
            async with feed:
                yield feed
        finally:
            self._listening.remove(feed)

    @asynccontextmanager
    async def order_book(
        self, instrument: Instrument, watch: OrderWatch | None = None
    ) -> AsyncIterator[OrderBookFeed]:
        """The book of an instrument by orders, as `book`."""
        feed = OrderBookFeed(self._feeds, await self.instrument_id(instrument), watch)
        self._listening.append(feed)
        try:
            async with feed:
                yield feed
        finally:
            self._listening.remove(feed)

    @asynccontextmanager
    async def statistics(
        self, instrument: Instrument | None = None
    ) -> AsyncIterator[Stream[Statistics]]:
        """The last 24 hours of an instrument, or of all, for as long as the `async with` lasts."""
        async with self._ticks(Channel.STATISTICS, Statistics, instrument) as stream:
            yield stream

    @asynccontextmanager
    async def candles(
        self, channel: Channel, instrument: Instrument | None = None
    ) -> AsyncIterator[Stream[CandleSnapshot | CandleUpdate]]:
        """The candles of a channel such as `Channel.CANDLES_1M`: a snapshot, then updates."""
        stream: Stream[CandleSnapshot | CandleUpdate] = Stream()

        def listen(message: MarketData) -> None:
            if isinstance(message, CandleSnapshot | CandleUpdate):
                stream.put(message)

        async with self._attached(channel, instrument, stream, listen):
            yield stream

    @asynccontextmanager
    async def _ticks(
        self, channel: Channel, kind: type[Tick], instrument: Instrument | None
    ) -> AsyncIterator[Stream[Tick]]:
        stream: Stream[Tick] = Stream()

        def listen(message: MarketData) -> None:
            if isinstance(message, kind):
                stream.put(message)

        async with self._attached(channel, instrument, stream, listen):
            yield stream

    @asynccontextmanager
    async def _attached(
        self,
        channel: Channel,
        instrument: Instrument | None,
        stream: Stream[Received],
        listen: Listener,
    ) -> AsyncIterator[None]:
        """Lets a stream hear a channel for as long as the `async with` lasts."""
        instrument_id = None if instrument is None else await self.instrument_id(instrument)
        self._listening.append(stream)
        try:
            await self._feeds.attach(channel, instrument_id, listen)
            yield
        finally:
            stream.end()
            self._listening.remove(stream)
            await self._feeds.detach(channel, instrument_id, listen)

    async def _ask_once(self, name: str, **fields: object) -> list[Answer]:
        return await self.session.question(name, several=False, **fields)

    def _deliver(self, message: Typed) -> None:
        match message:
            case ExecutionReport():
                self.orders.report(message, self.session.reads)
            case OrderStatus():
                self.orders.answer(message)
            case BalanceUpdate() | Balances(request_id=0):
                self.orders.balance(message)
            case CaughtUp():
                self.orders.caught_up()
            case _ if isinstance(message, _MARKET_DATA):
                self._feeds.deliver(message)
            case _:
                pass
        if isinstance(message, _REPORTS):
            for stream in self._report_streams:
                stream.put(message)

    def _end(self, end: SessionEnded) -> None:
        self.orders.fail(end)
        for listening in self._listening:
            listening.session_ended(end)

    async def __aenter__(self) -> Self:
        """As `open`."""
        return await self.open()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """As `close`."""
        await self.close()


def _trusting(ca_file: Path) -> ssl.SSLContext:
    """Trusts the authorities of a file and no others."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise UsageError(f"{ca_file}, a file of certificates as PEM, is none: {error}") from error
