"""A client for the Rialto exchange: orders, account and market data over its binary protocol.

    async with Client("127.0.0.1:7400", key=ApiKey.load("demo-keys.json")) as client:
        order = await client.place("BTC-USDT", Side.BUY, quantity="0.01", price="60000")

Written from docs/PROTOCOL.md and the XML schema alone, which it reads when it starts. README.md of
this package is the introduction; `Client` is where to begin.
"""

from .book import LocalBook
from .bookfeed import BookFeed
from .client import Client
from .codec import Codec, Message, UnknownMessage
from .codes import (
    AccountState,
    CancelReason,
    Channel,
    EndReason,
    ExecType,
    InstrumentState,
    Liquidity,
    MessageError,
    OrderState,
    OrderType,
    Permission,
    RejectReason,
    Side,
    StpMode,
    SubscriptionRefusal,
    TimeInForce,
)
from .errors import (
    AnswerTimeout,
    BookGap,
    ConnectFailed,
    ConnectionLost,
    DecodeError,
    EncodeError,
    LogonRefused,
    OutcomeUnknown,
    RequestRefused,
    RialtoError,
    SchemaError,
    SessionEnded,
    SessionError,
    StreamOverflow,
    SubscriptionRefused,
    UsageError,
    WrongExchange,
)
from .key import ApiKey, load_keys
from .marketdata import (
    AssetDefinition,
    BookLevel,
    InstrumentDefinition,
    L2Snapshot,
    L2Update,
    TopOfBook,
    TradeTick,
)
from .orders import Order
from .reports import (
    AdminReport,
    Balance,
    BalanceUpdate,
    ExecutionReport,
    MassCancelReport,
    Refused,
    ReportGap,
    TransferReport,
)
from .session import LogonTerms, Session
from .streams import Stream

__all__ = [
    "AccountState",
    "AdminReport",
    "AnswerTimeout",
    "ApiKey",
    "AssetDefinition",
    "Balance",
    "BalanceUpdate",
    "BookFeed",
    "BookGap",
    "BookLevel",
    "CancelReason",
    "Channel",
    "Client",
    "Codec",
    "ConnectFailed",
    "ConnectionLost",
    "DecodeError",
    "EncodeError",
    "EndReason",
    "ExecType",
    "ExecutionReport",
    "InstrumentDefinition",
    "InstrumentState",
    "L2Snapshot",
    "L2Update",
    "Liquidity",
    "LocalBook",
    "LogonRefused",
    "LogonTerms",
    "MassCancelReport",
    "Message",
    "MessageError",
    "Order",
    "OrderState",
    "OrderType",
    "OutcomeUnknown",
    "Permission",
    "Refused",
    "RejectReason",
    "ReportGap",
    "RequestRefused",
    "RialtoError",
    "SchemaError",
    "Session",
    "SessionEnded",
    "SessionError",
    "Side",
    "StpMode",
    "Stream",
    "StreamOverflow",
    "SubscriptionRefusal",
    "SubscriptionRefused",
    "TimeInForce",
    "TopOfBook",
    "TradeTick",
    "TransferReport",
    "UnknownMessage",
    "UsageError",
    "WrongExchange",
    "load_keys",
]
