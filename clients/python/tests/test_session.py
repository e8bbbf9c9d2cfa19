"""Sessions: logon, signs of life, the ways they end, and what waits then."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from rialto_client import (
    AnswerTimeout,
    Client,
    ConnectFailed,
    ConnectionLost,
    EndReason,
    LogonRefused,
    LogonTerms,
    MessageError,
    OutcomeUnknown,
    RequestRefused,
    SessionEnded,
    Side,
    UsageError,
    WrongExchange,
)
from rialto_client.connection import endpoint

from .fake_exchange import (
    EXCHANGE_ID,
    KEY,
    Peer,
    exchange,
    hold,
    logon_accepted,
    session,
)
from .support import asynchronous


@asynchronous
async def test_a_logon_says_what_its_terms_say() -> None:
    """And the client goes on with the numbers of the answer."""
    seen: dict[str, object] = {}

    async def script(peer: Peer) -> None:
        logon = await peer.log_on(highest_client_seq=41, logon_flags={"CancelOnDisconnect"})
        seen.update(logon.fields)
        await peer.wait_closed()

    terms = LogonTerms(
        True,
        heartbeat_interval_ms=2_000,
        last_report_seq=9,
        exchange_id=EXCHANGE_ID,
        cancel_grace_ms=1_500,
    )
    async with session(script, terms) as client:
        assert client.session.next_client_seq == 42
        assert client.logon is not None
        assert client.logon.account_id == 7
        assert client.challenge.exchange_name == "Fake"
    assert seen["key_id"] == KEY.key_id
    assert seen["logon_flags"] == {"CancelOnDisconnect"}
    assert (seen["heartbeat_interval_ms"], seen["last_report_seq"]) == (2_000, 9)
    assert seen["cancel_grace_ms"] == 1_500
    assert client.ended is not None
    assert client.ended.reason == EndReason.REQUESTED


@asynchronous
async def test_a_refused_logon_says_why() -> None:
    """With the exchange's reason and text."""

    async def script(peer: Peer) -> None:
        await peer.challenge()
        await peer.receive("Logon")
        await peer.send(("LogonRefused", {"end_reason": "BadCredentials", "text": "no such key"}))

    async with exchange(script) as address:
        with pytest.raises(LogonRefused, match="BadCredentials: no such key") as refused:
            await Client(address, key=KEY).open()
    assert refused.value.reason == EndReason.BAD_CREDENTIALS


@asynchronous
async def test_another_exchange_gets_no_signature() -> None:
    """The id of the challenge is compared before anything is signed."""
    received: list[object] = []

    async def script(peer: Peer) -> None:
        await peer.challenge()
        received.append(await peer.receive("Logout"))

    async with exchange(script) as address:
        with pytest.raises(
            WrongExchange, match=f"expected the exchange with id 1, .* {EXCHANGE_ID}"
        ):
            await Client(address, key=KEY, terms=LogonTerms(exchange_id=1)).open()
    assert len(received) == 1


@asynchronous
async def test_a_second_logon_is_refused() -> None:
    """By a message that names no sequence and no question."""

    async def script(peer: Peer) -> None:
        await peer.log_on()
        await peer.receive("Logon")
        refused = {"ref_template_id": 2, "message_error": "AlreadyLoggedOn", "value": 0, "limit": 0}
        await peer.send(("Refused", refused))
        await peer.wait_closed()

    async with session(script) as client:
        with pytest.raises(RequestRefused) as refused:
            await client.session.log_on(KEY, LogonTerms())
        assert refused.value.reason == MessageError.ALREADY_LOGGED_ON


@asynchronous
async def test_a_second_logon_leaves_the_session_as_it_is() -> None:
    """What it states of reports is not taken: nothing will be sent again because of it."""

    async def script(peer: Peer) -> None:
        await peer.log_on()
        await peer.receive("Logon")
        refused = {"ref_template_id": 2, "message_error": "AlreadyLoggedOn", "value": 0, "limit": 0}
        await peer.send(("Refused", refused))
        await peer.wait_closed()

    async with session(script) as client:
        with pytest.raises(RequestRefused):
            await client.session.log_on(KEY, LogonTerms(last_report_seq=9))
        assert client.session.is_caught_up
        await client.caught_up()
        assert client.last_report_seq == 44


