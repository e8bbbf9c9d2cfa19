//! The enumerations of the vocabulary, with their codes on the wire.
//!
//! Generated from `schema/rialto.xml` by `cargo xtask codegen`; changes here are lost.

use crate::code::Coded;
use rialto_types::{
    AccountState, CancelReason, CommandKind, InstrumentState, RejectReason, Side, StpMode,
};

impl Coded for Side {
    const NAME: &'static str = "side";
    const ALL: &'static [Self] = &[Self::Buy, Self::Sell];
    const VALUES: &'static str = "0 Buy, 1 Sell";

    #[inline]
    fn code(self) -> u8 {
        match self {
            Self::Buy => 0,
            Self::Sell => 1,
        }
    }

    #[inline]
    fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Buy),
            1 => Some(Self::Sell),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Buy => "Buy",
            Self::Sell => "Sell",
        }
    }
}

impl Coded for StpMode {
    const NAME: &'static str = "stpMode";
    const ALL: &'static [Self] = &[
        Self::None,
        Self::CancelTaker,
        Self::CancelMaker,
        Self::CancelBoth,
        Self::Decrement,
    ];
    const VALUES: &'static str = "0 None, 1 CancelTaker, 2 CancelMaker, 3 CancelBoth, 4 Decrement";

    #[inline]
    fn code(self) -> u8 {
        match self {
            Self::None => 0,
            Self::CancelTaker => 1,
            Self::CancelMaker => 2,
            Self::CancelBoth => 3,
            Self::Decrement => 4,
        }
    }

    #[inline]
    fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::None),
            1 => Some(Self::CancelTaker),
            2 => Some(Self::CancelMaker),
            3 => Some(Self::CancelBoth),
            4 => Some(Self::Decrement),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::CancelTaker => "CancelTaker",
            Self::CancelMaker => "CancelMaker",
            Self::CancelBoth => "CancelBoth",
            Self::Decrement => "Decrement",
        }
    }
}

impl Coded for InstrumentState {
    const NAME: &'static str = "instrumentState";
    const ALL: &'static [Self] = &[
        Self::Open,
        Self::PostOnly,
        Self::CancelOnly,
        Self::Halted,
        Self::Closed,
    ];
    const VALUES: &'static str = "0 Open, 1 PostOnly, 2 CancelOnly, 3 Halted, 4 Closed";

    #[inline]
    fn code(self) -> u8 {
        match self {
            Self::Open => 0,
            Self::PostOnly => 1,
            Self::CancelOnly => 2,
            Self::Halted => 3,
            Self::Closed => 4,
        }
    }

    #[inline]
    fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Open),
            1 => Some(Self::PostOnly),
            2 => Some(Self::CancelOnly),
            3 => Some(Self::Halted),
            4 => Some(Self::Closed),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::PostOnly => "PostOnly",
            Self::CancelOnly => "CancelOnly",
            Self::Halted => "Halted",
            Self::Closed => "Closed",
        }
    }
}

impl Coded for AccountState {
    const NAME: &'static str = "accountState";
    const ALL: &'static [Self] = &[Self::Active, Self::CancelOnly, Self::Suspended];
    const VALUES: &'static str = "0 Active, 1 CancelOnly, 2 Suspended";

    #[inline]
    fn code(self) -> u8 {
        match self {
            Self::Active => 0,
            Self::CancelOnly => 1,
            Self::Suspended => 2,
        }
    }

    #[inline]
    fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Active),
            1 => Some(Self::CancelOnly),
            2 => Some(Self::Suspended),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::CancelOnly => "CancelOnly",
            Self::Suspended => "Suspended",
        }
    }
}

