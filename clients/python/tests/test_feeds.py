"""Market data: subscriptions shared and ended, books that put themselves right, slow readers."""

import asyncio
import contextlib
from decimal import Decimal

import pytest

from rialto_client import (
    AnswerTimeout,
    BookGap,
    BookLevel,
    SessionEnded,
    Side,
    Stream,
    StreamOverflow,
    SubscriptionRefusal,
    SubscriptionRefused,
    UsageError,
)
from rialto_client.book import LevelMessage
from rialto_client.bookfeed import RESYNCHRONISATIONS_MAX
from rialto_client.checksum import of_levels
from rialto_client.streams import STREAM_MAX

from .fake_exchange import Peer, session
from .support import asynchronous


def book(
    name: str, seq: int, *levels: tuple[str, int, int], previous: int | None = None
) -> tuple[str, dict[str, object]]:
    """A whole snapshot or change: side, price and quantity of each level."""
    entries = [
        {"price": price, "quantity": quantity, "order_count": 1, "side": side}
        for side, price, quantity in levels
    ]
    fields: dict[str, object] = {
        "instrument_id": 1,
        "core_seq": seq,
        "transact_time": seq,
        "book_seq": seq,
        "book_flags": {"First", "Last"},
        "levels": entries,
    }
    if name == "L2Update":
        fields["previous_book_seq"] = seq - 1 if previous is None else previous
    return name, fields


def tick(trade_id: int) -> tuple[str, dict[str, object]]:
    """A trade of instrument 1."""
    return "TradeTick", {
        "instrument_id": 1,
        "core_seq": trade_id,
        "event_index": 0,
        "transact_time": 1,
        "trade_id": trade_id,
        "price": "100.5",
        "quantity": 2,
        "taker_side": "Sell",
    }


@asynchronous
async def test_instruments_are_known_by_their_symbol() -> None:
    """And change as the exchange says."""

    async def script(peer: Peer) -> None:
        await peer.log_on()
        changed = {"instrument_id": 1, "core_seq": 2, "transact_time": 2, "state": "Halted"}
        await peer.send(("InstrumentStatus", changed))
        await peer.send(("InstrumentStatus", changed | {"instrument_id": 5}))
        await peer.wait_for_test()
        await peer.wait_closed()

    async with session(script) as client:
        await client.session.test()
        instrument = await client.directory.instrument("BTC-USDT")
        assert (instrument.tick, instrument.state) == (Decimal("0.01"), "Halted")
        assert client.directory.assets["BTC"].decimals == 8