@asynchronous
async def test_a_second_logon_does_not_end_the_catching_up() -> None:
    """Nor does one that asks for nothing; whoever waits for the end goes on waiting for it."""

    async def script(peer: Peer) -> None:
        await peer.log_on()
        await peer.receive("Logon")
        refused = {"ref_template_id": 2, "message_error": "AlreadyLoggedOn", "value": 0, "limit": 0}
        await peer.send(("Refused", refused))
        await peer.wait_for_test()
        await peer.send(("CaughtUp", {"last_report_seq": 44}))
        await peer.wait_closed()

    async with session(script, LogonTerms(last_report_seq=41)) as client:
        waiting = asyncio.create_task(client.caught_up())
        with pytest.raises(RequestRefused):
            await client.session.log_on(KEY, LogonTerms())
        assert (client.session.is_caught_up, client.last_report_seq) == (False, 41)
        await client.session.test()
        await waiting
        assert client.last_report_seq == 44


async def text_frame(peer: Peer) -> None:
    """No message of this protocol."""
    await peer.socket.send("hello")


async def garbage(peer: Peer) -> None:
    """Nor this."""
    await peer.socket.send(b"garbage")


async def other_message(peer: Peer) -> None:
    """A message, but not the one that comes first."""
    await peer.send(("LogonAccepted", logon_accepted()))


async def client_message(peer: Peer) -> None:
    """A message that only clients send."""
    await peer.send(("MassCancel", {"client_seq": 1}))


async def nothing(peer: Peer) -> None:
    """Closes at once."""


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        (text_frame, "a text frame came"),
        (garbage, "within a header, after 7 of 8 bytes"),
        (other_message, "the first message is LogonAccepted, not a Challenge"),
        (client_message, "MassCancel, which only clients send"),
        (nothing, "1000"),
    ],
)
def test_what_is_no_exchange_is_refused(
    script: Callable[[Peer], Awaitable[None]], complaint: str
) -> None:
    """With what it said instead of a challenge."""

    @asynchronous
    async def run() -> None:
        async with exchange(script) as address:
            with pytest.raises(ConnectFailed, match=complaint):
                await Client(address, key=KEY).open()

    run()


@asynchronous
async def test_a_challenge_that_does_not_come_is_not_waited_for_long() -> None:
    """The caller's limit holds for connecting and for the challenge together."""

    async def script(peer: Peer) -> None:
        await peer.wait_closed()

    async with exchange(script) as address:
        with pytest.raises(ConnectFailed, match=r"no challenge within 0\.2 s"):
            await Client(address, connect_timeout_s=0.2).open()


@asynchronous
async def test_nobody_listens() -> None:
    """The address stands in the error."""
    async with exchange(hold) as address:
        pass
    with pytest.raises(ConnectFailed, match=address):
        await Client(address).open()


@asynchronous
async def test_an_exchange_that_is_not_ready_says_so() -> None:
    """With a Logout instead of a challenge."""

    async def script(peer: Peer) -> None:
        await peer.send(("Logout", {"end_reason": "NotReady", "text": "replaying"}))

    async with exchange(script) as address:
        with pytest.raises(SessionEnded, match="NotReady: replaying") as ended:
            await Client(address).open()
    assert ended.value.reason == EndReason.NOT_READY


@asynchronous
async def test_a_logout_ends_everything_that_waits() -> None:
    """Commands, questions, tests, orders, streams, and what is tried afterwards."""
    asked = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.log_on()
        await peer.receive("NewOrder")
        await peer.receive("BalancesRequest")
        await peer.receive("TestRequest")
        asked.set()
        await peer.send(("Logout", {"end_reason": "ShuttingDown", "text": "good night"}))

    async with session(script) as client:
        reports = client.reports()
        results = await asyncio.gather(
            client.place("BTC-USDT", Side.BUY, quantity=1, price=100),
            client.balances(),
            client.session.test(),
            anext(reports),
            return_exceptions=True,
        )
        assert asked.is_set()
        unknown, *ended = results
        assert isinstance(unknown, OutcomeUnknown)
        assert unknown.client_seq == 18
        for error in (unknown.why, *ended):
            assert isinstance(error, SessionEnded)
            assert (error.reason, error.text) == (EndReason.SHUTTING_DOWN, "good night")
        with pytest.raises(SessionEnded, match="ShuttingDown: good night"):
            await client.balances()
        with pytest.raises(SessionEnded):
            await anext(client.reports())


@asynchronous
async def test_a_lost_connection_is_told_apart_from_a_logout() -> None:
    """It has no reason, and says what was seen of it."""

    async def script(peer: Peer) -> None:
        await peer.log_on()
        await peer.receive("BalancesRequest")
        peer.socket.transport.abort()

    async with session(script) as client:
        with pytest.raises(ConnectionLost, match="connection lost"):
            await client.balances()
        assert client.ended is not None
        assert client.ended.reason is None


