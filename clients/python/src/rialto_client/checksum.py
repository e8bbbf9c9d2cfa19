"""Checksums of books, by which a client proves that it missed nothing.

What is summed is docs/PROTOCOL.md, "Proving the book": the first 25 entries of each side, as the
bytes that they have in a snapshot. The sum is the CRC-32C of RFC 3720.

Cost: a table lookup for each of at most 1,250 bytes, once a second for each book.
"""

import struct
from collections.abc import Iterable
from decimal import Decimal
from itertools import islice
from typing import TypeVar

from .codes import Side
from .marketdata import BookLevel, BookOrder

Entry = TypeVar("Entry", BookLevel, BookOrder)

ENTRIES_MAX = 25
"""So many entries of each side are summed at most."""

_MANTISSA_MAX = 2**63 - 1
_EXPONENT_MIN, _EXPONENT_MAX = -8, 18
_LEVEL = struct.Struct("<qqbIB")
_ORDER = struct.Struct("<QqqB")
_SIDES = {Side.BUY: 0, Side.SELL: 1}


def _table() -> tuple[int, ...]:
    """The CRC of each byte: the polynomial 0x1EDC6F41, reflected."""
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    return tuple(table)


_TABLE = _table()


def crc32c(data: bytes) -> int:
    """The CRC-32C of some bytes."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def of_levels(bids: Iterable[BookLevel], asks: Iterable[BookLevel]) -> int:
    """The checksum of a book of levels, the best one of each side first."""
    return crc32c(b"".join(_level(level) for side in (bids, asks) for level in _first(side)))


def of_orders(bids: Iterable[BookOrder], asks: Iterable[BookOrder]) -> int:
    """The checksum of a book of orders, of each side the one first that trades first."""
    return crc32c(b"".join(_order(order) for side in (bids, asks) for order in _first(side)))


def _first(side: Iterable[Entry]) -> Iterable[Entry]:
    return islice(side, ENTRIES_MAX)


def _level(level: BookLevel) -> bytes:
    mantissa, exponent = scaled(level.quantity)
    price, side = _mantissa(level.price), _SIDES[level.side]
    return _LEVEL.pack(price, mantissa, exponent, level.order_count, side)


def _order(order: BookOrder) -> bytes:
    price, quantity = _mantissa(order.price), _mantissa(order.quantity)
    return _ORDER.pack(order.order_id, price, quantity, _SIDES[order.side])


def _mantissa(value: Decimal) -> int:
    """The value in units of 10^-8, in which the wire counts."""
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int), "a value of the wire is finite"
    number = int("".join(map(str, digits)))
    shift = exponent - _EXPONENT_MIN
    power: int = 10 ** abs(shift)
    number = number * power if shift >= 0 else number // power
    return -number if sign else number


def scaled(value: Decimal) -> tuple[int, int]:
    """Mantissa and exponent as the exchange sends them: -8 if it fits, else the least that does."""
    mantissa, exponent = _mantissa(value), _EXPONENT_MIN
    while abs(mantissa) > _MANTISSA_MAX and mantissa % 10 == 0 and exponent < _EXPONENT_MAX:
        mantissa, exponent = mantissa // 10, exponent + 1
    return mantissa, exponent