@asynchronous
async def test_an_instrument_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is waited for, and then refused with those that do."""
    monkeypatch.setattr("rialto_client.directory.DEFINITION_TIMEOUT_S", 0.1)

    async def script(peer: Peer) -> None:
        await peer.log_on()
        await peer.wait_for_test()
        await peer.wait_closed()

    async with session(script) as client:
        await client.session.test()
        with pytest.raises(UsageError, match="no instrument 'DOGE'; the exchange has: BTC-USDT"):
            await client.directory.instrument("DOGE")


@asynchronous
async def test_trades_come_in_order_for_as_long_as_they_are_wanted() -> None:
    """Two readers share a subscription; the last one to leave ends it."""

    async def script(peer: Peer) -> None:
        await peer.log_on()
        asked = await peer.accept_subscription()
        assert (asked["channel"], asked["instrument_id"]) == ("Trades", 1)
        await peer.wait_for_test()
        await peer.send(tick(1), tick(2))
        ended = await peer.accept_subscription("Unsubscribe")
        assert (ended["channel"], ended["instrument_id"]) == ("Trades", 1)
        await peer.wait_closed()

    async with session(script) as client:
        async with client.trades("BTC-USDT") as first, client.trades(1) as second:
            await client.session.test()
            for stream in (first, second):
                trades = [await anext(stream), await anext(stream)]
                assert [trade.trade_id for trade in trades] == [1, 2]
                assert (trades[0].price, trades[0].taker_side) == (Decimal("100.5"), "Sell")
        with pytest.raises(StopAsyncIteration):
            await anext(first)


@asynchronous
async def test_a_refused_subscription() -> None:
    """Says why, and leaves nothing behind."""

    async def script(peer: Peer) -> None:
        await peer.log_on()
        for _ in range(2):
            asked = await peer.receive("Subscribe")
            refused = {"reason": "UnknownInstrument", "text": "9 is none"}
            await peer.send(("SubscriptionRefused", {**asked.fields, **refused}))
        await peer.wait_closed()

    async with session(script) as client:
        for _ in range(2):
            with pytest.raises(SubscriptionRefused, match="UnknownInstrument: 9 is none") as error:
                async with client.top_of_book(9):
                    pytest.fail("there is nothing to read")
            assert error.value.reason == SubscriptionRefusal.UNKNOWN_INSTRUMENT


@asynchronous
async def test_one_instrument_and_all_of_them() -> None:
    """Would bring each message twice."""

    async def script(peer: Peer) -> None:
        await peer.log_on()
        await peer.accept_subscription()
        await peer.accept_subscription("Unsubscribe")
        await peer.wait_closed()

    async with session(script) as client, client.trades():
        with pytest.raises(UsageError, match="one instrument and all of them"):
            async with client.trades("BTC-USDT"):
                pytest.fail("there is nothing to read")


@asynchronous
async def test_a_second_reader_of_a_book_gets_a_snapshot_too() -> None:
    """By a subscription anew, which the first reader does not mind."""

    async def script(peer: Peer) -> None:
        await peer.log_on()
        await peer.accept_subscription()
        await peer.send(book("L2Snapshot", 5, ("Buy", 10, 1)))
        await peer.accept_subscription("Unsubscribe")
        await peer.accept_subscription()
        await peer.send(book("L2Snapshot", 6, ("Buy", 11, 1)))
        await peer.accept_subscription("Unsubscribe")
        await peer.wait_closed()

    async with session(script) as client, client.book("BTC-USDT") as first:
        assert first.book.book_seq == 5
        async with client.book(1) as second:
            assert first.book.levels() == second.book.levels()
            assert (first.resynchronisations, second.book.book_seq) == (0, 6)


@asynchronous
async def test_a_gap_is_put_right_with_a_new_snapshot() -> None:
    """The watch sees everything, the reader only what is consistent."""
    seen: list[int] = []

    async def script(peer: Peer) -> None:
        await peer.log_on()
        await peer.accept_subscription()
        await peer.send(book("L2Snapshot", 5, ("Buy", 10, 1)), book("L2Update", 6, ("Buy", 10, 2)))
        await peer.wait_for_test()
        await peer.send(book("L2Update", 8, ("Buy", 10, 4)), book("L2Update", 9, ("Buy", 10, 5)))
        await peer.accept_subscription("Unsubscribe")
        await peer.accept_subscription()
        await peer.send(book("L2Snapshot", 9, ("Buy", 10, 5)), book("L2Update", 10, ("Buy", 10, 0)))
        await peer.send(("Logout", {"end_reason": "ShuttingDown"}))

    def watch(message: LevelMessage) -> None:
        seen.append(message.book_seq)
        raise ZeroDivisionError("a watch that fails is the program's affair")

    async with session(script) as client, client.book("BTC-USDT", watch) as feed:
        assert (await feed.changed()).book_seq == 6
        await client.session.test()
        assert (await feed.changed()).book_seq == 10
        assert feed.book.levels() == ()
        assert feed.resynchronisations == 1
        with pytest.raises(SessionEnded):
            await feed.changed()
    assert seen == [5, 6, 8, 9, 9, 10]


@asynchronous
async def test_a_book_with_another_checksum_begins_again() -> None:
    """Also when only a count differs; a right checksum counts as a proof."""

    def proof(seq: int, checksum: int, bids: int = 1) -> tuple[str, dict[str, object]]:
        counts = {"bid_count": bids, "ask_count": 0}
        fields = {"instrument_id": 1, "book_seq": seq, "checksum": checksum, "channel": "L2Book"}
        return "BookChecksum", fields | counts

    level = BookLevel(Decimal(10), Decimal(1), 1, Side.BUY)
    right = of_levels([level], [])

    async def script(peer: Peer) -> None:
        await peer.log_on()
        await peer.accept_subscription()
        await peer.send(book("L2Snapshot", 5, ("Buy", 10, 1)), proof(5, right))
        for wrong in (proof(5, right ^ 1), proof(5, right, bids=2), proof(6, right)):
            await peer.send(wrong)
            await peer.accept_subscription("Unsubscribe")
            await peer.accept_subscription()
            await peer.send(book("L2Snapshot", 5, ("Buy", 10, 1)), proof(5, right))
        await peer.send(book("L2Update", 6, ("Buy", 10, 0)), proof(6, 0, bids=0))
        await peer.send(("Logout", {"end_reason": "ShuttingDown"}))

    async with session(script) as client, client.book("BTC-USDT") as feed:
        with contextlib.suppress(SessionEnded):
            async for _ in feed:
                pass
        assert (feed.book.book_seq, feed.book.proofs, feed.resynchronisations) == (6, 5, 3)


@asynchronous
async def test_a_book_that_is_never_right_is_given_up() -> None:
    """Rather than subscribed to for ever."""

    async def script(peer: Peer) -> None:
        await peer.log_on()
        await peer.accept_subscription()
        await peer.send(book("L2Snapshot", 1))
        await peer.wait_for_test()
        crossed = book("L2Snapshot", 2, ("Buy", 10, 1), ("Sell", 9, 1))
        await peer.send(crossed)
        for _ in range(RESYNCHRONISATIONS_MAX):
            await peer.accept_subscription("Unsubscribe")
            await peer.accept_subscription()
            await peer.send(crossed)
        await peer.accept_subscription("Unsubscribe")
        await peer.wait_closed()

    async with session(script) as client, client.book("BTC-USDT") as feed:
        assert (await feed.changed()).book_seq == 1
        await client.session.test()
        with pytest.raises(BookGap, match="crossed after 2: 10 bid, 9 asked"):
            await feed.changed()


@asynchronous
async def test_a_book_that_is_right_again_may_be_wrong_as_often_as_before() -> None:
    """Only failures in a row end a feed."""
    rounds = 2 * RESYNCHRONISATIONS_MAX

    async def script(peer: Peer) -> None:
        await peer.log_on()
        await peer.accept_subscription()
        await peer.send(book("L2Snapshot", 1))
        for number in range(1, rounds + 1):
            await peer.send(book("L2Update", 10 * number, previous=10 * number - 1))
            await peer.accept_subscription("Unsubscribe")
            await peer.accept_subscription()
            await peer.send(book("L2Snapshot", 10 * number + 1))
            await peer.send(book("L2Update", 10 * number + 2, previous=10 * number + 1))
        await peer.accept_subscription("Unsubscribe")
        await peer.wait_closed()

    async with session(script) as client, client.book("BTC-USDT") as feed:
        while feed.book.book_seq != 10 * rounds + 2:
            await feed.changed()
        assert feed.resynchronisations == rounds


@asynchronous
async def test_snapshots_alone_do_not_keep_a_feed_that_is_never_right() -> None:
    """A book whose first change never fits is given up, however good its snapshots are."""

    async def script(peer: Peer) -> None:
        await peer.log_on()
        await peer.accept_subscription()
        await peer.send(book("L2Snapshot", 1))
        await peer.wait_for_test()
        for number in range(1, RESYNCHRONISATIONS_MAX + 1):
            await peer.send(book("L2Update", 10 * number, previous=10 * number - 1))
            await peer.accept_subscription("Unsubscribe")
            await peer.accept_subscription()
            await peer.send(book("L2Snapshot", 10 * number + 1))
        await peer.send(book("L2Update", 1_000, previous=999))
        await peer.accept_subscription("Unsubscribe")
        await peer.wait_closed()

    async with session(script) as client, client.book("BTC-USDT") as feed:
        assert (await feed.changed()).book_seq == 1
        await client.session.test()
        with pytest.raises(BookGap, match="change 1000 follows 999"):
            async for _ in feed:
                pass
        assert feed.resynchronisations == RESYNCHRONISATIONS_MAX


@asynchronous
async def test_a_snapshot_that_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is waited for so long and no longer; the subscription is ended."""
    monkeypatch.setattr("rialto_client.bookfeed.SNAPSHOT_TIMEOUT_S", 0.1)

    async def script(peer: Peer) -> None:
        await peer.log_on()
        await peer.accept_subscription()
        await peer.accept_subscription("Unsubscribe")
        await peer.wait_closed()

    async with session(script) as client:
        with pytest.raises(AnswerTimeout, match="no snapshot within"):
            async with client.book("BTC-USDT"):
                pytest.fail("there is no book")


@asynchronous
async def test_a_stream_that_is_not_read_ends_alone() -> None:
    """After what it can hold; what came before can still be read."""
    stream: Stream[int] = Stream()
    for number in range(STREAM_MAX + 1):
        stream.put(number)
    stream.put(-1)
    for number in range(STREAM_MAX):
        assert await anext(stream) == number
    with pytest.raises(StreamOverflow, match="65536 messages wait"):
        await anext(stream)


@asynchronous
async def test_a_stream_wakes_its_reader() -> None:
    """When something is put in, and when it ends."""
    stream: Stream[int] = Stream()

    async def read() -> list[int]:
        return [item async for item in stream]

    reading = asyncio.create_task(read())
    await asyncio.sleep(0)
    stream.put(1)
    await asyncio.sleep(0)
    stream.put(2)
    stream.end()
    assert await reading == [1, 2]
