"""Trading on a real exchange: fills, rests, changes, refusals, and sequences used twice."""

import asyncio
from collections.abc import Awaitable
from decimal import Decimal
from typing import Any

import pytest

from rialto_client import (
    Client,
    ExecType,
    ExecutionReport,
    Liquidity,
    OrderState,
    OrderType,
    RejectReason,
    RequestRefused,
    Stream,
    SubscriptionRefusal,
    SubscriptionRefused,
    TimeInForce,
    UsageError,
)
from rialto_client.reports import TransferReport
from rialto_client.typed import Report

from .real_exchange import BUY, SELL, QuietMarket, RealExchange, available
from .support import asynchronous


@asynchronous
async def test_two_accounts_trade(exchange: RealExchange, market: QuietMarket) -> None:
    """Both are told, the tape shows it, and balances and fees come out exactly."""
    async with exchange.client(7) as maker, exchange.client(8) as taker:
        before = [await available(maker, asset) for asset in (market.base, market.quote)]
        maker_reports = maker.reports()
        async with taker.trades(market.symbol) as tape:
            ask = await maker.place(market.symbol, SELL, quantity=2, price="100.5", post_only=True)
            assert (ask.status, ask.leaves_quantity) == (OrderState.NEW, 2)
            bid = await taker.place(market.symbol, BUY, quantity="0.5", price=101)
            assert (bid.status, bid.filled_quantity) == (OrderState.FILLED, Decimal("0.5"))
            assert (bid.average_price, bid.filled_quote) == (Decimal("100.5"), Decimal("50.25"))
            tick = await anext(tape)
        assert (tick.price, tick.quantity, tick.taker_side) == (
            Decimal("100.5"),
            Decimal("0.5"),
            BUY,
        )
        await ask.until(lambda order: order.filled_quantity > 0)
        assert (ask.status, ask.leaves_quantity) == (OrderState.PARTIALLY_FILLED, Decimal("1.5"))
        fill = await next_trade(maker_reports)
        assert (fill.trade_id, fill.liquidity) == (tick.trade_id, Liquidity.MAKER)
        # 0.1 % of the 50.25 USDT that the maker receives.
        assert fill.fee_amount == Decimal("0.05025")
        await maker.cancel(ask)
        after = [await available(maker, asset) for asset in (market.base, market.quote)]
    changes = [now - then for now, then in zip(after, before, strict=True)]
    assert changes == [Decimal("-0.5"), Decimal("50.25") - Decimal("0.05025")]


async def next_trade(reports: Stream[Report]) -> ExecutionReport:
    """The next report of a trade."""
    async for report in reports:
        if isinstance(report, ExecutionReport) and report.exec_type == ExecType.TRADE:
            return report
    raise AssertionError("the stream has ended")


@asynchronous
async def test_an_order_that_trades_and_then_rests(
    exchange: RealExchange, market: QuietMarket
) -> None:
    """Is given when both are known."""
    async with exchange.client(7) as maker, exchange.client(8) as taker:
        await maker.place(market.symbol, SELL, quantity=1, price=100)
        order = await taker.place(market.symbol, BUY, quantity=3, price=100)
        assert (order.status, order.filled_quantity) == (OrderState.PARTIALLY_FILLED, 1)
        assert order.leaves_quantity == 2
        assert taker.orders.get(order.order_id) is order
        assert await taker.mass_cancel(market.symbol) == 1
        await order.closed()
        assert order.cancel_reason == "MassCancelled"


@asynchronous
async def test_the_kinds_of_orders(exchange: RealExchange, market: QuietMarket) -> None:
    """Market by quantity and by amount, FOK, stops that wait and that are elected, GTD."""
    async with exchange.client(7) as maker, exchange.client(8) as taker:
        await maker.place(market.symbol, SELL, quantity=10, price=100)
        await maker.place(market.symbol, BUY, quantity=10, price=99)
        bought = await taker.place(market.symbol, BUY, quantity=1)
        assert (bought.status, bought.average_price) == (OrderState.FILLED, 100)
        by_amount = await taker.place(market.symbol, BUY, quote_amount=250)
        assert by_amount.filled_quantity == Decimal("2.5")
        too_much = await taker.place(
            market.symbol, BUY, quantity=90, price=100, time_in_force=TimeInForce.FOK
        )
        assert (too_much.status, too_much.cancel_reason) == (OrderState.CANCELLED, "FokUnfilled")
        rest = await taker.place(
            market.symbol, BUY, quantity=90, price=100, time_in_force=TimeInForce.IOC
        )
        assert (rest.cancel_reason, rest.filled_quantity) == ("IocRemainder", Decimal("6.5"))
        stop = await taker.place(market.symbol, SELL, quantity=1, price=98, stop_price="99.5")
        assert (stop.status, stop.order_type) == (OrderState.WAITING, OrderType.STOP_LIMIT)
        await taker.place(market.symbol, SELL, quantity=1, price=99)
        await stop.closed()
        assert (stop.status, stop.average_price) == (OrderState.FILLED, 99)
        soon = taker.challenge.server_time + 10**18
        dated = await taker.place(market.symbol, BUY, quantity=1, price=95, expiry=soon)
        assert (dated.time_in_force, dated.expiry) == (TimeInForce.GTD, soon)
        await taker.mass_cancel()
        await maker.mass_cancel()


