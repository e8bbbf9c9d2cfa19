//! Enumerations that only the protocol has.
//!
//! Generated from `schema/rialto.xml` by `cargo xtask codegen`; changes here are lost.

use crate::code::Coded;

/// No or yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Boolean {
    /// No.
    False = 0,
    /// Yes.
    True = 1,
}

impl Coded for Boolean {
    const NAME: &'static str = "boolean";
    const ALL: &'static [Self] = &[Self::False, Self::True];
    const VALUES: &'static str = "0 False, 1 True";

    #[inline]
    fn code(self) -> u8 {
        self as u8
    }

    #[inline]
    fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::False),
            1 => Some(Self::True),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::False => "False",
            Self::True => "True",
        }
    }
}

/// The kind of an order; codes are those of FIX tag 40.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum OrderType {
    /// Trades at once against the book within the collar; what is left is cancelled.
    Market = 1,
    /// Trades at its price or better; what is left rests or is cancelled as the time in force says.
    Limit = 2,
    /// Waits until a trade reaches the stop price, then becomes a market order.
    StopMarket = 3,
    /// Waits until a trade reaches the stop price, then becomes a limit order.
    StopLimit = 4,
}

impl Coded for OrderType {
    const NAME: &'static str = "orderType";
    const ALL: &'static [Self] = &[Self::Market, Self::Limit, Self::StopMarket, Self::StopLimit];
    const VALUES: &'static str = "1 Market, 2 Limit, 3 StopMarket, 4 StopLimit";

    #[inline]
    fn code(self) -> u8 {
        self as u8
    }

    #[inline]
    fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Market),
            2 => Some(Self::Limit),
            3 => Some(Self::StopMarket),
            4 => Some(Self::StopLimit),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Market => "Market",
            Self::Limit => "Limit",
            Self::StopMarket => "StopMarket",
            Self::StopLimit => "StopLimit",
        }
    }
}

/// How long an order stays; codes are those of FIX tag 59.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum TimeInForce {
    /// Good till cancelled.
    Gtc = 1,
    /// Immediate or cancel: trades what it can at once, the rest is cancelled.
    Ioc = 3,
    /// Fill or kill: trades all of it at once or nothing.
    Fok = 4,
    /// Good till date: expires at the moment stated in expiry.
    Gtd = 6,
}

impl Coded for TimeInForce {
    const NAME: &'static str = "timeInForce";
    const ALL: &'static [Self] = &[Self::Gtc, Self::Ioc, Self::Fok, Self::Gtd];
    const VALUES: &'static str = "1 Gtc, 3 Ioc, 4 Fok, 6 Gtd";

    #[inline]
    fn code(self) -> u8 {
        self as u8
    }

    #[inline]
    fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Gtc),
            3 => Some(Self::Ioc),
            4 => Some(Self::Fok),
            6 => Some(Self::Gtd),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gtc => "Gtc",
            Self::Ioc => "Ioc",
            Self::Fok => "Fok",
            Self::Gtd => "Gtd",
        }
    }
}

/// Which part an order played in a trade; codes are those of FIX tag 851.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Liquidity {
    /// It rested in the book.
    Maker = 1,
    /// It arrived and met a resting order.
    Taker = 2,
}

impl Coded for Liquidity {
    const NAME: &'static str = "liquidity";
    const ALL: &'static [Self] = &[Self::Maker, Self::Taker];
    const VALUES: &'static str = "1 Maker, 2 Taker";

    #[inline]
    fn code(self) -> u8 {
        self as u8
    }

    #[inline]
    fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Maker),
            2 => Some(Self::Taker),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Maker => "Maker",
            Self::Taker => "Taker",
        }
    }
}