impl Coded for CancelReason {
    const NAME: &'static str = "cancelReason";
    const ALL: &'static [Self] = &[
        Self::Requested,
        Self::MassCancelled,
        Self::ReplacedBelowFilled,
        Self::IocRemainder,
        Self::FokUnfilled,
        Self::NoLiquidity,
        Self::CollarReached,
        Self::QuoteRemainder,
        Self::SelfTrade,
        Self::Expired,
        Self::KillSwitch,
        Self::Disconnected,
        Self::InstrumentClosed,
        Self::Administrator,
    ];
    const VALUES: &'static str = "1 Requested, 2 MassCancelled, 3 ReplacedBelowFilled, 4 IocRemainder, 5 FokUnfilled, 6 NoLiquidity, 7 CollarReached, 8 QuoteRemainder, 9 SelfTrade, 10 Expired, 11 KillSwitch, 12 Disconnected, 13 InstrumentClosed, 14 Administrator";

    #[inline]
    fn code(self) -> u8 {
        match self {
            Self::Requested => 1,
            Self::MassCancelled => 2,
            Self::ReplacedBelowFilled => 3,
            Self::IocRemainder => 4,
            Self::FokUnfilled => 5,
            Self::NoLiquidity => 6,
            Self::CollarReached => 7,
            Self::QuoteRemainder => 8,
            Self::SelfTrade => 9,
            Self::Expired => 10,
            Self::KillSwitch => 11,
            Self::Disconnected => 12,
            Self::InstrumentClosed => 13,
            Self::Administrator => 14,
        }
    }

    #[inline]
    fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Requested),
            2 => Some(Self::MassCancelled),
            3 => Some(Self::ReplacedBelowFilled),
            4 => Some(Self::IocRemainder),
            5 => Some(Self::FokUnfilled),
            6 => Some(Self::NoLiquidity),
            7 => Some(Self::CollarReached),
            8 => Some(Self::QuoteRemainder),
            9 => Some(Self::SelfTrade),
            10 => Some(Self::Expired),
            11 => Some(Self::KillSwitch),
            12 => Some(Self::Disconnected),
            13 => Some(Self::InstrumentClosed),
            14 => Some(Self::Administrator),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Requested => "Requested",
            Self::MassCancelled => "MassCancelled",
            Self::ReplacedBelowFilled => "ReplacedBelowFilled",
            Self::IocRemainder => "IocRemainder",
            Self::FokUnfilled => "FokUnfilled",
            Self::NoLiquidity => "NoLiquidity",
            Self::CollarReached => "CollarReached",
            Self::QuoteRemainder => "QuoteRemainder",
            Self::SelfTrade => "SelfTrade",
            Self::Expired => "Expired",
            Self::KillSwitch => "KillSwitch",
            Self::Disconnected => "Disconnected",
            Self::InstrumentClosed => "InstrumentClosed",
            Self::Administrator => "Administrator",
        }
    }
}

