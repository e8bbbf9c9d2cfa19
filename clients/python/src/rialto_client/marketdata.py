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
    OrderAction,
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


@dataclass(frozen=True, slots=True)
class L2ConflatedSnapshot:
    """The whole book on a conflated channel, or a part of it: `book_flags` says."""

    instrument_id: int
    core_seq: int
    transact_time: int
    book_seq: int
    book_flags: frozenset[BookFlag]
    channel: Channel
    levels: tuple[BookLevel, ...]


@dataclass(frozen=True, slots=True)
class L2ConflatedUpdate:
    """What has changed in a book since the last of these messages, or a part of it."""

    instrument_id: int
    core_seq: int
    transact_time: int
    book_seq: int
    previous_book_seq: int
    book_flags: frozenset[BookFlag]
    channel: Channel
    levels: tuple[BookLevel, ...]


@dataclass(frozen=True, slots=True)
class BookChecksum:
    """What a book must come to after the change named."""

    instrument_id: int
    book_seq: int
    bid_count: int
    ask_count: int
    checksum: int
    channel: Channel


@dataclass(frozen=True, slots=True)
class BookOrder:
    """An order in the book; whose it is, nobody is told."""

    order_id: int
    price: Decimal
    quantity: Decimal
    side: Side


@dataclass(frozen=True, slots=True)
class L3Snapshot:
    """Every order in the book, or a part of them: `book_flags` says."""

    instrument_id: int
    core_seq: int
    transact_time: int
    book_seq: int
    book_flags: frozenset[BookFlag]
    book_orders: tuple[BookOrder, ...]


@dataclass(frozen=True, slots=True)
class OrderChange:
    """What happened to one order in the book; `trade_id` when a trade did it."""

    order_id: int
    price: Decimal
    quantity: Decimal
    trade_id: int | None
    side: Side
    action: OrderAction


@dataclass(frozen=True, slots=True)
class L3Update:
    """What one command did to the orders in a book, or a part of it."""

    instrument_id: int
    core_seq: int
    transact_time: int
    book_seq: int
    previous_book_seq: int
    book_flags: frozenset[BookFlag]
    order_changes: tuple[OrderChange, ...]


@dataclass(frozen=True, slots=True)
class Statistics:
    """The trades of the last 24 hours in figures; prices are None when there was none."""

    instrument_id: int
    core_seq: int
    transact_time: int
    since: int
    open_price: Decimal | None
    high_price: Decimal | None
    low_price: Decimal | None
    last_price: Decimal | None
    volume: Decimal
    quote_volume: Decimal
    trade_count: int


@dataclass(frozen=True, slots=True)
class Candle:
    """The trades of one interval in figures; there was at least one."""

    open_time: int
    open_price: Decimal
    high_price: Decimal
    low_price: Decimal
    close_price: Decimal
    volume: Decimal
    quote_volume: Decimal
    trade_count: int
    closed: bool


@dataclass(frozen=True, slots=True)
class CandleSnapshot:
    """The last closed candles of a series and the open one, ascending."""

    instrument_id: int
    core_seq: int
    candle_seq: int
    since: int
    channel: Channel
    candles: tuple[Candle, ...]


@dataclass(frozen=True, slots=True)
class CandleUpdate:
    """A candle as it is now."""

    instrument_id: int
    core_seq: int
    transact_time: int
    candle_seq: int
    channel: Channel
    open_time: int
    open_price: Decimal
    high_price: Decimal
    low_price: Decimal
    close_price: Decimal
    volume: Decimal
    quote_volume: Decimal
    trade_count: int
    closed: bool
