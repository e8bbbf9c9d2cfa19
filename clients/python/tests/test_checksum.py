"""Checksums: those of the golden messages, and the CRC of the catalogues."""

from decimal import Decimal

import pytest

from rialto_client import BookChecksum, BookLevel, Codec, L2Snapshot, Message, Side
from rialto_client.checksum import ENTRIES_MAX, crc32c, of_levels, scaled
from rialto_client.typed import Typist

from .support import golden_messages


def test_the_crc_is_the_one_of_the_catalogues() -> None:
    """Its check value, and that of nothing."""
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(b"") == 0


def test_the_example_of_the_document_is_right() -> None:
    """The checksum belongs to the book of the example before it."""
    codec = Codec()
    typist = Typist(codec.schema)

    def of(name: str) -> object:
        (sample,) = (sample for sample in golden_messages() if sample.name == name)
        (message,) = codec.decode_frame(sample.content)
        assert isinstance(message, Message)
        return typist.typed(message)

    book, proof = of("L2Snapshot"), of("BookChecksum")
    assert isinstance(book, L2Snapshot)
    assert isinstance(proof, BookChecksum)
    bids = [level for level in book.levels if level.side == Side.BUY]
    asks = [level for level in book.levels if level.side == Side.SELL]
    assert of_levels(bids, asks) == proof.checksum
    assert (len(bids), len(asks)) == (proof.bid_count, proof.ask_count)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", (0, -8)),
        ("1.5", (150_000_000, -8)),
        ("92233720368.54775807", (2**63 - 1, -8)),
        ("1000000000000000", (10**18, -3)),
    ],
)
def test_quantities_have_the_exponent_that_the_exchange_gives_them(
    value: str, expected: tuple[int, int]
) -> None:
    """-8 if the value fits so, otherwise the least that does."""
    assert scaled(Decimal(value)) == expected


def test_what_lies_deeper_does_not_count() -> None:
    """Only the first entries of a side do."""
    levels = [BookLevel(Decimal(n), Decimal(1), 1, Side.SELL) for n in range(1, ENTRIES_MAX + 2)]
    assert of_levels([], levels) == of_levels([], levels[:-1])
    assert of_levels([], levels) != of_levels([], levels[:-2])
