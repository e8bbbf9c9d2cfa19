"""The instruments and assets of the exchange, by symbol and by id.

Kept from the channel Instruments for as long as the session lasts, so that programs say "BTC-USDT"
and messages say 1. States and fees are always the latest.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from .errors import SessionEnded, UsageError
from .marketdata import AssetDefinition, InstrumentDefinition, InstrumentStatus
from .typed import MarketData

DEFINITION_TIMEOUT_S = 3.0
"""So long a symbol is waited for.

The exchange sends its definitions one after the other, without an end.
"""


class Directory:
    """What is traded."""

    def __init__(self) -> None:
        """Nothing is known until the definitions come."""
        self._instruments: dict[int, InstrumentDefinition] = {}
        self._assets: dict[int, AssetDefinition] = {}
        self._changed = asyncio.Event()
        self._end: SessionEnded | None = None

    @property
    def instruments(self) -> Mapping[str, InstrumentDefinition]:
        """All instruments known so far, by symbol."""
        return {instrument.symbol: instrument for instrument in self._instruments.values()}

    @property
    def assets(self) -> Mapping[str, AssetDefinition]:
        """All assets known so far, by symbol."""
        return {asset.symbol: asset for asset in self._assets.values()}

    def symbol_of_asset(self, asset_id: int) -> str:
        """The name of an asset; its number as text where no definition came."""
        asset = self._assets.get(asset_id)
        return str(asset_id) if asset is None else asset.symbol

    async def instrument(self, symbol: str) -> InstrumentDefinition:
        """An instrument by its symbol, waited for if it is not known yet.

        A `UsageError` names the known ones if it does not appear, a `SessionEnded` if the session
        ends first.
        """
        try:
            async with asyncio.timeout(DEFINITION_TIMEOUT_S):
                while symbol not in self.instruments:
                    if self._end is not None:
                        raise self._end.with_traceback(None)
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            known = ", ".join(sorted(self.instruments)) or "none"
            raise UsageError(f"no instrument {symbol!r}; the exchange has: {known}") from None
        return self.instruments[symbol]

    def listen(self, message: MarketData) -> None:
        """Takes what the channel brings."""
        match message:
            case AssetDefinition():
                self._assets[message.asset_id] = message
            case InstrumentDefinition():
                self._instruments[message.instrument_id] = message
            case InstrumentStatus():
                known = self._instruments.get(message.instrument_id)
                if known is not None:
                    changed = replace(known, state=message.state, core_seq=message.core_seq)
                    self._instruments[message.instrument_id] = changed
            case _:
                pass
        self._changed.set()

    def session_ended(self, end: SessionEnded) -> None:
        """Lets whoever waits for a definition know that none will come."""
        self._end = end
        self._changed.set()
