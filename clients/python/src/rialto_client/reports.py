"""What the exchange tells a session: about itself, its orders, its account, and its venue.

Each class is a message of the schema with the fields of that name, so docs/PROTOCOL.md is its
description; `typed` makes them from decoded messages. Prices, quantities and amounts are `Decimal`,
times are nanoseconds since 1970-01-01T00:00:00Z, None stands for null. All are immutable.
"""

from dataclasses import dataclass
from decimal import Decimal

from .codes import (
    AccountState,
    CancelReason,
    CommandKind,
    EndReason,
    ExecType,
    KeyFlag,
    Liquidity,
    ListFlag,
    LogonFlag,
    MessageError,
    OrderFlag,
    OrderState,
    OrderType,
    Permission,
    RejectReason,
    ReportFlag,
    Side,
    StpMode,
    TimeInForce,
)


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account has of one asset: free to be used, and reserved for open orders."""

    asset_id: int
    available: Decimal
    held: Decimal


@dataclass(frozen=True, slots=True)
class Challenge:
    """The first message of every connection: what the logon signs."""

    nonce: bytes
    server_time: int
    exchange_id: int
    heartbeat_interval_ms: int
    schema_version: int
    exchange_name: str


@dataclass(frozen=True, slots=True)
class LogonAccepted:
    """The session acts for this account from now on."""

    account_id: int
    key_id: int
    highest_client_seq: int
    next_report_seq: int
    server_time: int
    heartbeat_interval_ms: int
    permissions: frozenset[Permission]
    account_state: AccountState
    logon_flags: frozenset[LogonFlag]


@dataclass(frozen=True, slots=True)
class LogonRefused:
    """The logon failed; the connection is closed after this."""

    end_reason: EndReason
    text: str


@dataclass(frozen=True, slots=True)
class Logout:
    """The session ends; the connection is closed after this."""

    end_reason: EndReason
    text: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Still there; or the answer to a `TestRequest`."""

    test_request_id: int | None
    send_time: int


