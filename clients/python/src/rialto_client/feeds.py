"""Subscriptions to market data, and who gets what they bring.

Why: the exchange allows each subscription once, while several parts of a program may want the same
stream. The first listener of a channel and instrument subscribes, the last one unsubscribes. A
later listener of a channel that begins with the present state subscribes anew, so that it gets that
state too; the others get it a second time, which is harmless. Not so for trades, which would be
told twice: a later listener hears those from then on.

Invariant: a listener is registered before the exchange is asked, so it misses nothing.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Protocol

from .codes import Channel
from .errors import RialtoError, SubscriptionRefused, UsageError
from .marketdata import (
    AssetDefinition,
    InstrumentDefinition,
    InstrumentStatus,
    L2Snapshot,
    L2Update,
    L3Snapshot,
    L3Update,
    Statistics,
    SubscriptionAccepted,
    TopOfBook,
    TradeTick,
)
from .marketdata import SubscriptionRefused as SubscriptionRefusedMessage
from .typed import Answer, MarketData

Key = tuple[Channel, int | None]
"""A channel and an instrument; None for all instruments."""

Listener = Callable[[MarketData], None]
"""Takes what a subscription brings, as it arrives."""

CHANNELS: dict[type, Channel] = {
    AssetDefinition: Channel.INSTRUMENTS,
    InstrumentDefinition: Channel.INSTRUMENTS,
    InstrumentStatus: Channel.INSTRUMENTS,
    TradeTick: Channel.TRADES,
    TopOfBook: Channel.TOP_OF_BOOK,
    L2Snapshot: Channel.L2_BOOK,
    L2Update: Channel.L2_BOOK,
    L3Snapshot: Channel.L3_BOOK,
    L3Update: Channel.L3_BOOK,
    Statistics: Channel.STATISTICS,
}
"""Which channel brings a message that does not say so itself."""


class Asker(Protocol):
    """What sends a question and awaits its one answer."""

    def __call__(self, name: str, **fields: object) -> Awaitable[list[Answer]]:
        """As `Session.question`."""


class Feeds:
    """The subscriptions of one session."""

    def __init__(self, ask: Asker) -> None:
        """None yet."""
        self._ask = ask
        self._listeners: dict[Key, list[Listener]] = {}
        self._changing = asyncio.Lock()

    async def attach(self, channel: Channel, instrument_id: int | None, listener: Listener) -> None:
        """Lets the listener hear a stream; a `SubscriptionRefused` when the exchange refuses.

        A `UsageError` when one instrument is wanted beside all of them: each message would come
        twice.
        """
        key = (channel, instrument_id)
        async with self._changing:
            self._refuse_overlap(key)
            listeners = self._listeners.setdefault(key, [])
            listeners.append(listener)
            try:
                if len(listeners) == 1:
                    await self._request("Subscribe", key)
                elif channel != Channel.TRADES:
                    await self._renew(key)
            except BaseException:
                self._remove(key, listener)
                raise

    async def detach(self, channel: Channel, instrument_id: int | None, listener: Listener) -> None:
        """Lets the listener hear no more; does nothing when it does not listen."""
        key = (channel, instrument_id)
        async with self._changing:
            if listener in self._listeners.get(key, ()):
                self._remove(key, listener)
                if key not in self._listeners:
                    # The session may be over, or the answer lost: the listener is gone in any case.
                    with contextlib.suppress(RialtoError):
                        await self._request("Unsubscribe", key)

    async def renew(self, channel: Channel, instrument_id: int | None) -> None:
        """Subscribes anew, to get the present state once more; does nothing when nobody listens."""
        key = (channel, instrument_id)
        async with self._changing:
            if key in self._listeners:
                await self._renew(key)

    def deliver(self, message: MarketData) -> None:
        """Gives a message to those that listen to its stream."""
        channel = CHANNELS.get(type(message)) or getattr(message, "channel", None)
        if channel is None:
            raise UsageError(f"no channel brings {type(message).__name__}")
        instrument_id: int | None = getattr(message, "instrument_id", None)
        for key in {(channel, instrument_id), (channel, None)}:
            for listener in tuple(self._listeners.get(key, ())):
                listener(message)

    async def _renew(self, key: Key) -> None:
        await self._request("Unsubscribe", key)
        await self._request("Subscribe", key)

    async def _request(self, name: str, key: Key) -> None:
        channel, instrument_id = key
        (answer,) = await self._ask(name, channel=channel, instrument_id=instrument_id)
        if isinstance(answer, SubscriptionRefusedMessage):
            raise SubscriptionRefused(answer.reason, answer.text)
        if not isinstance(answer, SubscriptionAccepted):
            raise UsageError(f"{name} was answered with {type(answer).__name__}")

    def _refuse_overlap(self, wanted: Key) -> None:
        for channel, instrument_id in self._listeners:
            one_is_all = (instrument_id is None) != (wanted[1] is None)
            if channel == wanted[0] and one_is_all:
                raise UsageError(f"{channel}: one instrument and all of them at the same time")

    def _remove(self, key: Key, listener: Listener) -> None:
        listeners = self._listeners[key]
        listeners.remove(listener)
        if not listeners:
            del self._listeners[key]
