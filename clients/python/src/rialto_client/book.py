"""The book of one instrument by price levels, kept from a snapshot and the changes after it.

What it does is docs/PROTOCOL.md, "Rebuilding the book"; it touches no socket: `bookfeed` brings the
messages and asks for a new snapshot when this says that something was missed.

Invariants: after a message with the flag `Last` the book is that of change `book_seq` and not
crossed. Between the messages of a snapshot or a change it is not consistent, and `book_seq` is
None, so nobody takes half a change for the book.

Cost: a lookup for each level of a message, and a shift of the sorted prices for each new or removed
level.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TypeAlias

from .checksum import of_levels
from .codes import BookFlag, Side
from .errors import BookGap
from .marketdata import (
    BookChecksum,
    BookLevel,
    L2ConflatedSnapshot,
    L2ConflatedUpdate,
    L2Snapshot,
    L2Update,
)

LevelMessage: TypeAlias = (
    L2Snapshot | L2Update | L2ConflatedSnapshot | L2ConflatedUpdate | BookChecksum
)
"""What a channel of price levels brings."""


class _Levels:
    """One side: its levels by price, and the prices in ascending order."""

    def __init__(self) -> None:
        self.by_price: dict[Decimal, BookLevel] = {}
        self.prices: list[Decimal] = []

    def put(self, level: BookLevel) -> None:
        """Sets a level, or removes it when nothing rests at it any more."""
        known = level.price in self.by_price
        if level.quantity:
            self.by_price[level.price] = level
            if not known:
                insort(self.prices, level.price)
        elif known:
            del self.by_price[level.price]
            del self.prices[bisect_left(self.prices, level.price)]


class LocalBook:
    """A book that follows the exchange's.

    It takes messages one by one with `apply`; whoever reads it does so while `book_seq` is not
    None.
    """

    def __init__(self, instrument_id: int) -> None:
        """An empty book that waits for a snapshot."""
        self.instrument_id = instrument_id
        self._bids = _Levels()
        self._asks = _Levels()
        self._at: int | None = None
        self._snapshot: int | None = None
        self._change: tuple[int, int] | None = None
        self.transact_time = 0
        self.proofs = 0

    @property
    def book_seq(self) -> int | None:
        """The number of the last change that the book includes; None while it is not consistent."""
        return self._at

    @property
    def best_bid(self) -> BookLevel | None:
        """The level of the highest buy price; None when nobody bids."""
        return self._bids.by_price[self._bids.prices[-1]] if self._bids.prices else None

    @property
    def best_ask(self) -> BookLevel | None:
        """The level of the lowest sell price; None when nobody asks."""
        return self._asks.by_price[self._asks.prices[0]] if self._asks.prices else None

    def bids(self) -> Iterator[BookLevel]:
        """The buy side, from the best price on."""
        return (self._bids.by_price[price] for price in reversed(self._bids.prices))

    def asks(self) -> Iterator[BookLevel]:
        """The sell side, from the best price on."""
        return (self._asks.by_price[price] for price in self._asks.prices)

    def levels(self) -> Sequence[BookLevel]:
        """All levels as a snapshot has them: bids, then asks, each from the best price on."""
        return (*self.bids(), *self.asks())

    def apply(self, message: LevelMessage) -> bool:
        """Applies a message; true when the book is consistent after it.

        A `BookGap` says that something was missed, that the book would be crossed, or that its
        checksum is another; the book is empty then and waits for a snapshot, and ignores changes
        until it comes. `proofs` counts the checksums that were right.
        """
        try:
            match message:
                case L2Snapshot() | L2ConflatedSnapshot():
                    return self._apply_snapshot(message)
                case L2Update() | L2ConflatedUpdate():
                    return self._apply_update(message)
                case BookChecksum():
                    return self._prove(message)
        except BookGap:
            self.reset()
            raise

    def reset(self) -> None:
        """Forgets everything and waits for a snapshot."""
        self._bids, self._asks = _Levels(), _Levels()
        self._at = self._snapshot = self._change = None

    def _prove(self, message: BookChecksum) -> bool:
        if self._waits():
            return False
        if self._at != message.book_seq:
            raise BookGap(f"a checksum of {message.book_seq} came, this book is at {self._at}")
        counts = (len(self._bids.prices), len(self._asks.prices))
        if counts != (message.bid_count, message.ask_count):
            told = (message.bid_count, message.ask_count)
            raise BookGap(f"{counts} levels at {self._at}, the exchange has {told}")
        checksum = of_levels(self.bids(), self.asks())
        if checksum != message.checksum:
            raise BookGap(
                f"checksum {checksum:08x} at {self._at}, the exchange has {message.checksum:08x}"
            )
        self.proofs += 1
        return True

    def _apply_snapshot(self, message: L2Snapshot | L2ConflatedSnapshot) -> bool:
        if BookFlag.FIRST in message.book_flags:
            self.reset()
            self._snapshot = message.book_seq
        elif self._snapshot != message.book_seq:
            if self._waits():
                return False
            raise BookGap(
                f"a part of snapshot {message.book_seq} came, expected one of {self._snapshot}"
            )
        self._put(message.levels)
        return self._end(message)

    def _apply_update(self, message: L2Update | L2ConflatedUpdate) -> bool:
        if self._waits():
            return False
        numbers = (message.previous_book_seq, message.book_seq)
        if BookFlag.FIRST in message.book_flags:
            # A conflated change is one for all: it may reach back before this book's snapshot.
            overlaps = (
                isinstance(message, L2ConflatedUpdate)
                and self._at is not None
                and numbers[0] < self._at <= numbers[1]
            )
            if self._at != message.previous_book_seq and not overlaps:
                raise BookGap(
                    f"change {message.book_seq} follows {message.previous_book_seq},"
                    f" this book is at {self._at}"
                )
            self._at, self._change = None, numbers
        elif self._change != numbers:
            raise BookGap(f"a part of change {numbers} came, expected one of {self._change}")
        self._put(message.levels)
        return self._end(message)

    def _waits(self) -> bool:
        """Whether only a snapshot helps, because the book has none yet or lost its place."""
        return self._at is None and self._snapshot is None and self._change is None

    def _put(self, levels: Sequence[BookLevel]) -> None:
        for level in levels:
            if level.side == Side.BUY:
                self._bids.put(level)
            elif level.side == Side.SELL:
                self._asks.put(level)
            else:
                raise BookGap(f"a level of the side {level.side}")

    def _end(
        self, message: L2Snapshot | L2Update | L2ConflatedSnapshot | L2ConflatedUpdate
    ) -> bool:
        if BookFlag.LAST not in message.book_flags:
            return False
        bid, ask = self.best_bid, self.best_ask
        if bid is not None and ask is not None and bid.price >= ask.price:
            raise BookGap(f"crossed after {message.book_seq}: {bid.price} bid, {ask.price} asked")
        self._at, self._snapshot, self._change = message.book_seq, None, None
        self.transact_time = message.transact_time
        return True