@asynchronous
async def test_changing_and_asking_for_orders(exchange: RealExchange, market: QuietMarket) -> None:
    """By id, by client order id, and as they stand."""
    async with exchange.client(7) as client:
        await client.mass_cancel()
        order = await client.place(
            market.symbol, BUY, quantity=5, price=95, client_order_id="a/bid:1"
        )
        other = await client.place(market.symbol, BUY, quantity=1, price=96)
        assert await client.replace(order, price=94, quantity=4) is order
        assert (order.price, order.quantity) == (94, 4)
        replaced = await client.replace(
            "a/bid:1", price=94, quantity=3, instrument=market.instrument_id
        )
        assert replaced is order
        assert await client.open_orders(market.symbol) == [order, other]
        assert await client.order_status("a/bid:1") is order
        assert await client.order_status(other.order_id) is other
        assert (await client.balances())[market.quote].held == 3 * 94 + 96
        await client.cancel("a/bid:1", market.symbol)
        await client.cancel(other)
        assert order.is_closed
        assert await client.open_orders() == []
        assert await client.order_status("a/bid:1") is None


REFUSALS: list[tuple[dict[str, Any], RejectReason]] = [
    ({"quantity": 0}, RejectReason.INVALID_QTY),
    ({"quantity": -1}, RejectReason.INVALID_QTY),
    ({"quantity": "0.0001"}, RejectReason.QTY_OFF_LOT),
    ({"quantity": "0.0015"}, RejectReason.QTY_OFF_LOT),
    ({"quantity": 101}, RejectReason.QTY_ABOVE_MAX),
    ({"quantity": 90_000_000_000}, RejectReason.QTY_ABOVE_MAX),
    ({"price": 0}, RejectReason.INVALID_PRICE),
    ({"price": -1}, RejectReason.INVALID_PRICE),
    ({"price": "99.999"}, RejectReason.PRICE_OFF_TICK),
    ({"price": "110.01"}, RejectReason.PRICE_ABOVE_COLLAR),
    ({"quantity": "0.001"}, RejectReason.NOTIONAL_BELOW_MIN),
    ({"instrument": 9_999}, RejectReason.UNKNOWN_INSTRUMENT),
    ({"client_order_id": "a bid"}, RejectReason.INVALID_CLIENT_ORDER_ID),
    ({"client_order_id": "taken"}, RejectReason.DUPLICATE_CLIENT_ORDER_ID),
    ({"price": None, "order_type": OrderType.LIMIT}, RejectReason.INVALID_COMBINATION),
    ({"quote_amount": 5}, RejectReason.INVALID_COMBINATION),
    ({"post_only": True, "time_in_force": TimeInForce.FOK}, RejectReason.INVALID_COMBINATION),
    ({"expiry": 5}, RejectReason.EXPIRY_IN_PAST),
    ({"price": 105, "post_only": True}, RejectReason.POST_ONLY_WOULD_TRADE),
    ({"price": None, "quantity": None, "quote_amount": "0.0000001"}, RejectReason.AMOUNT_OFF_UNIT),
    ({"price": None, "quantity": None, "quote_amount": 0}, RejectReason.INVALID_AMOUNT),
    ({"price": None, "stop_price": 99}, RejectReason.STOP_ALREADY_SATISFIED),
    ({"side": 7}, RejectReason.INVALID_FIELD),
    ({"order_type": 77}, RejectReason.INVALID_FIELD),
    ({"client_seq": 1}, RejectReason.DUPLICATE_SEQUENCE),
]


