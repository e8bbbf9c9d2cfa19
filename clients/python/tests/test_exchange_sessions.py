"""Sessions with a real exchange: who may log on, how sessions end, and how to go on afterwards."""

import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from rialto_client import (
    ApiKey,
    Client,
    ConnectFailed,
    ConnectionLost,
    EndReason,
    LogonRefused,
    LogonTerms,
    MessageError,
    OutcomeUnknown,
    RejectReason,
    ReportGap,
    RequestRefused,
    SessionEnded,
    StageTimes,
    StpMode,
    Stream,
)
from rialto_client.codec import FRAME_BYTES_MAX, HEADER, Codec, Message
from rialto_client.typed import Report

from .real_exchange import BUY, SELL, QuietMarket, RealExchange, list_quiet_market
from .support import asynchronous

CODEC = Codec()

ANYWHERE = bytes(51)
"""The networks of a key that may be used from everywhere."""

PLACED_BEFORE_KILL = 20
"""So many orders are answered before the exchange is killed, and some more while that is done."""


@asynchronous
async def test_a_demo_key_logs_on(exchange: RealExchange) -> None:
    """For its account, with the right to read and to trade."""
    terms = LogonTerms(heartbeat_interval_ms=1_500)
    async with exchange.client(8, terms) as client:
        assert client.logon is not None
        assert (client.logon.account_id, client.logon.key_id) == (8, exchange.key(8).key_id)
        assert client.logon.permissions == {"Read", "Trade"}
        assert client.logon.heartbeat_interval_ms == 1_500
        known = LogonTerms(exchange_id=client.challenge.exchange_id)
    async with exchange.client(8, known) as client:
        await client.session.test()


@asynchronous
async def test_who_asks_is_told_where_the_time_goes(
    exchange: RealExchange, market: QuietMarket
) -> None:
    """Command by command, behind its report."""
    client = exchange.client(8, LogonTerms(stage_times=True))
    reports = client.reports()
    async with client:
        assert client.logon is not None
        assert client.logon.logon_flags == {"StageTimes"}
        order = await client.place(market.symbol, BUY, quantity=1, price=90)
        async for report in reports:
            if isinstance(report, StageTimes):
                assert report.client_seq == client.session.next_client_seq - 1
                assert report.send > 0
                break
        await client.cancel(order)


@asynchronous
async def test_a_wrong_signature_is_refused(exchange: RealExchange) -> None:
    """Like a key that does not exist: which it was is not told."""
    wrong = replace(exchange.key(7), private_key=bytes(32))
    unknown = replace(exchange.key(7), key_id=12_345)
    for key in (wrong, unknown):
        with pytest.raises(LogonRefused) as refused:
            await Client(exchange.address, key=key).open()
        assert refused.value.reason == EndReason.BAD_CREDENTIALS
        assert refused.value.text


@asynchronous
async def test_a_logon_out_of_range_is_refused(exchange: RealExchange) -> None:
    """With a text that says which field."""
    for interval_ms in (999, 60_001):
        with pytest.raises(LogonRefused, match=str(interval_ms)) as refused:
            await exchange.client(7, LogonTerms(heartbeat_interval_ms=interval_ms)).open()
        assert refused.value.reason == EndReason.INVALID_LOGON


@asynchronous
async def test_a_key_is_given_and_taken_away(exchange: RealExchange) -> None:
    """The session of a revoked key ends, and it logs on no more."""
    key = ApiKey(1, bytes(range(32)), account=8)
    async with exchange.administrator() as operator:
        added = await operator.administer(
            "AddKey",
            account_id=8,
            public_key=key.public_key,
            permissions={"Read"},
            networks=ANYWHERE,
        )
        assert added.affected_key_id is not None
        key = replace(key, key_id=added.affected_key_id)
        client = Client(exchange.address, key=key)
        reports = client.reports()
        async with client:
            assert await client.balances()
            with pytest.raises(RequestRefused) as refused:
                await client.mass_cancel()
            assert refused.value.reason == RejectReason.NOT_PERMITTED
            await operator.administer("RevokeKey", key_id=key.key_id)
            assert await end_of(reports) == EndReason.KEY_REVOKED
        with pytest.raises(LogonRefused):
            await Client(exchange.address, key=key).open()


