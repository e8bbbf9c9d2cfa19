"""The local book is the exchange's book: compared with a model, however the changes are cut."""

import os
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rialto_client import BookGap, BookLevel, L2Snapshot, L2Update, LocalBook, Side
from rialto_client.codes import BookFlag

CASES = int(os.environ.get("PROPTEST_CASES", "200"))

FIRST, LAST = frozenset({BookFlag.FIRST}), frozenset({BookFlag.LAST})
WHOLE = FIRST | LAST

Model = dict[tuple[Side, int], BookLevel]
"""The exchange's book: levels by side and price."""


def level(side: Side, price: int, quantity: int) -> BookLevel:
    """A level; the count of orders follows from the quantity, so that it is compared too."""
    return BookLevel(Decimal(price), Decimal(quantity), quantity % 7, side)


def snapshot(
    levels: Sequence[BookLevel], seq: int, flags: frozenset[BookFlag] = WHOLE
) -> L2Snapshot:
    """A message of a snapshot."""
    return L2Snapshot(1, seq, seq, seq, flags, tuple(levels))


def update(levels: Sequence[BookLevel], seq: int, flags: frozenset[BookFlag] = WHOLE) -> L2Update:
    """A message of the change that follows the one before."""
    return L2Update(1, seq, seq, seq, seq - 1, flags, tuple(levels))


def ordered(model: Model) -> tuple[BookLevel, ...]:
    """As a snapshot has them: bids, then asks, each from the best price on."""
    bids = [model[key] for key in sorted(model, reverse=True) if key[0] == Side.BUY]
    asks = [model[key] for key in sorted(model) if key[0] == Side.SELL]
    return (*bids, *asks)


def parts(
    levels: Sequence[BookLevel], size: int
) -> list[tuple[Sequence[BookLevel], frozenset[BookFlag]]]:
    """Levels in messages of at most this size, with the flags that they have."""
    pieces = [levels[at : at + size] for at in range(0, len(levels), size)] or [levels]
    flags = [
        (FIRST if index == 0 else frozenset()) | (LAST if index == len(pieces) - 1 else frozenset())
        for index in range(len(pieces))
    ]
    return list(zip(pieces, flags, strict=True))


# Bids stand at 1 to 50 and asks at 51 to 100, so that no change crosses the book.
CHANGES = st.lists(
    st.tuples(st.sampled_from([Side.BUY, Side.SELL]), st.integers(1, 50), st.integers(0, 20)),
    max_size=8,
)


def apply_to(model: Model, change: Sequence[tuple[Side, int, int]]) -> list[BookLevel]:
    """Changes the model, and gives what the exchange sends about it."""
    said = []
    for side, at, quantity in change:
        price = at if side == Side.BUY else at + 50
        said.append(level(side, price, quantity))
        model.pop((side, price), None)
        if quantity:
            model[side, price] = said[-1]
    return said


@settings(max_examples=CASES, deadline=None, database=None, print_blob=True)
@given(CHANGES, st.lists(CHANGES, max_size=30), st.integers(1, 5))
def test_the_book_is_the_exchanges(
    start: list[tuple[Side, int, int]], changes: list[list[tuple[Side, int, int]]], size: int
) -> None:
    """After each change, whether it came in one message or in several."""
    model: Model = {}
    book = LocalBook(1)
    apply_to(model, start)
    for levels, flags in parts(ordered(model), size):
        book.apply(snapshot(levels, 10, flags))
    assert (book.book_seq, book.levels()) == (10, ordered(model))
    for seq, change in enumerate(changes, start=11):
        for levels, flags in parts(apply_to(model, change), size):
            whole = book.apply(update(levels, seq, flags))
            assert whole == (BookFlag.LAST in flags) == (book.book_seq is not None)
        assert (book.book_seq, book.levels()) == (seq, ordered(model))
        bids = [price for side, price in model if side == Side.BUY]
        asks = [price for side, price in model if side == Side.SELL]
        assert (book.best_bid.price if book.best_bid else None) == max(bids, default=None)
        assert (book.best_ask.price if book.best_ask else None) == min(asks, default=None)


@settings(max_examples=CASES, deadline=None, database=None, print_blob=True)
@given(st.data(), st.lists(CHANGES, min_size=2, max_size=20), st.integers(1, 3))
def test_a_lost_message_is_noticed(
    data: st.DataObject, changes: list[list[tuple[Side, int, int]]], size: int
) -> None:
    """At the next one; and a snapshot puts everything right.

    Unless it is from the middle of a change: those in the middle are not numbered, so that only the
    connection vouches for them.
    """
    model: Model = {}
    messages = []
    for seq, change in enumerate(changes, start=1):
        pieces = parts(apply_to(model, change), size)
        messages += [update(levels, seq, flags) for levels, flags in pieces]
    at_edge = [index for index, message in enumerate(messages[:-1]) if message.book_flags]
    lost = data.draw(st.sampled_from(at_edge))
    book = LocalBook(1)
    book.apply(snapshot([], 0))
    for message in messages[:lost]:
        book.apply(message)
    with pytest.raises(BookGap):
        book.apply(messages[lost + 1])
    for message in messages[lost + 2 :]:
        assert not book.apply(message)
    assert (book.book_seq, book.levels()) == (None, ())
    assert book.apply(snapshot(ordered(model), 99))
    assert (book.book_seq, book.levels()) == (99, ordered(model))


def test_a_book_without_a_snapshot_waits_for_one() -> None:
    """Changes that come before it are those of a stream that began earlier."""
    book = LocalBook(1)
    assert not book.apply(update([level(Side.BUY, 1, 1)], 5))
    assert not book.apply(snapshot([level(Side.BUY, 1, 1)], 5, LAST))
    assert (book.book_seq, book.best_bid, book.best_ask) == (None, None, None)


def test_a_snapshot_may_come_at_any_time() -> None:
    """It replaces everything, also in the middle of a change."""
    book = LocalBook(1)
    book.apply(snapshot([level(Side.BUY, 1, 1)], 5))
    book.apply(update([level(Side.BUY, 2, 2)], 6, FIRST))
    assert book.book_seq is None
    assert book.apply(snapshot([level(Side.SELL, 9, 9)], 7))
    assert book.levels() == (level(Side.SELL, 9, 9),)
    assert book.transact_time == 7


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (update([], 7), "change 7 follows 6, this book is at 5"),
        (update([], 5), "change 5 follows 4, this book is at 5"),
        (update([], 6, LAST), r"a part of change \(5, 6\) came, expected one of None"),
        (update([level(Side.BUY, 9, 1)], 6), "crossed after 6: 9 bid, 9 asked"),
        (update([level(Side.of(7), 9, 1)], 6), r"side Unknown\(7\)"),
        (snapshot([], 6, LAST), "a part of snapshot 6 came, expected one of None"),
    ],
)
def test_what_does_not_fit_empties_the_book(wrong: L2Snapshot | L2Update, complaint: str) -> None:
    """So that nobody trades on it."""
    book = LocalBook(1)
    book.apply(snapshot([level(Side.BUY, 1, 1), level(Side.SELL, 9, 1)], 5))
    with pytest.raises(BookGap, match=complaint):
        book.apply(wrong)
    assert (book.book_seq, book.levels()) == (None, ())


def test_messages_of_one_change_carry_the_same_numbers() -> None:
    """One that does not belongs to another change, of which the beginning was missed."""
    book = LocalBook(1)
    book.apply(snapshot([], 5))
    book.apply(update([], 6, FIRST))
    with pytest.raises(BookGap, match="a part of change"):
        book.apply(replace(update([], 6, LAST), previous_book_seq=4))