/// What a report says. Codes are those of FIX tag 150 (a letter counts on from A = 10); 40 and
/// above are our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ExecType {
    /// The order was accepted.
    New = 0,
    /// What was left of the order is cancelled, for the cancel reason given.
    Cancelled = 4,
    /// The order has a new price and total quantity.
    Replaced = 5,
    /// The order was refused, for the reject reason given.
    Rejected = 8,
    /// The order reached its expiry.
    Expired = 12,
    /// Self-trade prevention took some of the quantity; the order quantity and leaves are the new
    /// ones.
    Restated = 13,
    /// The order traded.
    Trade = 15,
    /// The stop was elected by a trade; the order is matched now.
    Triggered = 21,
    /// A request to cancel was refused; the order is as it was.
    CancelRejected = 40,
    /// A request to replace was refused; the order is as it was.
    ReplaceRejected = 41,
}

impl Coded for ExecType {
    const NAME: &'static str = "execType";
    const ALL: &'static [Self] = &[
        Self::New,
        Self::Cancelled,
        Self::Replaced,
        Self::Rejected,
        Self::Expired,
        Self::Restated,
        Self::Trade,
        Self::Triggered,
        Self::CancelRejected,
        Self::ReplaceRejected,
    ];
    const VALUES: &'static str = "0 New, 4 Cancelled, 5 Replaced, 8 Rejected, 12 Expired, 13 Restated, 15 Trade, 21 Triggered, 40 CancelRejected, 41 ReplaceRejected";

    #[inline]
    fn code(self) -> u8 {
        self as u8
    }

    #[inline]
    fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::New),
            4 => Some(Self::Cancelled),
            5 => Some(Self::Replaced),
            8 => Some(Self::Rejected),
            12 => Some(Self::Expired),
            13 => Some(Self::Restated),
            15 => Some(Self::Trade),
            21 => Some(Self::Triggered),
            40 => Some(Self::CancelRejected),
            41 => Some(Self::ReplaceRejected),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::Cancelled => "Cancelled",
            Self::Replaced => "Replaced",
            Self::Rejected => "Rejected",
            Self::Expired => "Expired",
            Self::Restated => "Restated",
            Self::Trade => "Trade",
            Self::Triggered => "Triggered",
            Self::CancelRejected => "CancelRejected",
            Self::ReplaceRejected => "ReplaceRejected",
        }
    }
}

/// Where an order stands after the report. Codes are those of FIX tag 39 (a letter counts on from A
/// = 10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum OrderState {
    /// Open, nothing filled.
    New = 0,
    /// Open, some of it filled.
    PartiallyFilled = 1,
    /// Closed: all of it filled.
    Filled = 2,
    /// Closed: what was left is cancelled.
    Cancelled = 4,
    /// Never accepted.
    Rejected = 8,
    /// Open: a stop that no trade has elected yet.
    Waiting = 9,
    /// Closed: its time came.
    Expired = 12,
}

impl Coded for OrderState {
    const NAME: &'static str = "orderState";
    const ALL: &'static [Self] = &[
        Self::New,
        Self::PartiallyFilled,
        Self::Filled,
        Self::Cancelled,
        Self::Rejected,
        Self::Waiting,
        Self::Expired,
    ];
    const VALUES: &'static str =
        "0 New, 1 PartiallyFilled, 2 Filled, 4 Cancelled, 8 Rejected, 9 Waiting, 12 Expired";

    #[inline]
    fn code(self) -> u8 {
        self as u8
    }

    #[inline]
    fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::New),
            1 => Some(Self::PartiallyFilled),
            2 => Some(Self::Filled),
            4 => Some(Self::Cancelled),
            8 => Some(Self::Rejected),
            9 => Some(Self::Waiting),
            12 => Some(Self::Expired),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::PartiallyFilled => "PartiallyFilled",
            Self::Filled => "Filled",
            Self::Cancelled => "Cancelled",
            Self::Rejected => "Rejected",
            Self::Waiting => "Waiting",
            Self::Expired => "Expired",
        }
    }
}

