"""A book that keeps itself: subscribed, rebuilt, and begun again when something was missed.

`book` does the rebuilding; this brings it the messages of one session. When the book says that it
has a gap, the subscription is made anew and the next snapshot puts it right: the program sees a
book that stands still for a moment, and `resynchronisations` count up.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Generic, Self, TypeVar

from .book import LevelMessage, LocalBook
from .codes import Channel, EndReason
from .errors import AnswerTimeout, BookGap, RialtoError, SessionEnded
from .feeds import Feeds
from .marketdata import (
    BookChecksum,
    L2ConflatedSnapshot,
    L2ConflatedUpdate,
    L2Snapshot,
    L2Update,
    L3Snapshot,
    L3Update,
)
from .orderbook import OrderBook, OrderMessage
from .typed import MarketData

RESYNCHRONISATIONS_MAX = 5
"""After so many new beginnings in a row without one change that fits, the feed gives up."""

SNAPSHOT_TIMEOUT_S = 10.0
"""So long the first snapshot is waited for."""

Watch = Callable[[LevelMessage], None]
"""Sees each message of a book of levels before it is applied."""

OrderWatch = Callable[[OrderMessage], None]
"""Sees each message of a book of orders before it is applied."""

# Each new beginning brings one, so it says nothing about what follows it.
_SNAPSHOTS = (L2Snapshot, L2ConflatedSnapshot, L3Snapshot)
_LEVEL_MESSAGES = (L2Snapshot, L2Update, L2ConflatedSnapshot, L2ConflatedUpdate, BookChecksum)

Book = TypeVar("Book", LocalBook, OrderBook)

_log = logging.getLogger("rialto_client")


class _Feed(Generic[Book]):
    """The book of one instrument, live for as long as the `async with` lasts.

    `async for book in feed` gives the book after changes: each time the latest, not each change.
    Between two turns of the loop, other tasks let the book move on; whoever holds it over an
    `await` looks at `book_seq`.
    """

    def __init__(self, feeds: Feeds, book: Book, channel: Channel) -> None:
        """Keeps this book by this channel; nothing is subscribed yet."""
        self.book: Book = book
        self.resynchronisations = 0
        self._feeds = feeds
        self._channel = channel
        self._failures = 0
        self._seen: int | None = None
        self._error: Exception | None = None
        self._closed = False
        self._wake = asyncio.Event()
        self._renewals: set[asyncio.Task[None]] = set()

    async def changed(self) -> Book:
        """Waits until the book is consistent and another than at the last call, and gives it.

        Raises what the session ended with, or the `BookGap` that could not be put right.
        """
        await self._consistent_and_not(self._seen)
        self._seen = self.book.book_seq
        return self.book

    async def __aiter__(self) -> AsyncIterator[Book]:
        """Gives the book after each change, the latest one when several came meanwhile."""
        while True:
            try:
                book = await self.changed()
            except SessionEnded as end:
                if end.reason == EndReason.REQUESTED:
                    return
                raise
            yield book

    async def __aenter__(self) -> Self:
        """Subscribes and waits for the first snapshot; an `AnswerTimeout` if none comes."""
        instrument_id = self.book.instrument_id
        await self._feeds.attach(self._channel, instrument_id, self._listen)
        try:
            async with asyncio.timeout(SNAPSHOT_TIMEOUT_S):
                await self._consistent_and_not(None)
        except BaseException as error:
            await self._leave()
            if isinstance(error, TimeoutError):
                raise AnswerTimeout(f"no snapshot within {SNAPSHOT_TIMEOUT_S} s") from None
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Unsubscribes."""
        await self._leave()

    def session_ended(self, end: SessionEnded) -> None:
        """Lets whoever waits for a change know that none will come."""
        self._fail(end)

    async def _consistent_and_not(self, seen: int | None) -> None:
        """Waits until the book is consistent and not at the change that was seen."""
        while self.book.book_seq in (None, seen):
            if self._error is not None:
                raise self._error.with_traceback(None)
            self._wake.clear()
            await self._wake.wait()

    async def _leave(self) -> None:
        self._closed = True
        for renewal in tuple(self._renewals):
            renewal.cancel()
        await asyncio.gather(*self._renewals, return_exceptions=True)
        await self._feeds.detach(self._channel, self.book.instrument_id, self._listen)

    def _listen(self, message: MarketData) -> None:
        try:
            if self._take(message):
                if not isinstance(message, _SNAPSHOTS):
                    self._failures = 0
                self._wake.set()
        except BookGap as gap:
            self._begin_again(gap)

    def _take(self, message: MarketData) -> bool:
        """Lets the book apply a message of its channel; true when it is consistent after it."""
        raise NotImplementedError

    def _watched(self, watch: Callable[[], None]) -> None:
        """Lets somebody see a message, whose errors are none of the feed's."""
        try:
            watch()
        except Exception:
            _log.exception("the watch of the book of instrument %d failed", self.book.instrument_id)

    def _begin_again(self, gap: BookGap) -> None:
        self._failures += 1
        if self._failures > RESYNCHRONISATIONS_MAX:
            self._fail(gap)
        elif not self._closed:
            _log.warning("book of instrument %d: %s; a new snapshot", self.book.instrument_id, gap)
            self.resynchronisations += 1
            renewal = asyncio.create_task(self._renew(), name="rialto-book-renewal")
            self._renewals.add(renewal)
            renewal.add_done_callback(self._renewals.discard)

    async def _renew(self) -> None:
        try:
            await self._feeds.renew(self._channel, self.book.instrument_id)
        except RialtoError as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self._error = self._error or error
        self._wake.set()


class BookFeed(_Feed[LocalBook]):
    """The book of one instrument by price levels; `channel` may be a conflated one."""

    def __init__(
        self,
        feeds: Feeds,
        instrument_id: int,
        watch: Watch | None = None,
        channel: Channel = Channel.L2_BOOK,
    ) -> None:
        """`watch`, when given, sees each message as it arrives; for recorders."""
        super().__init__(feeds, LocalBook(instrument_id), channel)
        self._watch = watch

    def _take(self, message: MarketData) -> bool:
        if not isinstance(message, _LEVEL_MESSAGES):
            return False
        watch = self._watch
        if watch is not None:
            self._watched(lambda: watch(message))
        return self.book.apply(message)


class OrderBookFeed(_Feed[OrderBook]):
    """The book of one instrument by orders."""

    def __init__(self, feeds: Feeds, instrument_id: int, watch: OrderWatch | None = None) -> None:
        """`watch`, when given, sees each message as it arrives; for recorders."""
        super().__init__(feeds, OrderBook(instrument_id), Channel.L3_BOOK)
        self._watch = watch

    def _take(self, message: MarketData) -> bool:
        if not isinstance(message, L3Snapshot | L3Update | BookChecksum):
            return False
        watch = self._watch
        if watch is not None:
            self._watched(lambda: watch(message))
        return self.book.apply(message)
