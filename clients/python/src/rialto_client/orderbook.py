"""The book of one instrument by orders (L3), kept from a snapshot and the changes after it.

What it does is docs/PROTOCOL.md, "Rebuilding the book"; it touches no socket: `bookfeed` brings the
messages and asks for a new snapshot when this says that something was missed.

Invariants: as in `book`. Orders of one price stand in the order in which they trade, which is that
in which they came: a Python dict keeps it.

Cost: two lookups for each change, and a shift of the sorted prices for each new or removed level.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from decimal import Decimal
from typing import TypeAlias

from .checksum import of_orders
from .codes import BookFlag, OrderAction, Side
from .errors import BookGap
from .marketdata import BookChecksum, BookOrder, L3Snapshot, L3Update, OrderChange

OrderMessage: TypeAlias = L3Snapshot | L3Update | BookChecksum
"""What the channel of orders brings."""


class _Queues:
    """One side: the orders at each price, and the prices in ascending order."""

    def __init__(self) -> None:
        self.by_price: dict[Decimal, dict[int, BookOrder]] = {}
        self.prices: list[Decimal] = []

    def add(self, order: BookOrder) -> None:
        """Puts an order behind all others at its price."""
        queue = self.by_price.get(order.price)
        if queue is None:
            queue = self.by_price[order.price] = {}
            insort(self.prices, order.price)
        if order.order_id in queue:
            raise BookGap(f"order {order.order_id} is in the book already")
        queue[order.order_id] = order

    def change(self, order: BookOrder) -> None:
        """Sets what is left of an order, which keeps its place."""
        queue = self.by_price.get(order.price, {})
        if order.order_id not in queue:
            raise BookGap(f"order {order.order_id} is not in the book at {order.price}")
        queue[order.order_id] = order

    def remove(self, order_id: int, price: Decimal) -> None:
        """Takes an order out."""
        queue = self.by_price.get(price, {})
        if queue.pop(order_id, None) is None:
            raise BookGap(f"order {order_id} is not in the book at {price}")
        if not queue:
            del self.by_price[price]
            del self.prices[bisect_left(self.prices, price)]

    def count(self) -> int:
        """How many orders there are."""
        return sum(map(len, self.by_price.values()))


class OrderBook:
    """A book of orders that follows the exchange's.

    It takes messages one by one with `apply`; whoever reads it does so while `book_seq` is not
    None.
    """

    def __init__(self, instrument_id: int) -> None:
        """An empty book that waits for a snapshot."""
        self.instrument_id = instrument_id
        self._bids = _Queues()
        self._asks = _Queues()
        self._at: int | None = None
        self._snapshot: int | None = None
        self._change: tuple[int, int] | None = None
        self.transact_time = 0
        self.proofs = 0

    @property
    def book_seq(self) -> int | None:
        """The number of the last change that the book includes; None while it is not consistent."""
        return self._at

    def bids(self) -> Iterator[BookOrder]:
        """The buy orders, the one first that trades first."""
        for price in reversed(self._bids.prices):
            yield from self._bids.by_price[price].values()

    def asks(self) -> Iterator[BookOrder]:
        """The sell orders, the one first that trades first."""
        for price in self._asks.prices:
            yield from self._asks.by_price[price].values()

    def apply(self, message: OrderMessage) -> bool:
        """Applies a message; true when the book is consistent after it.

        A `BookGap` says that something was missed or that the checksum is another; the book is
        empty then and waits for a snapshot, and ignores changes until it comes. `proofs` counts the
        checksums that were right.
        """
        try:
            match message:
                case L3Snapshot():
                    return self._apply_snapshot(message)
                case L3Update():
                    return self._apply_update(message)
                case BookChecksum():
                    return self._prove(message)
        except BookGap:
            self.reset()
            raise

    def reset(self) -> None:
        """Forgets everything and waits for a snapshot."""
        self._bids, self._asks = _Queues(), _Queues()
        self._at = self._snapshot = self._change = None

    def _side(self, side: Side) -> _Queues:
        if side == Side.BUY:
            return self._bids
        if side == Side.SELL:
            return self._asks
        raise BookGap(f"an order of the side {side}")

    def _apply_snapshot(self, message: L3Snapshot) -> bool:
        if BookFlag.FIRST in message.book_flags:
            self.reset()
            self._snapshot = message.book_seq
        elif self._snapshot != message.book_seq:
            if self._waits():
                return False
            raise BookGap(
                f"a part of snapshot {message.book_seq} came, expected one of {self._snapshot}"
            )
        for order in message.book_orders:
            self._side(order.side).add(order)
        return self._end(message)

    def _apply_update(self, message: L3Update) -> bool:
        if self._waits():
            return False
        numbers = (message.previous_book_seq, message.book_seq)
        if BookFlag.FIRST in message.book_flags:
            if self._at != message.previous_book_seq:
                raise BookGap(
                    f"change {message.book_seq} follows {message.previous_book_seq},"
                    f" this book is at {self._at}"
                )
            self._at, self._change = None, numbers
        elif self._change != numbers:
            raise BookGap(f"a part of change {numbers} came, expected one of {self._change}")
        for change in message.order_changes:
            self._take(change)
        return self._end(message)

    def _take(self, change: OrderChange) -> None:
        side = self._side(change.side)
        order = BookOrder(change.order_id, change.price, change.quantity, change.side)
        match change.action:
            case OrderAction.ADDED:
                side.add(order)
            case OrderAction.CHANGED:
                side.change(order)
            case OrderAction.REMOVED:
                side.remove(change.order_id, change.price)
            case _:
                raise BookGap(f"order {change.order_id}: an action {change.action}")

    def _prove(self, message: BookChecksum) -> bool:
        if self._waits():
            return False
        if self._at != message.book_seq:
            raise BookGap(f"a checksum of {message.book_seq} came, this book is at {self._at}")
        counts = (self._bids.count(), self._asks.count())
        if counts != (message.bid_count, message.ask_count):
            told = (message.bid_count, message.ask_count)
            raise BookGap(f"{counts} orders at {self._at}, the exchange has {told}")
        checksum = of_orders(self.bids(), self.asks())
        if checksum != message.checksum:
            raise BookGap(
                f"checksum {checksum:08x} at {self._at}, the exchange has {message.checksum:08x}"
            )
        self.proofs += 1
        return True

    def _waits(self) -> bool:
        """Whether only a snapshot helps, because the book has none yet or lost its place."""
        return self._at is None and self._snapshot is None and self._change is None

    def _end(self, message: L3Snapshot | L3Update) -> bool:
        if BookFlag.LAST not in message.book_flags:
            return False
        bids, asks = self._bids.prices, self._asks.prices
        if bids and asks and bids[-1] >= asks[0]:
            raise BookGap(f"crossed after {message.book_seq}: {bids[-1]} bid, {asks[0]} asked")
        self._at, self._snapshot, self._change = message.book_seq, None, None
        self.transact_time = message.transact_time
        return True
