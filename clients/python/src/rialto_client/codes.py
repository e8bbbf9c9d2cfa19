"""The codes of the protocol as Python enumerations: what a program decides by.

Why by hand: so that editors and type checkers know them. Only the names stand here; which number
each has on the wire is read from the schema, and a test holds that names here and there are the
same. A code that the exchange sends and this version does not know becomes an extra member,
`Unknown(number)`: equal to no other, and no error, as docs/PROTOCOL.md asks under "How the schema
grows". Members are strings and equal to their names in the schema: `Side.BUY == "Buy"`.
"""

from enum import StrEnum
from typing import Self


class Code(StrEnum):
    """The base of all enumerations here."""

    @classmethod
    def of(cls, value: object) -> Self:
        """The member that the codec's value stands for: a name, or a number that has none.

        A name that is in a newer schema but not here becomes an extra member too.
        """
        if value in cls._value2member_map_:
            return cls(str(value))
        name = value if isinstance(value, str) else f"Unknown({value})"
        member = str.__new__(cls, name)
        member._name_ = name
        member._value_ = name
        return member


class Side(Code):
    """Buy or sell, from the view of the order."""

    BUY = "Buy"
    SELL = "Sell"


class OrderType(Code):
    """The kind of an order."""

    MARKET = "Market"
    LIMIT = "Limit"
    STOP_MARKET = "StopMarket"
    STOP_LIMIT = "StopLimit"


class TimeInForce(Code):
    """How long an order stays."""

    GTC = "Gtc"
    IOC = "Ioc"
    FOK = "Fok"
    GTD = "Gtd"


class StpMode(Code):
    """Self-trade prevention: what happens when an order meets one of its own account."""

    NONE = "None"
    CANCEL_TAKER = "CancelTaker"
    CANCEL_MAKER = "CancelMaker"
    CANCEL_BOTH = "CancelBoth"
    DECREMENT = "Decrement"


class InstrumentState(Code):
    """Whether an instrument trades."""

    OPEN = "Open"
    POST_ONLY = "PostOnly"
    CANCEL_ONLY = "CancelOnly"
    HALTED = "Halted"
    CLOSED = "Closed"


class AccountState(Code):
    """What an account may do."""

    ACTIVE = "Active"
    CANCEL_ONLY = "CancelOnly"
    SUSPENDED = "Suspended"


class Liquidity(Code):
    """Which part an order played in a trade."""

    MAKER = "Maker"
    TAKER = "Taker"


class ExecType(Code):
    """What a report says."""

    NEW = "New"
    CANCELLED = "Cancelled"
    REPLACED = "Replaced"
    REJECTED = "Rejected"
    EXPIRED = "Expired"
    RESTATED = "Restated"
    TRADE = "Trade"
    TRIGGERED = "Triggered"
    CANCEL_REJECTED = "CancelRejected"
    REPLACE_REJECTED = "ReplaceRejected"


class OrderState(Code):
    """Where an order stands after the report."""

    NEW = "New"
    PARTIALLY_FILLED = "PartiallyFilled"
    FILLED = "Filled"
    CANCELLED = "Cancelled"
    REJECTED = "Rejected"
    WAITING = "Waiting"
    EXPIRED = "Expired"


class CancelReason(Code):
    """Why an order left the book, or never entered it, without being filled."""

    REQUESTED = "Requested"
    MASS_CANCELLED = "MassCancelled"
    REPLACED_BELOW_FILLED = "ReplacedBelowFilled"
    IOC_REMAINDER = "IocRemainder"
    FOK_UNFILLED = "FokUnfilled"
    NO_LIQUIDITY = "NoLiquidity"
    COLLAR_REACHED = "CollarReached"
    QUOTE_REMAINDER = "QuoteRemainder"
    SELF_TRADE = "SelfTrade"
    EXPIRED = "Expired"
    KILL_SWITCH = "KillSwitch"
    DISCONNECTED = "Disconnected"
    INSTRUMENT_CLOSED = "InstrumentClosed"
    ADMINISTRATOR = "Administrator"