/// Why a session ends or could not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum EndReason {
    /// The other side asked for it.
    Requested = 1,
    /// The exchange is shutting down.
    ShuttingDown = 2,
    /// Nothing was heard from the client within two heartbeat intervals.
    HeartbeatTimeout = 3,
    /// No logon and no subscription came within 5 seconds of connecting.
    LogonTimeout = 4,
    /// The key does not exist, was revoked, or its signature does not verify: which one is not
    /// told.
    BadCredentials = 5,
    /// The key of the session was revoked.
    KeyRevoked = 6,
    /// The exchange, the address or the account has as many sessions as it may.
    TooManySessions = 7,
    /// The client did not read fast enough and its queue is full.
    SlowConsumer = 8,
    /// A frame could not be understood: the Refused before this says what.
    ProtocolError = 9,
    /// A text frame came: this endpoint speaks binary frames only.
    TextFrame = 10,
    /// A frame was longer than 16,384 bytes.
    FrameTooLarge = 11,
    /// A field of the logon is out of its range: the text says which.
    InvalidLogon = 12,
    /// The exchange is still recovering its journal.
    NotReady = 13,
    /// The exchange met an error of its own.
    InternalError = 14,
    /// Another connection has logged on with the same key: the newer one wins.
    Superseded = 15,
    /// The key may not log on from the client's address.
    AddressNotAllowed = 16,
}

impl Coded for EndReason {
    const NAME: &'static str = "endReason";
    const ALL: &'static [Self] = &[
        Self::Requested,
        Self::ShuttingDown,
        Self::HeartbeatTimeout,
        Self::LogonTimeout,
        Self::BadCredentials,
        Self::KeyRevoked,
        Self::TooManySessions,
        Self::SlowConsumer,
        Self::ProtocolError,
        Self::TextFrame,
        Self::FrameTooLarge,
        Self::InvalidLogon,
        Self::NotReady,
        Self::InternalError,
        Self::Superseded,
        Self::AddressNotAllowed,
    ];
    const VALUES: &'static str = "1 Requested, 2 ShuttingDown, 3 HeartbeatTimeout, 4 LogonTimeout, 5 BadCredentials, 6 KeyRevoked, 7 TooManySessions, 8 SlowConsumer, 9 ProtocolError, 10 TextFrame, 11 FrameTooLarge, 12 InvalidLogon, 13 NotReady, 14 InternalError, 15 Superseded, 16 AddressNotAllowed";

    #[inline]
    fn code(self) -> u8 {
        self as u8
    }

    #[inline]
    fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Requested),
            2 => Some(Self::ShuttingDown),
            3 => Some(Self::HeartbeatTimeout),
            4 => Some(Self::LogonTimeout),
            5 => Some(Self::BadCredentials),
            6 => Some(Self::KeyRevoked),
            7 => Some(Self::TooManySessions),
            8 => Some(Self::SlowConsumer),
            9 => Some(Self::ProtocolError),
            10 => Some(Self::TextFrame),
            11 => Some(Self::FrameTooLarge),
            12 => Some(Self::InvalidLogon),
            13 => Some(Self::NotReady),
            14 => Some(Self::InternalError),
            15 => Some(Self::Superseded),
            16 => Some(Self::AddressNotAllowed),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Requested => "Requested",
            Self::ShuttingDown => "ShuttingDown",
            Self::HeartbeatTimeout => "HeartbeatTimeout",
            Self::LogonTimeout => "LogonTimeout",
            Self::BadCredentials => "BadCredentials",
            Self::KeyRevoked => "KeyRevoked",
            Self::TooManySessions => "TooManySessions",
            Self::SlowConsumer => "SlowConsumer",
            Self::ProtocolError => "ProtocolError",
            Self::TextFrame => "TextFrame",
            Self::FrameTooLarge => "FrameTooLarge",
            Self::InvalidLogon => "InvalidLogon",
            Self::NotReady => "NotReady",
            Self::InternalError => "InternalError",
            Self::Superseded => "Superseded",
            Self::AddressNotAllowed => "AddressNotAllowed",
        }
    }
}

