"""Market data: instruments, trades, best prices, books, and the answers to subscriptions.

Each class is a message of the schema with the fields of that name, so docs/PROTOCOL.md is its
description; `typed` makes them from decoded messages. Prices and quantities are `Decimal`, times
are nanoseconds since 1970-01-01T00:00:00Z, None stands for null. All are immutable.
"""

from dataclasses import dataclass
from decimal import Decimal

from .codes import (
    BookFlag,
    Channel,
    InstrumentState,
    Side,
    SubscriptionRefusal,
)


@dataclass(frozen=True, slots=True)
class BookLevel:
    """A price of a book with all that rests at it.

    In an `L2Update`, quantity 0 means that it is gone.
    """

    price: Decimal
    quantity: Decimal
    order_count: int
    side: Side


@dataclass(frozen=True, slots=True)
class SubscriptionAccepted:
    """A stream begins after this; or has ended."""

    request_id: int
    instrument_id: int | None
    channel: Channel


@dataclass(frozen=True, slots=True)
class SubscriptionRefused:
    """A stream was not begun or not ended: nothing changed."""

    request_id: int
    instrument_id: int | None
    channel: Channel
    reason: SubscriptionRefusal
    text: str


@dataclass(frozen=True, slots=True)
class AssetDefinition:
    """An asset."""

    asset_id: int
    decimals: int
    symbol: str


@dataclass(frozen=True, slots=True)
class InstrumentDefinition:
    """An instrument as it is now, with all its steps, limits and fees."""

    instrument_id: int
    core_seq: int
    tick: Decimal
    lot: Decimal
    min_quantity: Decimal
    max_quantity: Decimal
    min_notional: Decimal
    max_notional: Decimal
    reference_price: Decimal
    collar: int
    maker_fee: int
    taker_fee: int
    base_asset_id: int
    quote_asset_id: int
    base_decimals: int
    quote_decimals: int
    state: InstrumentState
    symbol: str
    base_symbol: str
    quote_symbol: str


@dataclass(frozen=True, slots=True)
class InstrumentStatus:
    """An instrument has a new state."""

    instrument_id: int
    core_seq: int
    transact_time: int
    state: InstrumentState


@dataclass(frozen=True, slots=True)
class TradeTick:
    """A trade."""

    instrument_id: int
    core_seq: int
    event_index: int
    transact_time: int
    trade_id: int
    price: Decimal
    quantity: Decimal
    taker_side: Side


@dataclass(frozen=True, slots=True)
class TopOfBook:
    """The best prices of an instrument; prices are None where the book is empty."""

    instrument_id: int
    core_seq: int
    transact_time: int
    book_seq: int
    bid_price: Decimal | None
    bid_quantity: Decimal | None
    ask_price: Decimal | None
    ask_quantity: Decimal | None
    bid_order_count: int
    ask_order_count: int


@dataclass(frozen=True, slots=True)
class L2Snapshot:
    """The whole book of an instrument, or a part of it: `book_flags` says."""

    instrument_id: int
    core_seq: int
    transact_time: int
    book_seq: int
    book_flags: frozenset[BookFlag]
    levels: tuple[BookLevel, ...]


@dataclass(frozen=True, slots=True)
class L2Update:
    """What one command changed in a book, or a part of it: each level with its new total."""

    instrument_id: int
    core_seq: int
    transact_time: int
    book_seq: int
    previous_book_seq: int
    book_flags: frozenset[BookFlag]
    levels: tuple[BookLevel, ...]
