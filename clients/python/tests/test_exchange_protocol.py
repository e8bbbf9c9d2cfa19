"""What docs/PROTOCOL.md promises beyond single messages, seen on the wire of a real exchange.

Here nothing stands between the test and the messages but the codec: which of them come, in which
order, with which numbers, and how the WebSocket itself behaves.
"""

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from rialto_client.codec import FRAME_BYTES_MAX, Codec, Message

from .real_exchange import QuietMarket, RealExchange
from .support import asynchronous

CODEC = Codec()

Order = dict[str, object]


class Wire:
    """A connection, message by message. Heartbeats that answer nothing are passed over."""

    def __init__(self, socket: ClientConnection) -> None:
        """For `wire`."""
        self.socket = socket
        self._waiting: deque[Message] = deque()
        self._client_seq = 0

    async def send(self, name: str, **fields: object) -> None:
        """Sends one message in a frame of its own."""
        await self.socket.send(CODEC.encode(name, fields))

    async def command(self, name: str, **fields: object) -> int:
        """Sends a command under the key's next number, which it gives."""
        self._client_seq += 1
        await self.send(name, client_seq=self._client_seq, **fields)
        return self._client_seq

    async def next(self) -> Message:
        """The next message."""
        while True:
            while self._waiting:
                message = self._waiting.popleft()
                if message.name != "Heartbeat" or message["test_request_id"] is not None:
                    return message
            frame = await self.socket.recv()
            assert isinstance(frame, bytes)
            self._waiting.extend(m for m in CODEC.decode_frame(frame) if isinstance(m, Message))

    async def named(self, *names: str) -> list[Message]:
        """The next messages, which have these names."""
        messages = [await self.next() for _ in names]
        assert tuple(message.name for message in messages) == names
        return messages

    async def log_on(
        self, exchange: RealExchange, account: int, challenge: Message, last_report_seq: int | None
    ) -> None:
        """Logs on with the key of an account."""
        key = exchange.key(account)
        nonce, exchange_id = challenge["nonce"], challenge["exchange_id"]
        assert isinstance(nonce, bytes)
        assert isinstance(exchange_id, int)
        await self.send(
            "Logon",
            key_id=key.key_id,
            signature=key.sign_logon(nonce, exchange_id),
            last_report_seq=last_report_seq,
        )
        (accepted,) = await self.named("LogonAccepted")
        used = accepted["highest_client_seq"]
        assert isinstance(used, int)
        self._client_seq = used


@asynccontextmanager
async def wire(
    exchange: RealExchange, account: int | None = None, last_report_seq: int | None = None
) -> AsyncIterator[Wire]:
    """A connection after its challenge, or after the logon of an account."""
    url = f"ws://{exchange.address}/ws/binary"
    async with connect(url, compression=None, proxy=None, ping_interval=None) as socket:
        opened = Wire(socket)
        (challenge,) = await opened.named("Challenge")
        if account is not None:
            await opened.log_on(exchange, account, challenge, last_report_seq)
        yield opened


def limit(market: QuietMarket, side: str, quantity: int, price: int, **more: object) -> Order:
    """The fields of a limit order that stays."""
    terms = {"side": side, "quantity": quantity, "price": price, "order_type": "Limit"}
    return {"instrument_id": market.instrument_id, "time_in_force": "Gtc", **terms, **more}


def told(report: Message) -> tuple[object, object, bool]:
    """What a report says, under which number of the client, and whether the order rests whole."""
    flags = report["report_flags"]
    assert isinstance(flags, frozenset)
    return report["exec_type"], report["client_seq"], "Resting" in flags


@asynchronous
async def test_the_close_code_says_why(exchange: RealExchange) -> None:
    """After the Logout that says the same."""
    cases: list[tuple[str | bytes, int]] = [
        (CODEC.encode("Logout", {"end_reason": "Requested"}), 1000),
        (b"\1", 1002),
        ("hello", 1003),
        (bytes(FRAME_BYTES_MAX + 1), 1009),
        (CODEC.encode("Logon", {"key_id": 12_345, "signature": bytes(64)}), 1008),
    ]
    for frame, code in cases:
        async with wire(exchange) as client:
            await client.socket.send(frame)
            with suppress(ConnectionClosed):
                while True:
                    last = await client.next()
            assert last.name in ("Logout", "LogonRefused")
            closed = client.socket
            assert (closed.close_code, closed.close_reason) == (code, last["end_reason"])


@asynchronous
async def test_frames_may_be_empty_or_come_in_pieces(exchange: RealExchange) -> None:
    """And a ping is answered."""
    async with wire(exchange) as client:
        await (await client.socket.ping())
        await client.socket.send(b"")
        request = CODEC.encode("TestRequest", {"test_request_id": 7, "send_time": 0})
        await client.socket.send([request[:3], request[3:9], request[9:]])
        (answer,) = await client.named("Heartbeat")
        assert answer["test_request_id"] == 7


@asynchronous
async def test_an_outcome_has_an_end(exchange: RealExchange, market: QuietMarket) -> None:
    """Which reports name the request, and what comes last."""
    async with wire(exchange, 8) as client:
        whole = await client.command("NewOrder", **limit(market, "Buy", 1, 95))
        report, _ = await client.named("ExecutionReport", "BalanceUpdate")
        assert told(report) == ("New", whole, True)

        # Of two, one trades with the account's own order. That the other stays is not reported.
        crossing = limit(market, "Sell", 2, 95, stp_mode="None")
        part = await client.command("NewOrder", **crossing)
        *reports, balances = await client.named(*["ExecutionReport"] * 3, "BalanceUpdate")
        assert told(reports[0]) == ("New", part, False)
        assert [told(report) for report in reports[1:]] == [("Trade", None, False)] * 2
        assert {message["core_seq"] for message in (*reports, balances)} == {balances["core_seq"]}

        all_of_them = await client.command("MassCancel")
        cancelled, done, _ = await client.named(
            "ExecutionReport", "MassCancelReport", "BalanceUpdate"
        )
        assert told(cancelled) == ("Cancelled", all_of_them, False)
        assert (done["client_seq"], done["cancelled_count"]) == (all_of_them, 1)