/// Why a message could not be acted on at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum MessageError {
    /// The frame ends before the message does.
    Truncated = 1,
    /// No message of this schema has this template id.
    UnknownTemplate = 2,
    /// The header names another schema.
    WrongSchema = 3,
    /// The block, or an entry of a group, is shorter than the schema says.
    ShortBlock = 4,
    /// A text is too long or not UTF-8.
    InvalidText = 5,
    /// A group has more entries than allowed.
    TooManyEntries = 6,
    /// Only the exchange sends this message.
    NotFromClient = 7,
    /// This message needs a logon first.
    NotLoggedOn = 8,
    /// The session is logged on already.
    AlreadyLoggedOn = 9,
}

impl Coded for MessageError {
    const NAME: &'static str = "messageError";
    const ALL: &'static [Self] = &[
        Self::Truncated,
        Self::UnknownTemplate,
        Self::WrongSchema,
        Self::ShortBlock,
        Self::InvalidText,
        Self::TooManyEntries,
        Self::NotFromClient,
        Self::NotLoggedOn,
        Self::AlreadyLoggedOn,
    ];
    const VALUES: &'static str = "1 Truncated, 2 UnknownTemplate, 3 WrongSchema, 4 ShortBlock, 5 InvalidText, 6 TooManyEntries, 7 NotFromClient, 8 NotLoggedOn, 9 AlreadyLoggedOn";

    #[inline]
    fn code(self) -> u8 {
        self as u8
    }

    #[inline]
    fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Truncated),
            2 => Some(Self::UnknownTemplate),
            3 => Some(Self::WrongSchema),
            4 => Some(Self::ShortBlock),
            5 => Some(Self::InvalidText),
            6 => Some(Self::TooManyEntries),
            7 => Some(Self::NotFromClient),
            8 => Some(Self::NotLoggedOn),
            9 => Some(Self::AlreadyLoggedOn),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Truncated => "Truncated",
            Self::UnknownTemplate => "UnknownTemplate",
            Self::WrongSchema => "WrongSchema",
            Self::ShortBlock => "ShortBlock",
            Self::InvalidText => "InvalidText",
            Self::TooManyEntries => "TooManyEntries",
            Self::NotFromClient => "NotFromClient",
            Self::NotLoggedOn => "NotLoggedOn",
            Self::AlreadyLoggedOn => "AlreadyLoggedOn",
        }
    }
}

/// A stream of market data. An interval of candles is a stream of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Channel {
    /// Definitions of assets and instruments, and changes of their state.
    Instruments = 1,
    /// Every trade.
    Trades = 2,
    /// Best bid and offer; conflated: a slow reader gets the latest.
    TopOfBook = 3,
    /// All price levels (L2): snapshot, then increments; never conflated.
    L2Book = 4,
    /// All price levels (L2), conflated: at most one change of a book in 10 ms.
    L2Book10ms = 5,
    /// All price levels (L2), conflated: at most one change of a book in 100 ms.
    L2Book100ms = 6,
    /// Every order in the book (L3), without its owner: snapshot, then increments; never conflated.
    L3Book = 7,
    /// The trades of the last 24 hours in figures; conflated: at most once a second.
    Statistics = 8,
    /// Candles of 1 second; all candles are conflated: at most one update of a series in 100 ms,
    /// and each close.
    Candles1s = 9,
    /// Candles of 1 minute.
    Candles1m = 10,
    /// Candles of 5 minutes.
    Candles5m = 11,
    /// Candles of 15 minutes.
    Candles15m = 12,
    /// Candles of 1 hour.
    Candles1h = 13,
    /// Candles of 4 hours, from midnight UTC.
    Candles4h = 14,
    /// Candles of 1 day, from midnight UTC.
    Candles1d = 15,
}