class RejectReason(Code):
    """Why something was refused; docs/PROTOCOL.md says what value and limit mean for each."""

    UNKNOWN_KEY = "UnknownKey"
    DUPLICATE_SEQUENCE = "DuplicateSequence"
    NOT_PERMITTED = "NotPermitted"
    KILL_SWITCH = "KillSwitch"
    ACCOUNT_SUSPENDED = "AccountSuspended"
    ACCOUNT_CANCEL_ONLY = "AccountCancelOnly"
    UNKNOWN_INSTRUMENT = "UnknownInstrument"
    INSTRUMENT_CLOSED = "InstrumentClosed"
    INSTRUMENT_HALTED = "InstrumentHalted"
    INSTRUMENT_CANCEL_ONLY = "InstrumentCancelOnly"
    INSTRUMENT_POST_ONLY = "InstrumentPostOnly"
    INVALID_COMBINATION = "InvalidCombination"
    INVALID_PRICE = "InvalidPrice"
    PRICE_OFF_TICK = "PriceOffTick"
    INVALID_QTY = "InvalidQty"
    QTY_OFF_LOT = "QtyOffLot"
    QTY_BELOW_MIN = "QtyBelowMin"
    QTY_ABOVE_MAX = "QtyAboveMax"
    NOTIONAL_BELOW_MIN = "NotionalBelowMin"
    NOTIONAL_ABOVE_MAX = "NotionalAboveMax"
    PRICE_ABOVE_COLLAR = "PriceAboveCollar"
    PRICE_BELOW_COLLAR = "PriceBelowCollar"
    EXPIRY_IN_PAST = "ExpiryInPast"
    STOP_ALREADY_SATISFIED = "StopAlreadySatisfied"
    DUPLICATE_CLIENT_ORDER_ID = "DuplicateClientOrderId"
    POST_ONLY_WOULD_TRADE = "PostOnlyWouldTrade"
    INSUFFICIENT_FUNDS = "InsufficientFunds"
    ORDER_POOL_FULL = "OrderPoolFull"
    BALANCE_POOL_FULL = "BalancePoolFull"
    UNKNOWN_ORDER = "UnknownOrder"
    NOT_REPLACEABLE = "NotReplaceable"
    BUSY = "Busy"
    RATE_EXCEEDED = "RateExceeded"
    INVALID_AMOUNT = "InvalidAmount"
    AMOUNT_OFF_UNIT = "AmountOffUnit"
    SHUTTING_DOWN = "ShuttingDown"
    INVALID_CLIENT_ORDER_ID = "InvalidClientOrderId"
    INVALID_FIELD = "InvalidField"
    ACCOUNT_RATE_EXCEEDED = "AccountRateExceeded"
    ADDRESS_RATE_EXCEEDED = "AddressRateExceeded"
    UNKNOWN_ACCOUNT = "UnknownAccount"
    UNKNOWN_ASSET = "UnknownAsset"
    SYMBOL_TAKEN = "SymbolTaken"
    INVALID_DECIMALS = "InvalidDecimals"
    INVALID_TICK_OR_LOT = "InvalidTickOrLot"
    INVALID_RANGE = "InvalidRange"
    INVALID_FEE = "InvalidFee"
    INVALID_COLLAR = "InvalidCollar"
    TABLE_FULL = "TableFull"
    PERMISSION_NOT_GRANTABLE = "PermissionNotGrantable"
    TRANSFER_ALREADY_APPLIED = "TransferAlreadyApplied"
    TRANSFER_GAP = "TransferGap"
    SUPPLY_OVERFLOW = "SupplyOverflow"
    CAPACITY_SHRINKS = "CapacityShrinks"
    SAME_ASSET = "SameAsset"
    LAST_ADMINISTRATOR = "LastAdministrator"


class CommandKind(Code):
    """A kind of command."""

    PLACE = "Place"
    CANCEL = "Cancel"
    REPLACE = "Replace"
    MASS_CANCEL = "MassCancel"
    ARM_CANCEL_ON_DISCONNECT = "ArmCancelOnDisconnect"
    DISCONNECTED = "Disconnected"
    TICK = "Tick"
    SET_CAPACITY = "SetCapacity"
    ADD_ASSET = "AddAsset"
    LIST_INSTRUMENT = "ListInstrument"
    SET_INSTRUMENT_STATE = "SetInstrumentState"
    SET_FEES = "SetFees"
    CREATE_ACCOUNT = "CreateAccount"
    SET_ACCOUNT_STATE = "SetAccountState"
    ADD_KEY = "AddKey"
    REVOKE_KEY = "RevokeKey"
    TRANSFER = "Transfer"
    CANCEL_ORDERS = "CancelOrders"
    ENGAGE_KILL_SWITCH = "EngageKillSwitch"
    RELEASE_KILL_SWITCH = "ReleaseKillSwitch"


