"""Drop copies of a real exchange: who sees what, and what they have after they were away."""

import pytest

from rialto_client import (
    Client,
    ExecutionReport,
    LogonTerms,
    RejectReason,
    RequestRefused,
    Stream,
)
from rialto_client.codes import LogonFlag
from rialto_client.typed import Report

from .real_exchange import BUY, SELL, QuietMarket, RealExchange
from .support import asynchronous

COPY = LogonTerms(drop_copy=True)


async def _reports(
    stream: Stream[Report], market: QuietMarket, count: int
) -> list[tuple[int, int]]:
    """Account and number of the next reports of a market that nobody else trades."""
    told: list[tuple[int, int]] = []
    async for report in stream:
        if (
            isinstance(report, ExecutionReport)
            and report.instrument_id == market.instrument_id
            and report.report_seq is not None
        ):
            told.append((report.account_id, report.report_seq))
            if len(told) == count:
                break
    return told


@asynchronous
async def test_copies_have_what_is_theirs(exchange: RealExchange, market: QuietMarket) -> None:
    """Of one account, beside its session, or of all, with the operator's key."""
    own = exchange.client(7, COPY)
    everything = Client(
        exchange.address, key=exchange.administrators_key(), terms=LogonTerms(drop_copy=True)
    )
    own_reports, all_reports = own.reports(), everything.reports()
    async with own, everything, exchange.client(7) as buyer, exchange.client(8) as seller:
        assert own.logon is not None
        assert own.logon.logon_flags == {LogonFlag.DROP_COPY}
        assert own.logon.permissions == {"Read"}
        await buyer.place(market.symbol, BUY, quantity=1, price=100)
        await seller.place(market.symbol, SELL, quantity=1, price=100)
        seen = await _reports(all_reports, market, 4)
        of_buyer = [told for told in seen if told[0] == 7]
        assert sorted(account for account, _ in seen) == [7, 7, 8, 8]
        assert await _reports(own_reports, market, 2) == of_buyer
        with pytest.raises(RequestRefused) as refused:
            await own.place(market.symbol, BUY, quantity=1, price=100)
        assert refused.value.reason is RejectReason.NOT_PERMITTED


@asynchronous
async def test_a_copy_of_all_goes_on_where_it_was(
    own_exchange: RealExchange,
) -> None:
    """By counting what came, also after a restart: each report is there once."""
    key = own_exchange.administrators_key()
    async with Client(own_exchange.address, key=key, terms=COPY) as before:
        has = before.last_report_seq
    async with own_exchange.client(7) as trader:
        placed = [
            await trader.place("BTC-USDT", BUY, quantity="0.01", price="57000") for _ in range(3)
        ]
    own_exchange.kill()
    own_exchange.start()
    again = Client(
        own_exchange.address, key=key, terms=LogonTerms(drop_copy=True, last_report_seq=has)
    )
    reports = again.reports()
    found: list[int | None] = []
    async with again:
        async for report in reports:
            if isinstance(report, ExecutionReport) and report.account_id == 7:
                found.append(report.order_id)
            if len(found) == len(placed):
                break
        assert found == [order.order_id for order in placed]
        assert again.last_report_seq > has