impl Coded for Channel {
    const NAME: &'static str = "channel";
    const ALL: &'static [Self] = &[
        Self::Instruments,
        Self::Trades,
        Self::TopOfBook,
        Self::L2Book,
        Self::L2Book10ms,
        Self::L2Book100ms,
        Self::L3Book,
        Self::Statistics,
        Self::Candles1s,
        Self::Candles1m,
        Self::Candles5m,
        Self::Candles15m,
        Self::Candles1h,
        Self::Candles4h,
        Self::Candles1d,
    ];
    const VALUES: &'static str = "1 Instruments, 2 Trades, 3 TopOfBook, 4 L2Book, 5 L2Book10ms, 6 L2Book100ms, 7 L3Book, 8 Statistics, 9 Candles1s, 10 Candles1m, 11 Candles5m, 12 Candles15m, 13 Candles1h, 14 Candles4h, 15 Candles1d";

    #[inline]
    fn code(self) -> u8 {
        self as u8
    }

    #[inline]
    fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Instruments),
            2 => Some(Self::Trades),
            3 => Some(Self::TopOfBook),
            4 => Some(Self::L2Book),
            5 => Some(Self::L2Book10ms),
            6 => Some(Self::L2Book100ms),
            7 => Some(Self::L3Book),
            8 => Some(Self::Statistics),
            9 => Some(Self::Candles1s),
            10 => Some(Self::Candles1m),
            11 => Some(Self::Candles5m),
            12 => Some(Self::Candles15m),
            13 => Some(Self::Candles1h),
            14 => Some(Self::Candles4h),
            15 => Some(Self::Candles1d),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Instruments => "Instruments",
            Self::Trades => "Trades",
            Self::TopOfBook => "TopOfBook",
            Self::L2Book => "L2Book",
            Self::L2Book10ms => "L2Book10ms",
            Self::L2Book100ms => "L2Book100ms",
            Self::L3Book => "L3Book",
            Self::Statistics => "Statistics",
            Self::Candles1s => "Candles1s",
            Self::Candles1m => "Candles1m",
            Self::Candles5m => "Candles5m",
            Self::Candles15m => "Candles15m",
            Self::Candles1h => "Candles1h",
            Self::Candles4h => "Candles4h",
            Self::Candles1d => "Candles1d",
        }
    }
}

/// What happened to an order in the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum OrderAction {
    /// It is in the book now, behind all orders of its price.
    Added = 1,
    /// Less of it is left; it has kept its place.
    Changed = 2,
    /// It is no longer in the book.
    Removed = 3,
}

impl Coded for OrderAction {
    const NAME: &'static str = "orderAction";
    const ALL: &'static [Self] = &[Self::Added, Self::Changed, Self::Removed];
    const VALUES: &'static str = "1 Added, 2 Changed, 3 Removed";

    #[inline]
    fn code(self) -> u8 {
        self as u8
    }

    #[inline]
    fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Added),
            2 => Some(Self::Changed),
            3 => Some(Self::Removed),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Added => "Added",
            Self::Changed => "Changed",
            Self::Removed => "Removed",
        }
    }
}

/// Why a subscription was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum SubscriptionRefusal {
    /// No such instrument.
    UnknownInstrument = 1,
    /// No such channel.
    UnknownChannel = 2,
    /// The session has as many subscriptions as it may.
    TooManySubscriptions = 3,
    /// There is no such subscription to end.
    NotSubscribed = 4,
    /// The session has this subscription already.
    AlreadySubscribed = 5,
}

impl Coded for SubscriptionRefusal {
    const NAME: &'static str = "subscriptionRefusal";
    const ALL: &'static [Self] = &[
        Self::UnknownInstrument,
        Self::UnknownChannel,
        Self::TooManySubscriptions,
        Self::NotSubscribed,
        Self::AlreadySubscribed,
    ];
    const VALUES: &'static str = "1 UnknownInstrument, 2 UnknownChannel, 3 TooManySubscriptions, 4 NotSubscribed, 5 AlreadySubscribed";

    #[inline]
    fn code(self) -> u8 {
        self as u8
    }

    #[inline]
    fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::UnknownInstrument),
            2 => Some(Self::UnknownChannel),
            3 => Some(Self::TooManySubscriptions),
            4 => Some(Self::NotSubscribed),
            5 => Some(Self::AlreadySubscribed),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::UnknownInstrument => "UnknownInstrument",
            Self::UnknownChannel => "UnknownChannel",
            Self::TooManySubscriptions => "TooManySubscriptions",
            Self::NotSubscribed => "NotSubscribed",
            Self::AlreadySubscribed => "AlreadySubscribed",
        }
    }
}