@asynchronous
async def test_a_key_that_may_only_trade(exchange: RealExchange, market: QuietMarket) -> None:
    """Gets the reports of its own orders, without gaps that are none, and no balances."""
    key = ApiKey(1, bytes(range(32)), account=8)
    async with exchange.administrator() as operator, exchange.client(8) as other:
        added = await operator.administer(
            "AddKey",
            account_id=8,
            public_key=key.public_key,
            permissions={"Trade"},
            networks=ANYWHERE,
        )
        assert added.affected_key_id is not None
        key = replace(key, key_id=added.affected_key_id)
        client = Client(exchange.address, key=key)
        reports = client.reports()
        async with client:
            await other.place(market.symbol, SELL, quantity=1, price=100)
            order = await client.place(
                market.symbol, BUY, quantity=2, price=100, stp_mode=StpMode.NONE
            )
            await order.until(lambda known: known.filled_quantity == 1)
            await client.cancel(order)
            with pytest.raises(RequestRefused) as refused:
                await client.balances()
            assert refused.value.reason == RejectReason.NOT_PERMITTED
            reports.end()
            found = [type(report).__name__ async for report in reports]
            assert set(found) == {"ExecutionReport", "Refused"}
        await operator.administer("RevokeKey", key_id=key.key_id)


@asynchronous
async def test_the_newer_session_of_a_key_wins(exchange: RealExchange) -> None:
    """And the older one is told why it ends."""
    async with exchange.client(8) as older:
        reports = older.reports()
        async with exchange.client(8) as newer:
            assert await end_of(reports) == EndReason.SUPERSEDED
            await newer.session.test()


@asynchronous
async def test_without_a_logon_there_is_market_data_and_nothing_else(
    exchange: RealExchange,
) -> None:
    """And a logon may come later."""
    async with Client(exchange.address) as client:
        async with client.book("BTC-USDT") as feed:
            assert (await feed.changed()).best_bid is not None
        with pytest.raises(RequestRefused) as refused:
            await client.mass_cancel()
        assert refused.value.reason == MessageError.NOT_LOGGED_ON
        for ask in (client.balances, client.open_orders, lambda: client.order_status(1)):
            # Answered at once: the refusal names the question that it refuses.
            with pytest.raises(RequestRefused) as refused:
                await ask()
            assert refused.value.reason == MessageError.NOT_LOGGED_ON
        await client.session.log_on(exchange.key(8), LogonTerms())
        assert await client.balances()
        with pytest.raises(RequestRefused) as again:
            await client.session.log_on(exchange.key(8), LogonTerms())
        assert again.value.reason == MessageError.ALREADY_LOGGED_ON
        assert await client.balances()


@asynchronous
async def test_losing_the_session_cancels_when_that_is_armed(
    exchange: RealExchange, market: QuietMarket
) -> None:
    """At logon or later; and not otherwise."""
    armed = LogonTerms(cancel_on_disconnect=True)
    async with exchange.client(7, armed) as client:
        assert client.logon is not None
        assert "CancelOnDisconnect" in client.logon.logon_flags
        await client.place(market.symbol, BUY, quantity=1, price=95)
    async with exchange.client(7) as client:
        assert await client.open_orders() == []
        await client.place(market.symbol, BUY, quantity=1, price=95)
    async with exchange.client(7) as client:
        (kept,) = await client.open_orders()
        await client.arm_cancel_on_disconnect(True)
        client.session._connection.abort(ConnectionLost("by the test"))
    async with exchange.client(7) as client:
        while await client.order_status(kept.order_id) is not None:
            await client.session.test()
        assert await client.open_orders() == []


@asynchronous
async def test_a_reconnecting_client_knows_where_it_stands(
    exchange: RealExchange, market: QuietMarket
) -> None:
    """It states the last report it has, and gets what it missed, or is told what is gone."""
    async with exchange.client(7) as client:
        order = await client.place(market.symbol, SELL, quantity=3, price=105)
        last = client.last_report_seq
    async with exchange.client(8) as other:
        await other.place(market.symbol, BUY, quantity=1, price=105)
    client = exchange.client(7, LogonTerms(last_report_seq=last))
    reports = client.reports()
    async with client:
        first = await anext(reports)
        if isinstance(first, ReportGap):
            assert first.first_missed == last + 1
        else:
            assert getattr(first, "report_seq", None) == last + 1
        await client.caught_up()
        # The state has followed by itself after a gap; otherwise it is asked for.
        assert len(await client.open_orders(market.symbol)) == 1
        known = client.orders.get(order.order_id)
        assert known is not None
        assert known.filled_quantity == 1
        assert client.last_report_seq == last + 1
        await client.cancel(known)


@asynchronous
async def test_an_exchange_that_ends_says_so(own_exchange: RealExchange) -> None:
    """And has kept everything when it is back."""
    market = await list_quiet_market(own_exchange, "KEPT")
    client = own_exchange.client(7)
    reports = client.reports()
    async with client:
        order = await client.place(market.symbol, BUY, quantity=1, price=95)
        balances = await client.balances()
        await asyncio.to_thread(own_exchange.stop)
        assert await end_of(reports) == EndReason.SHUTTING_DOWN
    with pytest.raises(ConnectFailed):
        await own_exchange.client(7).open()
    await asyncio.to_thread(own_exchange.start)
    async with own_exchange.client(7) as client:
        assert [known.order_id for known in await client.open_orders()] == [order.order_id]
        assert await client.balances() == balances


