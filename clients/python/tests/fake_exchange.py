"""A peer that follows a script, so that a test can say and do what no exchange would.

It shares the codec with the client, which the golden bytes vouch for, and nothing else.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from rialto_client import Client, LogonTerms
from rialto_client.codec import Codec, Message
from rialto_client.key import ApiKey

CODEC = Codec()
KEY = ApiKey(3, bytes(range(1, 33)), account=7)
EXCHANGE_ID = 77


class Peer:
    """One connection, seen from the exchange."""

    def __init__(self, socket: ServerConnection) -> None:
        """Nothing was said yet."""
        self.socket = socket
        self._received: list[Message] = []

    async def send(self, *messages: tuple[str, dict[str, object]]) -> None:
        """Sends messages in one frame."""
        await self.socket.send(b"".join(CODEC.encode(name, fields) for name, fields in messages))

    async def receive(self, name: str) -> Message:
        """The next message of the client, which has to be this one; its heartbeats are left out."""
        while True:
            while not self._received:
                frame = await self.socket.recv()
                assert isinstance(frame, bytes)
                for message in CODEC.decode_frame(frame):
                    assert isinstance(message, Message)
                    if message.name != "Heartbeat" or name == "Heartbeat":
                        self._received.append(message)
            message = self._received.pop(0)
            assert message.name == name, f"{message.name} came, expected {name}"
            return message

    async def challenge(self, heartbeat_interval_ms: int = 10_000) -> None:
        """Speaks first."""
        fields = {
            "nonce": bytes(32),
            "server_time": 1,
            "exchange_id": EXCHANGE_ID,
            "heartbeat_interval_ms": heartbeat_interval_ms,
            "schema_version": 0,
            "exchange_name": "Fake",
        }
        await self.send(("Challenge", fields))

    async def log_on(self, heartbeat_interval_ms: int = 10_000, **accepted: object) -> Message:
        """Challenges, accepts the logon and the subscription to instruments, and lists one."""
        await self.challenge(heartbeat_interval_ms)
        logon = await self.receive("Logon")
        assert logon["signature"] == KEY.sign_logon(bytes(32), EXCHANGE_ID)
        await self.send(("LogonAccepted", logon_accepted(heartbeat_interval_ms) | accepted))
        await self.accept_subscription()
        await self.send(("AssetDefinition", ASSET), ("InstrumentDefinition", INSTRUMENT))
        return logon

    async def accept_subscription(self, name: str = "Subscribe") -> Message:
        """Accepts whatever stream is asked for, or given up."""
        asked = await self.receive(name)
        await self.send(("SubscriptionAccepted", dict(asked.fields)))
        return asked

    async def wait_for_test(self) -> None:
        """Answers a test request."""
        asked = await self.receive("TestRequest")
        await self.send(("Heartbeat", dict(asked.fields)))

    async def wait_closed(self) -> None:
        """Reads on until the client logs out or is gone."""
        while True:
            try:
                await self.receive("Logout")
            except ConnectionClosed:
                return
            except AssertionError:
                continue
            return


Script = Callable[[Peer], Awaitable[None]]
"""What the fake does on each connection; when it returns, the connection is closed."""


@asynccontextmanager
async def exchange(script: Script) -> AsyncIterator[str]:
    """A fake exchange on a free port; gives its address, and fails where its script failed."""
    failures: list[BaseException] = []

    async def handle(socket: ServerConnection) -> None:
        try:
            await script(Peer(socket))
        except ConnectionClosed:
            return
        except BaseException as error:
            failures.append(error)
            raise

    async with serve(handle, "127.0.0.1", 0, max_size=16_384, close_timeout=1) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"127.0.0.1:{port}"
    assert not failures, failures


@asynccontextmanager
async def session(script: Script, terms: LogonTerms | None = None) -> AsyncIterator[Client]:
    """A client that is logged on to a fake exchange."""
    async with (
        exchange(script) as address,
        Client(address, key=KEY, terms=terms, answer_timeout_s=5) as client,
    ):
        yield client


def logon_accepted(heartbeat_interval_ms: int = 10_000) -> dict[str, object]:
    """What a logon is answered with."""
    return {
        "account_id": 7,
        "key_id": KEY.key_id,
        "highest_client_seq": 17,
        "next_report_seq": 45,
        "server_time": 1,
        "heartbeat_interval_ms": heartbeat_interval_ms,
        "permissions": {"Read", "Trade"},
        "account_state": "Active",
    }


ASSET: dict[str, object] = {"asset_id": 1, "decimals": 8, "symbol": "BTC"}

INSTRUMENT: dict[str, object] = {
    "instrument_id": 1,
    "core_seq": 1,
    "tick": "0.01",
    "lot": "0.0001",
    "min_quantity": "0.0001",
    "max_quantity": 1000,
    "min_notional": 0,
    "max_notional": 10**9,
    "reference_price": 60_000,
    "collar": 100_000,
    "maker_fee": 0,
    "taker_fee": 1_000,
    "base_asset_id": 1,
    "quote_asset_id": 2,
    "base_decimals": 8,
    "quote_decimals": 6,
    "state": "Open",
    "symbol": "BTC-USDT",
    "base_symbol": "BTC",
    "quote_symbol": "USDT",
}


def report(
    exec_type: str, core_seq: int, report_seq: int, **fields: object
) -> tuple[str, dict[str, object]]:
    """An execution report about order 1 of instrument 1."""
    common: dict[str, object] = {
        "core_seq": core_seq,
        "event_index": 0,
        "transact_time": core_seq,
        "report_seq": report_seq,
        "account_id": 7,
        "instrument_id": 1,
        "order_id": 1,
        "order_quantity": 2,
        "price": 100,
        "leaves_quantity": 2,
        "side": "Buy",
        "order_type": "Limit",
        "time_in_force": "Gtc",
        "exec_type": exec_type,
        "order_status": "New",
        "value": 0,
        "limit": 0,
    }
    return "ExecutionReport", common | fields


def answers(request: Message, **fields: object) -> dict[str, object]:
    """The fields by which a report answers a request, and more."""
    return {"key_id": KEY.key_id, "client_seq": request["client_seq"]} | fields


def balance_update(core_seq: int) -> tuple[str, dict[str, object]]:
    """An update of balances without balances: what counts is that it comes."""
    return "BalanceUpdate", {"account_id": 7, "core_seq": core_seq, "transact_time": core_seq}


def unasked_balances(core_seq: int) -> tuple[str, dict[str, object]]:
    """Balances that nobody asked for, at the end of what a session had missed."""
    numbers = {"request_id": 0, "last_report_seq": 46, "core_seq": core_seq}
    return "Balances", {"account_id": 7, "list_flags": {"Last"}} | numbers


async def hold(peer: Peer) -> None:
    """Logs the client on and does nothing more."""
    await peer.log_on()
    await peer.wait_closed()


async def give_way() -> None:
    """Lets every task that can go on do so once."""
    await asyncio.sleep(0)