impl Coded for RejectReason {
    const NAME: &'static str = "rejectReason";
    const ALL: &'static [Self] = &[
        Self::UnknownKey,
        Self::DuplicateSequence,
        Self::NotPermitted,
        Self::KillSwitch,
        Self::AccountSuspended,
        Self::AccountCancelOnly,
        Self::UnknownInstrument,
        Self::InstrumentClosed,
        Self::InstrumentHalted,
        Self::InstrumentCancelOnly,
        Self::InstrumentPostOnly,
        Self::InvalidCombination,
        Self::InvalidPrice,
        Self::PriceOffTick,
        Self::InvalidQty,
        Self::QtyOffLot,
        Self::QtyBelowMin,
        Self::QtyAboveMax,
        Self::NotionalBelowMin,
        Self::NotionalAboveMax,
        Self::PriceAboveCollar,
        Self::PriceBelowCollar,
        Self::ExpiryInPast,
        Self::StopAlreadySatisfied,
        Self::DuplicateClientOrderId,
        Self::PostOnlyWouldTrade,
        Self::InsufficientFunds,
        Self::OrderPoolFull,
        Self::BalancePoolFull,
        Self::UnknownOrder,
        Self::NotReplaceable,
        Self::Busy,
        Self::RateExceeded,
        Self::InvalidAmount,
        Self::AmountOffUnit,
        Self::ShuttingDown,
        Self::InvalidClientOrderId,
        Self::InvalidField,
        Self::AccountRateExceeded,
        Self::AddressRateExceeded,
        Self::UnknownAccount,
        Self::UnknownAsset,
        Self::SymbolTaken,
        Self::InvalidDecimals,
        Self::InvalidTickOrLot,
        Self::InvalidRange,
        Self::InvalidFee,
        Self::InvalidCollar,
        Self::TableFull,
        Self::PermissionNotGrantable,
        Self::TransferAlreadyApplied,
        Self::TransferGap,
        Self::SupplyOverflow,
        Self::CapacityShrinks,
        Self::SameAsset,
        Self::LastAdministrator,
    ];
    const VALUES: &'static str = "1 UnknownKey, 2 DuplicateSequence, 3 NotPermitted, 4 KillSwitch, 5 AccountSuspended, 6 AccountCancelOnly, 7 UnknownInstrument, 8 InstrumentClosed, 9 InstrumentHalted, 10 InstrumentCancelOnly, 11 InstrumentPostOnly, 12 InvalidCombination, 13 InvalidPrice, 14 PriceOffTick, 15 InvalidQty, 16 QtyOffLot, 17 QtyBelowMin, 18 QtyAboveMax, 19 NotionalBelowMin, 20 NotionalAboveMax, 21 PriceAboveCollar, 22 PriceBelowCollar, 23 ExpiryInPast, 24 StopAlreadySatisfied, 25 DuplicateClientOrderId, 26 PostOnlyWouldTrade, 27 InsufficientFunds, 28 OrderPoolFull, 29 BalancePoolFull, 30 UnknownOrder, 31 NotReplaceable, 32 Busy, 33 RateExceeded, 34 InvalidAmount, 35 AmountOffUnit, 36 ShuttingDown, 37 InvalidClientOrderId, 38 InvalidField, 39 AccountRateExceeded, 40 AddressRateExceeded, 64 UnknownAccount, 65 UnknownAsset, 66 SymbolTaken, 67 InvalidDecimals, 68 InvalidTickOrLot, 69 InvalidRange, 70 InvalidFee, 71 InvalidCollar, 72 TableFull, 73 PermissionNotGrantable, 74 TransferAlreadyApplied, 75 TransferGap, 76 SupplyOverflow, 77 CapacityShrinks, 78 SameAsset, 79 LastAdministrator";

    #[inline]
    fn code(self) -> u8 {
        match self {
            Self::UnknownKey => 1,
            Self::DuplicateSequence => 2,
            Self::NotPermitted => 3,
            Self::KillSwitch => 4,
            Self::AccountSuspended => 5,
            Self::AccountCancelOnly => 6,
            Self::UnknownInstrument => 7,
            Self::InstrumentClosed => 8,
            Self::InstrumentHalted => 9,
            Self::InstrumentCancelOnly => 10,
            Self::InstrumentPostOnly => 11,
            Self::InvalidCombination => 12,
            Self::InvalidPrice => 13,
            Self::PriceOffTick => 14,
            Self::InvalidQty => 15,
            Self::QtyOffLot => 16,
            Self::QtyBelowMin => 17,
            Self::QtyAboveMax => 18,
            Self::NotionalBelowMin => 19,
            Self::NotionalAboveMax => 20,
            Self::PriceAboveCollar => 21,
            Self::PriceBelowCollar => 22,
            Self::ExpiryInPast => 23,
            Self::StopAlreadySatisfied => 24,
            Self::DuplicateClientOrderId => 25,
            Self::PostOnlyWouldTrade => 26,
            Self::InsufficientFunds => 27,
            Self::OrderPoolFull => 28,
            Self::BalancePoolFull => 29,
            Self::UnknownOrder => 30,
            Self::NotReplaceable => 31,
            Self::Busy => 32,
            Self::RateExceeded => 33,
            Self::InvalidAmount => 34,
            Self::AmountOffUnit => 35,
            Self::ShuttingDown => 36,
            Self::InvalidClientOrderId => 37,
            Self::InvalidField => 38,
            Self::AccountRateExceeded => 39,
            Self::AddressRateExceeded => 40,
            Self::UnknownAccount => 64,
            Self::UnknownAsset => 65,
            Self::SymbolTaken => 66,
            Self::InvalidDecimals => 67,
            Self::InvalidTickOrLot => 68,
            Self::InvalidRange => 69,
            Self::InvalidFee => 70,
            Self::InvalidCollar => 71,
            Self::TableFull => 72,
            Self::PermissionNotGrantable => 73,
            Self::TransferAlreadyApplied => 74,
            Self::TransferGap => 75,
            Self::SupplyOverflow => 76,
            Self::CapacityShrinks => 77,
            Self::SameAsset => 78,
            Self::LastAdministrator => 79,
        }
    }

    #[inline]
    fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::UnknownKey),
            2 => Some(Self::DuplicateSequence),
            3 => Some(Self::NotPermitted),
            4 => Some(Self::KillSwitch),
            5 => Some(Self::AccountSuspended),
            6 => Some(Self::AccountCancelOnly),
            7 => Some(Self::UnknownInstrument),
            8 => Some(Self::InstrumentClosed),
            9 => Some(Self::InstrumentHalted),
            10 => Some(Self::InstrumentCancelOnly),
            11 => Some(Self::InstrumentPostOnly),
            12 => Some(Self::InvalidCombination),
            13 => Some(Self::InvalidPrice),
            14 => Some(Self::PriceOffTick),
            15 => Some(Self::InvalidQty),
            16 => Some(Self::QtyOffLot),
            17 => Some(Self::QtyBelowMin),
            18 => Some(Self::QtyAboveMax),
            19 => Some(Self::NotionalBelowMin),
            20 => Some(Self::NotionalAboveMax),
            21 => Some(Self::PriceAboveCollar),
            22 => Some(Self::PriceBelowCollar),
            23 => Some(Self::ExpiryInPast),
            24 => Some(Self::StopAlreadySatisfied),
            25 => Some(Self::DuplicateClientOrderId),
            26 => Some(Self::PostOnlyWouldTrade),
            27 => Some(Self::InsufficientFunds),
            28 => Some(Self::OrderPoolFull),
            29 => Some(Self::BalancePoolFull),
            30 => Some(Self::UnknownOrder),
            31 => Some(Self::NotReplaceable),
            32 => Some(Self::Busy),
            33 => Some(Self::RateExceeded),
            34 => Some(Self::InvalidAmount),
            35 => Some(Self::AmountOffUnit),
            36 => Some(Self::ShuttingDown),
            37 => Some(Self::InvalidClientOrderId),
            38 => Some(Self::InvalidField),
            39 => Some(Self::AccountRateExceeded),
            40 => Some(Self::AddressRateExceeded),
            64 => Some(Self::UnknownAccount),
            65 => Some(Self::UnknownAsset),
            66 => Some(Self::SymbolTaken),
            67 => Some(Self::InvalidDecimals),
            68 => Some(Self::InvalidTickOrLot),
            69 => Some(Self::InvalidRange),
            70 => Some(Self::InvalidFee),
            71 => Some(Self::InvalidCollar),
            72 => Some(Self::TableFull),
            73 => Some(Self::PermissionNotGrantable),
            74 => Some(Self::TransferAlreadyApplied),
            75 => Some(Self::TransferGap),
            76 => Some(Self::SupplyOverflow),
            77 => Some(Self::CapacityShrinks),
            78 => Some(Self::SameAsset),
            79 => Some(Self::LastAdministrator),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::UnknownKey => "UnknownKey",
            Self::DuplicateSequence => "DuplicateSequence",
            Self::NotPermitted => "NotPermitted",
            Self::KillSwitch => "KillSwitch",
            Self::AccountSuspended => "AccountSuspended",
            Self::AccountCancelOnly => "AccountCancelOnly",
            Self::UnknownInstrument => "UnknownInstrument",
            Self::InstrumentClosed => "InstrumentClosed",
            Self::InstrumentHalted => "InstrumentHalted",
            Self::InstrumentCancelOnly => "InstrumentCancelOnly",
            Self::InstrumentPostOnly => "InstrumentPostOnly",
            Self::InvalidCombination => "InvalidCombination",
            Self::InvalidPrice => "InvalidPrice",
            Self::PriceOffTick => "PriceOffTick",
            Self::InvalidQty => "InvalidQty",
            Self::QtyOffLot => "QtyOffLot",
            Self::QtyBelowMin => "QtyBelowMin",
            Self::QtyAboveMax => "QtyAboveMax",
            Self::NotionalBelowMin => "NotionalBelowMin",
            Self::NotionalAboveMax => "NotionalAboveMax",
            Self::PriceAboveCollar => "PriceAboveCollar",
            Self::PriceBelowCollar => "PriceBelowCollar",
            Self::ExpiryInPast => "ExpiryInPast",
            Self::StopAlreadySatisfied => "StopAlreadySatisfied",
            Self::DuplicateClientOrderId => "DuplicateClientOrderId",
            Self::PostOnlyWouldTrade => "PostOnlyWouldTrade",
            Self::InsufficientFunds => "InsufficientFunds",
            Self::OrderPoolFull => "OrderPoolFull",
            Self::BalancePoolFull => "BalancePoolFull",
            Self::UnknownOrder => "UnknownOrder",
            Self::NotReplaceable => "NotReplaceable",
            Self::Busy => "Busy",
            Self::RateExceeded => "RateExceeded",
            Self::InvalidAmount => "InvalidAmount",
            Self::AmountOffUnit => "AmountOffUnit",
            Self::ShuttingDown => "ShuttingDown",
            Self::InvalidClientOrderId => "InvalidClientOrderId",
            Self::InvalidField => "InvalidField",
            Self::AccountRateExceeded => "AccountRateExceeded",
            Self::AddressRateExceeded => "AddressRateExceeded",
            Self::UnknownAccount => "UnknownAccount",
            Self::UnknownAsset => "UnknownAsset",
            Self::SymbolTaken => "SymbolTaken",
            Self::InvalidDecimals => "InvalidDecimals",
            Self::InvalidTickOrLot => "InvalidTickOrLot",
            Self::InvalidRange => "InvalidRange",
            Self::InvalidFee => "InvalidFee",
            Self::InvalidCollar => "InvalidCollar",
            Self::TableFull => "TableFull",
            Self::PermissionNotGrantable => "PermissionNotGrantable",
            Self::TransferAlreadyApplied => "TransferAlreadyApplied",
            Self::TransferGap => "TransferGap",
            Self::SupplyOverflow => "SupplyOverflow",
            Self::CapacityShrinks => "CapacityShrinks",
            Self::SameAsset => "SameAsset",
            Self::LastAdministrator => "LastAdministrator",
        }
    }
}