@asynchronous
async def test_a_frame_that_cannot_be_understood_ends_the_session() -> None:
    """Where its next message would begin is not known."""

    async def script(peer: Peer) -> None:
        await peer.log_on()
        await peer.socket.send(b"garbage")
        await peer.wait_closed()

    async with session(script) as client:
        with pytest.raises(ConnectionLost, match="the exchange cannot be understood"):
            await anext(client.reports())


@asynchronous
async def test_a_message_unknown_here_is_passed_over() -> None:
    """The session goes on."""

    async def script(peer: Peer) -> None:
        await peer.log_on()
        await peer.socket.send(bytes.fromhex("0200 0f27 0100 0900 aabb"))
        await peer.wait_for_test()
        await peer.wait_closed()

    async with session(script) as client:
        await client.session.test()


@asynchronous
async def test_test_requests_are_answered() -> None:
    """With their own number."""
    answered = []

    async def script(peer: Peer) -> None:
        await peer.log_on()
        await peer.send(("TestRequest", {"test_request_id": 12, "send_time": 1}))
        answered.append((await peer.receive("Heartbeat"))["test_request_id"])
        await peer.wait_for_test()
        await peer.wait_closed()

    async with session(script) as client:
        await client.session.test()
    assert answered == [12]


@asynchronous
async def test_a_silent_client_sends_heartbeats() -> None:
    """At least once in each interval, without the program's doing."""
    times = []

    async def script(peer: Peer) -> None:
        await peer.log_on(heartbeat_interval_ms=400)
        for _ in range(4):
            await peer.receive("Heartbeat")
            times.append(asyncio.get_running_loop().time())
            await peer.send(("Heartbeat", {"send_time": 1}))
        await peer.send(("Logout", {"end_reason": "ShuttingDown"}))

    async with session(script) as client:
        with pytest.raises(SessionEnded, match="ShuttingDown"):
            await anext(client.reports())
    gaps = [after - before for before, after in pairwise(times)]
    assert max(gaps) < 2 * 0.4


@asynchronous
async def test_a_silent_exchange_is_asked_and_then_given_up() -> None:
    """Within two intervals and a bit."""
    asked = []

    async def script(peer: Peer) -> None:
        await peer.log_on(heartbeat_interval_ms=200)
        await peer.receive("Heartbeat")
        while True:
            try:
                asked.append(await peer.receive("TestRequest"))
            except AssertionError:
                continue

    async with session(script) as client:
        with pytest.raises(ConnectionLost, match="nothing was heard from the exchange for"):
            await anext(client.reports())
    assert len(asked) == 1


@asynchronous
async def test_an_answer_that_does_not_come_is_given_up() -> None:
    """The session goes on; what became of a command is unknown."""

    async def script(peer: Peer) -> None:
        await peer.log_on()
        await peer.receive("NewOrder")
        await peer.receive("BalancesRequest")
        await peer.wait_closed()

    async with (
        exchange(script) as address,
        Client(address, key=KEY, answer_timeout_s=0.2) as client,
    ):
        with pytest.raises(OutcomeUnknown, match=r"sequence 18: no answer within 0\.2 s"):
            await client.place(1, Side.BUY, quantity=1, price=1)
        with pytest.raises(AnswerTimeout, match=r"no answer within 0\.2 s"):
            await client.balances()


@asynchronous
async def test_a_client_is_for_one_session() -> None:
    """Before it nothing can be asked, and it is not opened twice."""
    async with exchange(hold) as address:
        client = Client(address, key=KEY)
        with pytest.raises(UsageError, match="not open"):
            await client.balances()
        async with client:
            with pytest.raises(UsageError, match="make another one"):
                await client.open()
        with pytest.raises(SessionEnded):
            await client.balances()


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("localhost:1", "ws://localhost:1/ws/binary"),
        ("[::1]:1", "ws://[::1]:1/ws/binary"),
        ("wss://host", "wss://host/ws/binary"),
        ("ws://host:1/", "ws://host:1/ws/binary"),
        ("ws://host:1/other", "ws://host:1/other"),
    ],
)
def test_addresses(address: str, url: str) -> None:
    """A host and port are enough."""
    assert endpoint(address) == url


@pytest.mark.parametrize("address", ["", "http://host", "ws://", "://"])
def test_what_is_no_address(address: str) -> None:
    """Is refused with what would be one."""
    with pytest.raises(UsageError, match="write host:port"):
        endpoint(address)