class EndReason(Code):
    """Why a session ends or could not begin."""

    REQUESTED = "Requested"
    SHUTTING_DOWN = "ShuttingDown"
    HEARTBEAT_TIMEOUT = "HeartbeatTimeout"
    LOGON_TIMEOUT = "LogonTimeout"
    BAD_CREDENTIALS = "BadCredentials"
    KEY_REVOKED = "KeyRevoked"
    TOO_MANY_SESSIONS = "TooManySessions"
    SLOW_CONSUMER = "SlowConsumer"
    PROTOCOL_ERROR = "ProtocolError"
    TEXT_FRAME = "TextFrame"
    FRAME_TOO_LARGE = "FrameTooLarge"
    INVALID_LOGON = "InvalidLogon"
    NOT_READY = "NotReady"
    INTERNAL_ERROR = "InternalError"
    SUPERSEDED = "Superseded"
    ADDRESS_NOT_ALLOWED = "AddressNotAllowed"


class MessageError(Code):
    """Why a message could not be acted on at all."""

    TRUNCATED = "Truncated"
    UNKNOWN_TEMPLATE = "UnknownTemplate"
    WRONG_SCHEMA = "WrongSchema"
    SHORT_BLOCK = "ShortBlock"
    INVALID_TEXT = "InvalidText"
    TOO_MANY_ENTRIES = "TooManyEntries"
    NOT_FROM_CLIENT = "NotFromClient"
    NOT_LOGGED_ON = "NotLoggedOn"
    ALREADY_LOGGED_ON = "AlreadyLoggedOn"


class Channel(Code):
    """A stream of market data."""

    INSTRUMENTS = "Instruments"
    TRADES = "Trades"
    TOP_OF_BOOK = "TopOfBook"
    L2_BOOK = "L2Book"
    L2_BOOK_10MS = "L2Book10ms"
    L2_BOOK_100MS = "L2Book100ms"
    L3_BOOK = "L3Book"
    STATISTICS = "Statistics"
    CANDLES_1S = "Candles1s"
    CANDLES_1M = "Candles1m"
    CANDLES_5M = "Candles5m"
    CANDLES_15M = "Candles15m"
    CANDLES_1H = "Candles1h"
    CANDLES_4H = "Candles4h"
    CANDLES_1D = "Candles1d"


class OrderAction(Code):
    """What happened to an order in the book."""

    ADDED = "Added"
    CHANGED = "Changed"
    REMOVED = "Removed"


class SubscriptionRefusal(Code):
    """Why a subscription was refused."""

    UNKNOWN_INSTRUMENT = "UnknownInstrument"
    UNKNOWN_CHANNEL = "UnknownChannel"
    TOO_MANY_SUBSCRIPTIONS = "TooManySubscriptions"
    NOT_SUBSCRIBED = "NotSubscribed"
    ALREADY_SUBSCRIBED = "AlreadySubscribed"


class Permission(Code):
    """What an API key may do."""

    READ = "Read"
    TRADE = "Trade"
    ADMIN = "Admin"


class LogonFlag(Code):
    """Choices at logon."""

    CANCEL_ON_DISCONNECT = "CancelOnDisconnect"
    STAGE_TIMES = "StageTimes"
    DROP_COPY = "DropCopy"


class OrderFlag(Code):
    """Further terms of an order."""

    POST_ONLY = "PostOnly"


class ReportFlag(Code):
    """Further facts of a report."""

    RESTING = "Resting"
    KEPT_PRIORITY = "KeptPriority"
    POST_ONLY = "PostOnly"


class ListFlag(Code):
    """The place of a message in an answer of several."""

    FOUND = "Found"
    LAST = "Last"
    MORE = "More"


class KeyFlag(Code):
    """The state of an API key."""

    REVOKED = "Revoked"
    CANCEL_ON_DISCONNECT_ARMED = "CancelOnDisconnectArmed"


class BookFlag(Code):
    """The place of a message among those that belong together."""

    FIRST = "First"
    LAST = "Last"