impl Coded for CommandKind {
    const NAME: &'static str = "commandKind";
    const ALL: &'static [Self] = &[
        Self::Place,
        Self::Cancel,
        Self::Replace,
        Self::MassCancel,
        Self::ArmCancelOnDisconnect,
        Self::Disconnected,
        Self::Tick,
        Self::SetCapacity,
        Self::AddAsset,
        Self::ListInstrument,
        Self::SetInstrumentState,
        Self::SetFees,
        Self::CreateAccount,
        Self::SetAccountState,
        Self::AddKey,
        Self::RevokeKey,
        Self::Transfer,
        Self::CancelOrders,
        Self::EngageKillSwitch,
        Self::ReleaseKillSwitch,
    ];
    const VALUES: &'static str = "1 Place, 2 Cancel, 3 Replace, 4 MassCancel, 5 ArmCancelOnDisconnect, 6 Disconnected, 7 Tick, 8 SetCapacity, 9 AddAsset, 10 ListInstrument, 11 SetInstrumentState, 12 SetFees, 13 CreateAccount, 14 SetAccountState, 15 AddKey, 16 RevokeKey, 17 Transfer, 18 CancelOrders, 19 EngageKillSwitch, 20 ReleaseKillSwitch";

    #[inline]
    fn code(self) -> u8 {
        match self {
            Self::Place => 1,
            Self::Cancel => 2,
            Self::Replace => 3,
            Self::MassCancel => 4,
            Self::ArmCancelOnDisconnect => 5,
            Self::Disconnected => 6,
            Self::Tick => 7,
            Self::SetCapacity => 8,
            Self::AddAsset => 9,
            Self::ListInstrument => 10,
            Self::SetInstrumentState => 11,
            Self::SetFees => 12,
            Self::CreateAccount => 13,
            Self::SetAccountState => 14,
            Self::AddKey => 15,
            Self::RevokeKey => 16,
            Self::Transfer => 17,
            Self::CancelOrders => 18,
            Self::EngageKillSwitch => 19,
            Self::ReleaseKillSwitch => 20,
        }
    }

    #[inline]
    fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Place),
            2 => Some(Self::Cancel),
            3 => Some(Self::Replace),
            4 => Some(Self::MassCancel),
            5 => Some(Self::ArmCancelOnDisconnect),
            6 => Some(Self::Disconnected),
            7 => Some(Self::Tick),
            8 => Some(Self::SetCapacity),
            9 => Some(Self::AddAsset),
            10 => Some(Self::ListInstrument),
            11 => Some(Self::SetInstrumentState),
            12 => Some(Self::SetFees),
            13 => Some(Self::CreateAccount),
            14 => Some(Self::SetAccountState),
            15 => Some(Self::AddKey),
            16 => Some(Self::RevokeKey),
            17 => Some(Self::Transfer),
            18 => Some(Self::CancelOrders),
            19 => Some(Self::EngageKillSwitch),
            20 => Some(Self::ReleaseKillSwitch),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Place => "Place",
            Self::Cancel => "Cancel",
            Self::Replace => "Replace",
            Self::MassCancel => "MassCancel",
            Self::ArmCancelOnDisconnect => "ArmCancelOnDisconnect",
            Self::Disconnected => "Disconnected",
            Self::Tick => "Tick",
            Self::SetCapacity => "SetCapacity",
            Self::AddAsset => "AddAsset",
            Self::ListInstrument => "ListInstrument",
            Self::SetInstrumentState => "SetInstrumentState",
            Self::SetFees => "SetFees",
            Self::CreateAccount => "CreateAccount",
            Self::SetAccountState => "SetAccountState",
            Self::AddKey => "AddKey",
            Self::RevokeKey => "RevokeKey",
            Self::Transfer => "Transfer",
            Self::CancelOrders => "CancelOrders",
            Self::EngageKillSwitch => "EngageKillSwitch",
            Self::ReleaseKillSwitch => "ReleaseKillSwitch",
        }
    }
}