@asynchronous
async def test_each_refusal_has_its_code(exchange: RealExchange, market: QuietMarket) -> None:
    """And a text, and leaves nothing behind."""
    async with exchange.client(7) as client, exchange.client(8) as other:
        await client.place(market.symbol, BUY, quantity=1, price=95, client_order_id="taken")
        await other.place(market.symbol, SELL, quantity=1, price=100)
        await client.place(market.symbol, BUY, quantity="0.5", price=100)
        found, expected = [], []
        for change, reason in REFUSALS:
            order: dict[str, Any] = {
                "instrument": market.symbol,
                "side": BUY,
                "quantity": 1,
                "price": 99,
            }
            with pytest.raises(RequestRefused) as refused:
                await client.place(**(order | change))
            assert refused.value.text, change
            found.append((change, refused.value.reason))
            expected.append((change, reason))
        assert found == expected
        assert len(await client.open_orders(market.symbol)) == 1
        await client.mass_cancel(market.symbol)
        await other.mass_cancel(market.symbol)


@asynchronous
async def test_other_refusals_have_their_codes_too(
    exchange: RealExchange, market: QuietMarket
) -> None:
    """Of cancels, of replaces, of funds, of administration, and of subscriptions."""

    async def reason_of(awaitable: Awaitable[object]) -> object:
        with pytest.raises(RequestRefused) as refused:
            await awaitable
        assert refused.value.text
        return refused.value.reason

    async with exchange.client(7) as client:
        unknown = client.cancel(2**52, market.symbol)
        assert await reason_of(unknown) == RejectReason.UNKNOWN_ORDER
        unnamed = client.replace("nobody", price=99, quantity=1, instrument=market.symbol)
        assert await reason_of(unnamed) == RejectReason.UNKNOWN_ORDER
        stop = await client.place(market.symbol, BUY, quantity=1, stop_price=109)
        replaced = client.replace(stop, price=99, quantity=1)
        assert await reason_of(replaced) == RejectReason.NOT_REPLACEABLE
        await client.cancel(stop)
        nowhere = client.mass_cancel(9_999)
        assert await reason_of(nowhere) == RejectReason.UNKNOWN_INSTRUMENT
        not_theirs = client.administer("CreateAccount")
        assert await reason_of(not_theirs) == RejectReason.NOT_PERMITTED
        too_much = client.place("BTC-USDT", SELL, quantity=1_000, price=60_000)
        await client.place("BTC-USDT", SELL, quantity=500, price=65_000)
        assert await reason_of(too_much) == RejectReason.INSUFFICIENT_FUNDS
        await client.mass_cancel()
        with pytest.raises(UsageError, match="no instrument 'DOGE-USDT'"):
            await client.place("DOGE-USDT", BUY, quantity=1, price=1)
        with pytest.raises(SubscriptionRefused) as refused:
            async with client.trades(9_999):
                pytest.fail("there is nothing to read")
        assert refused.value.reason == SubscriptionRefusal.UNKNOWN_INSTRUMENT
        assert refused.value.text


@asynchronous
async def test_a_sequence_is_used_once(exchange: RealExchange, market: QuietMarket) -> None:
    """Sent twice at once, and again on another session: there is one order."""
    async with exchange.client(7) as client:
        seq = client.session.next_client_seq + 10

        async def place(through: Client) -> object:
            return await through.place(market.symbol, BUY, quantity=1, price=95, client_seq=seq)

        order, refused = await asyncio.gather(place(client), place(client), return_exceptions=True)
        assert isinstance(refused, RequestRefused)
        assert refused.reason == RejectReason.DUPLICATE_SEQUENCE
        assert (refused.value, refused.limit) == (seq, seq)
        assert await client.open_orders(market.symbol) == [order]
    async with exchange.client(7) as client:
        assert client.session.next_client_seq == seq + 1
        with pytest.raises(RequestRefused, match="DuplicateSequence"):
            await place(client)
        assert await client.mass_cancel(market.symbol) == 1


@asynchronous
async def test_an_operator_moves_funds(exchange: RealExchange, market: QuietMarket) -> None:
    """The account is told, and a transfer that is sent twice is applied once."""
    async with exchange.client(8) as client, exchange.administrator() as operator:
        reports = client.reports()
        await client.directory.instrument(market.symbol)
        before = await available(client, market.base)
        fields: dict[str, object] = {
            "source_id": market.instrument_id + 1_000,
            "transfer_seq": 1,
            "account_id": 8,
            "asset_id": client.directory.assets[market.base].asset_id,
            "amount": "-0.25",
        }
        done = await operator.administer("Transfer", **fields)
        assert done.transfer_seq == 1
        with pytest.raises(RequestRefused) as refused:
            await operator.administer("Transfer", **fields)
        assert refused.value.reason == RejectReason.TRANSFER_ALREADY_APPLIED
        report = await anext(reports)
        assert isinstance(report, TransferReport)
        assert report.amount == Decimal("-0.25")
        assert await available(client, market.base) == before - Decimal("0.25")