@asynchronous
async def test_what_changes_no_balance_has_no_update(
    exchange: RealExchange, market: QuietMarket
) -> None:
    """A market order that finds nobody ends with its own end; so does a refusal."""
    async with wire(exchange, 8) as client:
        terms = {"side": "Buy", "quantity": 1, "order_type": "Market"}
        await client.command("NewOrder", instrument_id=market.instrument_id, **terms)
        asked = await client.command("CancelOrder", instrument_id=market.instrument_id, order_id=1)
        accepted, ended, refused = await client.named(*["ExecutionReport"] * 3)
        assert accepted["core_seq"] == ended["core_seq"]
        assert told(ended) == ("Cancelled", None, False)
        assert ended["cancel_reason"] == "NoLiquidity"
        assert told(refused) == ("CancelRejected", asked, False)


@asynchronous
async def test_missed_reports_are_sent_again(exchange: RealExchange, market: QuietMarket) -> None:
    """The same message, then the balances under request id 0."""
    async with wire(exchange, 8) as client:
        for price in (95, 96):
            await client.command("NewOrder", **limit(market, "Buy", 1, price))
        first, _, second, _ = await client.named(*["ExecutionReport", "BalanceUpdate"] * 2)
        last = first["report_seq"]
        assert isinstance(last, int)
    async with wire(exchange, 8, last) as client:
        missed, balances = await client.named("ExecutionReport", "Balances")
        assert missed == second
        assert (balances["request_id"], balances["last_report_seq"]) == (0, last + 1)
        flags = balances["list_flags"]
        assert isinstance(flags, frozenset)
        assert "Last" in flags
        await client.command("MassCancel")


@asynchronous
async def test_one_order_is_always_the_last(exchange: RealExchange) -> None:
    """Also one that is not found, whose name is repeated."""
    async with wire(exchange, 8) as client:
        await client.send("OrderStatusRequest", request_id=5, client_order_id="nobody's")
        await client.send("OrderStatusRequest", request_id=6, client_order_id="nobodys")
        refused, none = await client.named("Refused", "OrderStatus")
        assert (refused["reject_reason"], refused["request_id"]) == ("InvalidClientOrderId", 5)
        assert (none["list_flags"], none["client_order_id"]) == (frozenset({"Last"}), "nobodys")


@asynchronous
async def test_overlapping_subscriptions_tell_each_change_once(
    exchange: RealExchange, market: QuietMarket
) -> None:
    """And the one that is left goes on without a gap."""
    only = {"channel": "L2Book", "instrument_id": market.instrument_id}
    async with wire(exchange) as reader, wire(exchange, 8) as trader:
        # Another market's changes come in between; only this one's are looked at.
        async def of_market(*names: str) -> list[Message]:
            found: list[Message] = []
            while len(found) < len(names):
                message = await reader.next()
                if message.name == "BookChecksum":
                    continue
                if message["instrument_id"] in (None, market.instrument_id):
                    assert message.name == names[len(found)]
                    found.append(message)
            return found

        await reader.send("Subscribe", request_id=1, **only)
        _, snapshot = await of_market("SubscriptionAccepted", "L2Snapshot")
        assert snapshot["book_flags"] == {"First", "Last"}
        assert snapshot["levels"] == ()
        await reader.send("Subscribe", request_id=2, **only)
        await of_market("SubscriptionRefused")
        await reader.send("Subscribe", request_id=3, channel="L2Book")
        _, again = await of_market("SubscriptionAccepted", "L2Snapshot")
        assert again["book_seq"] == snapshot["book_seq"]

        await trader.command("NewOrder", **limit(market, "Buy", 1, 95))
        await trader.command("NewOrder", **limit(market, "Buy", 1, 96))
        first, second = await of_market("L2Update", "L2Update")
        assert first["previous_book_seq"] == snapshot["book_seq"]
        assert second["previous_book_seq"] == first["book_seq"]

        await reader.send("Unsubscribe", request_id=4, **only)
        await of_market("SubscriptionAccepted")
        await trader.command("MassCancel")
        (third,) = await of_market("L2Update")
        assert third["previous_book_seq"] == second["book_seq"]


@asynchronous
async def test_assets_come_with_all_instruments_only(
    exchange: RealExchange, market: QuietMarket
) -> None:
    """By ascending id, from 1 and without a gap."""
    async with wire(exchange) as client:
        one = market.instrument_id
        await client.send("Subscribe", request_id=1, channel="Instruments", instrument_id=one)
        await client.named("SubscriptionAccepted", "InstrumentDefinition")
        await client.send("Subscribe", request_id=2, channel="Instruments")
        await client.named("SubscriptionAccepted")
        found = [await client.next()]
        while found[-1].name == "AssetDefinition" or found[-1]["instrument_id"] != one:
            found.append(await client.next())
        assets = [m["asset_id"] for m in found if m.name == "AssetDefinition"]
        instruments = [m["instrument_id"] for m in found[len(assets) :]]
        assert assets == list(range(1, len(assets) + 1))
        assert instruments == list(range(1, one + 1))
