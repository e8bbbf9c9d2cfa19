"""Market data of a real exchange, while the bots of the demo trade, and the examples."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from rialto_client import BookLevel, CandleSnapshot, CandleUpdate, Channel, Client, LocalBook
from rialto_client.book import LevelMessage

from .real_exchange import BUY, SELL, QuietMarket, RealExchange
from .support import CLIENT, asynchronous

ROUNDS = 5
"""So many fresh snapshots are compared."""


class History:
    """The book as it was after each change."""

    def __init__(self, instrument_id: int) -> None:
        """Empty."""
        self.book = LocalBook(instrument_id)
        self.levels: dict[int, tuple[BookLevel, ...]] = {}

    def watch(self, message: LevelMessage) -> None:
        """Applies a message, and remembers the book after it."""
        if self.book.apply(message) and self.book.book_seq is not None:
            self.levels[self.book.book_seq] = tuple(self.book.levels())


@pytest.mark.parametrize("symbol", ["BTC-USDT", "ETH-BTC"])
def test_the_rebuilt_book_equals_a_fresh_snapshot(exchange: RealExchange, symbol: str) -> None:
    """At the same change, several times while the market moves, with increments between them."""

    @asynchronous
    async def run() -> None:
        async with Client(exchange.address) as client:
            history = History(await client.instrument_id(symbol))
            async with client.book(symbol, history.watch) as feed:
                for _ in range(ROUNDS):
                    while not feed.book.levels():
                        await feed.changed()
                    async with Client(exchange.address) as other, other.book(symbol) as fresh:
                        at, levels = fresh.book.book_seq, tuple(fresh.book.levels())
                    assert at is not None
                    while max(history.levels) <= at:
                        await feed.changed()
                    assert history.levels[at] == levels
                assert feed.resynchronisations == 0
            changes = sorted(history.levels)
            assert changes == list(range(changes[0], changes[-1] + 1))
            assert len(changes) > ROUNDS

    run()


@asynchronous
async def test_the_tape_has_no_gaps(exchange: RealExchange) -> None:
    """Trades of an instrument are numbered by one, on the channel of one and on that of all."""
    async with (
        Client(exchange.address) as client,
        Client(exchange.address) as other,
        other.trades() as every,
        client.trades("BTC-USDT") as one,
    ):
        trades = [await anext(one) for _ in range(5)]
        assert all(after.trade_id == before.trade_id + 1 for before, after in pairwise(trades))
        wanted = trades[-1]
        async for trade in every:
            if (trade.instrument_id, trade.trade_id) == (wanted.instrument_id, wanted.trade_id):
                assert trade == wanted
                break


@asynchronous
async def test_the_top_of_the_book(exchange: RealExchange, market: QuietMarket) -> None:
    """Comes at once, also of an empty book, and again when one of the two levels changes."""
    async with exchange.client(7) as client, client.top_of_book(market.symbol) as tops:
        top = await anext(tops)
        assert (top.bid_price, top.ask_price, top.bid_order_count) == (None, None, 0)
        await client.place(market.symbol, BUY, quantity=2, price=99)
        top = await anext(tops)
        assert (top.bid_price, top.bid_quantity, top.ask_price) == (99, 2, None)
        await client.place(market.symbol, SELL, quantity=1, price=101)
        top = await anext(tops)
        assert (top.bid_price, top.ask_price, top.ask_quantity) == (99, 101, 1)
        await client.place(market.symbol, BUY, quantity=3, price=99)
        top = await anext(tops)
        assert (top.bid_quantity, top.bid_order_count) == (5, 2)
        await client.mass_cancel(market.symbol)


@asynchronous
async def test_a_book_of_its_own(exchange: RealExchange, market: QuietMarket) -> None:
    """Begins empty, and shows each order as it comes and goes."""
    async with exchange.client(7) as client, client.book(market.symbol) as feed:
        assert feed.book.levels() == ()
        order = await client.place(market.symbol, BUY, quantity=2, price=99)
        book = await feed.changed()
        while not book.levels():
            book = await feed.changed()
        (level,) = book.levels()
        assert (level.price, level.quantity, level.order_count, level.side) == (99, 2, 1, BUY)
        await client.cancel(order)
        while book.levels():
            book = await feed.changed()


@asynchronous
async def test_every_kind_of_book_is_the_same_book(exchange: RealExchange) -> None:
    """Levels, conflated levels and orders, each proven by checksums while the bots trade."""
    conflated = (Channel.L2_BOOK_10MS, Channel.L2_BOOK_100MS)
    async with (
        Client(exchange.address) as client,
        client.book("BTC-USDT") as levels,
        client.book("BTC-USDT", channel=conflated[0]) as often,
        client.book("BTC-USDT", channel=conflated[1]) as seldom,
        client.order_book("BTC-USDT") as orders,
    ):
        feeds = (levels, often, seldom, orders)
        compared = 0
        async for book in orders:
            if levels.book.book_seq == book.book_seq:
                for level in levels.book.levels():
                    queue = book.bids() if level.side == BUY else book.asks()
                    of_level = [o.quantity for o in queue if o.price == level.price]
                    assert (sum(of_level), len(of_level)) == (level.quantity, level.order_count)
                compared += 1
            if compared >= ROUNDS and min(feed.book.proofs for feed in feeds) >= 3:
                break
        assert [feed.resynchronisations for feed in feeds] == [0, 0, 0, 0]


@asynchronous
async def test_orders_stand_in_the_order_in_which_they_trade(
    exchange: RealExchange, market: QuietMarket
) -> None:
    """Whoever loses its place goes to the end; a trade says which one it was."""
    async with exchange.client(7) as client, client.order_book(market.symbol) as feed:
        first = await client.place(market.symbol, BUY, quantity=2, price=99)
        second = await client.place(market.symbol, BUY, quantity=3, price=99)
        await client.replace(first, quantity=4, price=99)
        third = await client.place(market.symbol, BUY, quantity=1, price=98)
        while [order.order_id for order in feed.book.bids()] != [
            second.order_id,
            first.order_id,
            third.order_id,
        ]:
            await feed.changed()
        await client.mass_cancel(market.symbol)
        while list(feed.book.bids()):
            await feed.changed()


@asynchronous
async def test_figures_of_trades(exchange: RealExchange, market: QuietMarket) -> None:
    """Statistics and candles are those of the trades that happened."""
    async with (
        exchange.client(7) as client,
        exchange.client(8) as other,
        client.statistics(market.symbol) as statistics,
        client.candles(Channel.CANDLES_1D, market.symbol) as days,
    ):
        before = await anext(statistics)
        assert (before.trade_count, before.volume, before.last_price) == (0, 0, None)
        empty = await anext(days)
        assert isinstance(empty, CandleSnapshot)
        assert empty.candles == ()
        for price in (100, 103, 99):
            await client.place(market.symbol, SELL, quantity=2, price=price)
            await other.place(market.symbol, BUY, quantity=2, price=price)
        async for day in statistics:
            if day.trade_count == 3:
                break
        figures = (day.open_price, day.high_price, day.low_price, day.last_price, day.volume)
        assert figures == (100, 103, 99, 99, 6)
        assert day.quote_volume == 604
        seen = 0
        async for candle in days:
            # Midnight may fall between two of them.
            assert isinstance(candle, CandleUpdate)
            seen = max(seen, candle.trade_count)
            if seen == 3 or candle.close_price == 99:
                break
        async with (
            Client(exchange.address) as late,
            late.candles(Channel.CANDLES_1S, market.symbol) as seconds,
        ):
            snapshot = await anext(seconds)
            assert isinstance(snapshot, CandleSnapshot)
            assert sum(candle.volume for candle in snapshot.candles) == 6


@asynchronous
async def test_a_halted_market_says_so(exchange: RealExchange, market: QuietMarket) -> None:
    """On the channel Instruments, to everybody."""
    async with Client(exchange.address) as client, exchange.administrator() as operator:
        instrument = await client.directory.instrument(market.symbol)
        assert instrument.state == "Open"
        await operator.administer(
            "SetInstrumentState", instrument_id=instrument.instrument_id, state="Halted"
        )
        while instrument.state == "Open":
            await client.session.test()
            instrument = await client.directory.instrument(market.symbol)
        assert instrument.state == "Halted"


def run_example(name: str, *arguments: str) -> str:
    """What an example prints; it has to end without an error."""
    done = subprocess.run(  # noqa: S603 - an example of this package
        [sys.executable, str(CLIENT / "examples" / f"{name}.py"), *arguments],
        env=os.environ | {"PYTHONPATH": str(CLIENT / "src")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def of(exchange: RealExchange) -> tuple[str, ...]:
    """Where the exchange and its keys are, as the examples want to know it."""
    return ("--address", exchange.address, "--keys", str(exchange.directory / "demo-keys.json"))


def test_the_quickstart(exchange: RealExchange) -> None:
    """Trades, rests, sees its order in the book, cancels it, and is told what is wrong."""
    printed = run_example("quickstart", *of(exchange))
    assert "as account 7." in printed
    assert "  the book has " in printed
    assert "  Cancelled: Requested" in printed
    assert "What is wrong is said: PriceOffTick: price " in printed


def test_the_market_maker(exchange: RealExchange) -> None:
    """Quotes, and leaves no order behind."""
    printed = run_example("market_maker", *of(exchange), "--account", "8", "--quotes", "10")
    assert "times, cancelled the last" in printed

    @asynchronous
    async def look() -> None:
        async with exchange.client(8) as client:
            assert await client.open_orders("BTC-USDT") == []

    look()


def test_the_book_recorder(exchange: RealExchange, tmp_path: Path) -> None:
    """What it replays is what it recorded."""
    path = str(tmp_path / "book.jsonl")
    arguments = ("record", "ETH-USDT", path, "--changes", "50", "--address", exchange.address)
    recorded = run_example("book_recorder", *arguments)
    assert run_example("book_recorder", "replay", path) in recorded


def test_the_stop_loss(exchange: RealExchange) -> None:
    """Waits at the exchange; told to end, it takes its stop away."""
    arguments = ("--account", "8", "--quantity", "0.001", "--stop", "30000", "--seconds", "0.5")
    printed = run_example("stop_loss", *of(exchange), *arguments)
    assert "waits: sells 0.001 should BTC-USDT trade at 30000 or below" in printed
    assert "Cancelled" in printed