@dataclass(frozen=True, slots=True)
class TestRequest:
    """Wants to be answered with a `Heartbeat`."""

    test_request_id: int
    send_time: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A message was not understood, or refused before it reached the core.

    It has used no client sequence and has no report number. Exactly one of `message_error` and
    `reject_reason` is there.
    """

    ref_template_id: int
    client_seq: int | None
    request_id: int | None
    order_id: int | None
    instrument_id: int | None
    client_order_id: str | None
    message_error: MessageError | None
    reject_reason: RejectReason | None
    value: int
    limit: int
    retry_after_ns: int | None
    text: str


@dataclass(frozen=True, slots=True)
class ReportGap:
    """Reports that this client has missed and that are not sent again."""

    first_missed: int
    first_available: int


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """Everything that this client has missed has been told; what follows is new."""

    last_report_seq: int


@dataclass(frozen=True, slots=True)
class ExecutionReport:
    """Something happened to an order, or the core refused a request about one.

    A field that does not apply, or that a refusal does not know, is None.
    """

    core_seq: int
    event_index: int
    transact_time: int
    report_seq: int | None
    account_id: int
    instrument_id: int | None
    key_id: int | None
    client_seq: int | None
    order_id: int | None
    price: Decimal | None
    stop_price: Decimal | None
    order_quantity: Decimal | None
    quote_amount: Decimal | None
    expiry: int | None
    last_quantity: Decimal | None
    last_price: Decimal | None
    last_quote_amount: Decimal | None
    trade_id: int | None
    fee_amount: Decimal | None
    fee_asset_id: int | None
    cumulative_quantity: Decimal | None
    cumulative_quote: Decimal | None
    average_price: Decimal | None
    leaves_quantity: Decimal | None
    leaves_quote: Decimal | None
    exec_type: ExecType
    order_status: OrderState | None
    side: Side | None
    order_type: OrderType | None
    time_in_force: TimeInForce | None
    stp_mode: StpMode | None
    liquidity: Liquidity | None
    report_flags: frozenset[ReportFlag]
    cancel_reason: CancelReason | None
    reject_reason: RejectReason | None
    value: int
    limit: int
    client_order_id: str | None
    text: str


@dataclass(frozen=True, slots=True)
class OrderStatus:
    """One open order, as the answer to a question.

    Without the flag `Found` there is no such order, or no open order at all.
    """

    request_id: int
    account_id: int
    last_report_seq: int
    core_seq: int
    order_id: int | None
    instrument_id: int | None
    key_id: int | None
    accepted_time: int | None
    price: Decimal | None
    stop_price: Decimal | None
    order_quantity: Decimal | None
    quote_amount: Decimal | None
    expiry: int | None
    cumulative_quantity: Decimal | None
    cumulative_quote: Decimal | None
    average_price: Decimal | None
    leaves_quantity: Decimal | None
    leaves_quote: Decimal | None
    list_flags: frozenset[ListFlag]
    order_status: OrderState | None
    side: Side | None
    order_type: OrderType | None
    time_in_force: TimeInForce | None
    stp_mode: StpMode | None
    order_flags: frozenset[OrderFlag]
    client_order_id: str | None


@dataclass(frozen=True, slots=True)
class Balances:
    """Balances of an account, as the answer to a question."""

    request_id: int
    account_id: int
    last_report_seq: int
    core_seq: int
    list_flags: frozenset[ListFlag]
    balances: tuple[Balance, ...]


@dataclass(frozen=True, slots=True)
class BalanceUpdate:
    """Balances that a command has changed, once after all its reports."""

    account_id: int
    core_seq: int
    transact_time: int
    balances: tuple[Balance, ...]


@dataclass(frozen=True, slots=True)
class MassCancelReport:
    """A mass cancel is done, after the reports of what it cancelled; or the core refused it."""

    core_seq: int
    event_index: int
    transact_time: int
    report_seq: int | None
    account_id: int
    key_id: int | None
    client_seq: int | None
    cancelled_count: int | None
    reject_reason: RejectReason | None
    value: int
    limit: int
    text: str


@dataclass(frozen=True, slots=True)
class TransferReport:
    """Funds were moved into the account, or out of it when the amount is negative."""

    core_seq: int
    event_index: int
    transact_time: int
    report_seq: int | None
    account_id: int
    amount: Decimal
    asset_id: int
    source_id: int
    transfer_seq: int


@dataclass(frozen=True, slots=True)
class CancelOnDisconnectReport:
    """Cancel-on-disconnect was armed or disarmed, or the core refused it."""

    core_seq: int
    event_index: int
    transact_time: int
    report_seq: int | None
    account_id: int
    key_id: int | None
    client_seq: int | None
    armed: bool | None
    reject_reason: RejectReason | None
    value: int
    limit: int
    text: str


@dataclass(frozen=True, slots=True)
class StageTimes:
    """Where the time of one command went, in nanoseconds, to a session that asked for it at logon.

    Each is counted from the end of the one before; the first from the arrival of the frame, the
    last ends when the frame with the first report was written to the socket.
    """

    client_seq: int
    gate: int
    ring_in: int
    core: int
    journal: int
    ring_out: int
    send: int


@dataclass(frozen=True, slots=True)
class AdminReport:
    """An administrative command was done, with the ids it was given, or refused by the core."""

    core_seq: int
    event_index: int
    transact_time: int
    report_seq: int | None
    key_id: int | None
    client_seq: int | None
    command: CommandKind
    account_id: int | None
    instrument_id: int | None
    affected_key_id: int | None
    transfer_seq: int | None
    cancelled_count: int | None
    asset_id: int | None
    source_id: int | None
    reject_reason: RejectReason | None
    value: int
    limit: int
    text: str


@dataclass(frozen=True, slots=True)
class AccountDetails:
    """One account with its balances, or some of them."""

    request_id: int
    account_id: int
    core_seq: int
    open_order_count: int
    account_state: AccountState
    list_flags: frozenset[ListFlag]
    balances: tuple[Balance, ...]


@dataclass(frozen=True, slots=True)
class KeyDetails:
    """One API key."""

    request_id: int
    key_id: int
    account_id: int
    highest_client_seq: int
    permissions: frozenset[Permission]
    key_flags: frozenset[KeyFlag]
    list_flags: frozenset[ListFlag]
    public_key: bytes
    networks: bytes


@dataclass(frozen=True, slots=True)
class TransferSource:
    """How far a source of transfers has come."""

    request_id: int
    core_seq: int
    last_transfer_seq: int
    source_id: int