@asynchronous
async def test_a_killed_exchange_loses_nothing_that_it_answered(own_exchange: RealExchange) -> None:
    """What was not answered is sent again under its number, and is there once."""
    market = await list_quiet_market(own_exchange, "KILLED")
    async with own_exchange.client(7) as client:
        placed, seq = 0, client.session.next_client_seq
        killing: asyncio.Task[None] | None = None
        with suppress(OutcomeUnknown, SessionEnded):
            while True:
                if placed == PLACED_BEFORE_KILL:
                    killing = asyncio.create_task(asyncio.to_thread(own_exchange.kill))
                await client.place(market.symbol, BUY, quantity=1, price=95, client_seq=seq)
                placed += 1
                seq += 1
        assert killing is not None
        await killing
        assert client.ended is not None
        assert client.ended.reason is None
    await asyncio.to_thread(own_exchange.start)
    async with own_exchange.client(7) as client:
        again = client.place(market.symbol, BUY, quantity=1, price=95, client_seq=seq)
        (outcome,) = await asyncio.gather(again, return_exceptions=True)
        if isinstance(outcome, BaseException):
            assert isinstance(outcome, RequestRefused)
            assert outcome.reason == RejectReason.DUPLICATE_SEQUENCE
        assert len(await client.open_orders(market.symbol)) == placed + 1


async def end_of(reports: Stream[Report]) -> EndReason | None:
    """Reads on until the session ends, and gives the reason."""
    try:
        async for _ in reports:
            pass
    except SessionEnded as end:
        return end.reason
    return None


async def raw(exchange: RealExchange) -> ClientConnection:
    """A bare connection that has got its challenge."""
    socket = await connect(f"ws://{exchange.address}/ws/binary", compression=None, proxy=None)
    (challenge,) = await next_messages(socket)
    assert challenge.name == "Challenge"
    return socket


async def next_messages(socket: ClientConnection) -> list[Message]:
    """The messages of the next frame."""
    frame = await socket.recv()
    assert isinstance(frame, bytes)
    messages = CODEC.decode_frame(frame)
    return [message for message in messages if isinstance(message, Message)]


async def until_closed(socket: ClientConnection) -> list[Message]:
    """All messages until the exchange closes the connection."""
    messages = []
    with suppress(ConnectionClosed):
        while True:
            messages += await next_messages(socket)
    return messages


LOGOUT = CODEC.encode("Logout", {"end_reason": "Requested"})
CANCEL = CODEC.encode("MassCancel", {"client_seq": 7})


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        (HEADER.pack(0, 9_999, 1, 0), "UnknownTemplate"),
        (HEADER.pack(1, 5, 2, 0) + b"\1\0\0", "WrongSchema"),
        (HEADER.pack(8, 23, 1, 0) + bytes(8), "ShortBlock"),
        (CANCEL[:-1], "Truncated"),
        (LOGOUT[:-2] + b"\1\0\xff", "InvalidText"),
        (b"\1", "Truncated"),
    ],
)
def test_a_malformed_frame_ends_the_session(
    exchange: RealExchange, frame: bytes, error: str
) -> None:
    """With a refusal that says what was wrong, after the messages before it were acted on."""

    @asynchronous
    async def run() -> None:
        async with await raw(exchange) as socket:
            await socket.send(CANCEL + frame)
            before, refused, logout = await until_closed(socket)
            assert (before["message_error"], before["client_seq"]) == ("NotLoggedOn", 7)
            assert refused["message_error"] == error
            assert refused["text"]
            assert (logout.name, logout["end_reason"]) == ("Logout", "ProtocolError")

    run()


@asynchronous
async def test_frames_of_another_kind_or_size_end_the_session(exchange: RealExchange) -> None:
    """Text frames, and frames that are longer than the protocol allows."""
    for frame, reason in (("hello", "TextFrame"), (bytes(FRAME_BYTES_MAX + 1), "FrameTooLarge")):
        async with await raw(exchange) as socket:
            await socket.send(frame)
            (logout,) = await until_closed(socket)
            assert (logout.name, logout["end_reason"]) == ("Logout", reason)


@asynchronous
async def test_a_message_of_the_exchange_is_refused(exchange: RealExchange) -> None:
    """When a client sends it."""
    async with await raw(exchange) as socket:
        report = {"first_missed": 1, "first_available": 2}
        await socket.send(CODEC.encode("ReportGap", report))
        refused, *_ = await next_messages(socket)
        assert (refused.name, refused["message_error"]) == ("Refused", "NotFromClient")
        assert refused["ref_template_id"] == 9
