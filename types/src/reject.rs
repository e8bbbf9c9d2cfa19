//! Why something was refused, and why an order was cancelled: one code for each rule.
//!
//! A [`Refusal`] carries the reason, the offending value and what would have been right, both as
//! integers whose unit the reason states. The edge turns them into text in the instrument's decimals.

use core::fmt;

macro_rules! codes {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$doc])* $variant = $code,)* }

        impl $name {
            /// Every code, in ascending order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code that journals, wires and metrics carry.
            pub const fn code(self) -> u8 {
                self as u8
            }

            /// Reads a code.
            pub const fn from_code(code: u8) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The name, as metrics and logs print it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($variant),)*
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

codes! {
    /// Why a command was refused. Each documents what the refusal's `value` and `limit` hold; a field
    /// that is not named is 0.
    RejectReason {
        /// The API key does not exist or was revoked. `value`: key id.
        UnknownKey = 1,
        /// The key has already used this client sequence or a higher one: nothing was done again.
        /// `value`: the sequence sent, `limit`: the highest applied.
        DuplicateSequence = 2,
        /// The key lacks the permission. `value`: bits the key has, `limit`: bits needed.
        NotPermitted = 3,
        /// The venue's kill switch is engaged.
        KillSwitch = 4,
        /// The account is suspended. `value`: account id.
        AccountSuspended = 5,
        /// The account may only cancel. `value`: account id.
        AccountCancelOnly = 6,
        /// No such instrument. `value`: instrument id.
        UnknownInstrument = 7,
        /// The instrument is closed. `value`: instrument id.
        InstrumentClosed = 8,
        /// The instrument is halted: neither orders nor cancels. `value`: instrument id.
        InstrumentHalted = 9,
        /// The instrument accepts cancels only. `value`: instrument id.
        InstrumentCancelOnly = 10,
        /// The instrument accepts only orders that rest without trading. `value`: instrument id.
        InstrumentPostOnly = 11,
        /// Terms that exclude each other, such as post-only with IOC or FOK, or a stop-market sell by
        /// quote amount; at the gate also a field that this kind of order lacks or has too many.
        InvalidCombination = 12,
        /// A price below one tick or beyond what can be represented. `value`: ticks (core) or
        /// mantissa at 10^-8 (gate).
        InvalidPrice = 13,
        /// The price is not a multiple of the tick. `value`: price, `limit`: tick, mantissas at 10^-8.
        PriceOffTick = 14,
        /// A quantity below one lot or beyond what can be represented. `value`: lots (core) or
        /// mantissa at 10^-8 (gate).
        InvalidQty = 15,
        /// The quantity is not a multiple of the lot. `value`: quantity, `limit`: lot, mantissas at
        /// 10^-8.
        QtyOffLot = 16,
        /// `value`: quantity, `limit`: the minimum, in lots.
        QtyBelowMin = 17,
        /// `value`: quantity, `limit`: the maximum, in lots.
        QtyAboveMax = 18,
        /// `value`: notional, `limit`: the minimum, in quote units.
        NotionalBelowMin = 19,
        /// `value`: notional (`i64::MAX` when it does not fit), `limit`: the maximum, in quote units.
        NotionalAboveMax = 20,
        /// A buy above the collar. `value`: price, `limit`: the highest allowed, in ticks.
        PriceAboveCollar = 21,
        /// A sell below the collar. `value`: price, `limit`: the lowest allowed, in ticks.
        PriceBelowCollar = 22,
        /// The expiry has come already. `value`: expiry, `limit`: the time of the command, in ns.
        ExpiryInPast = 23,
        /// The last trade already satisfies the stop. `value`: stop, `limit`: last trade, in ticks.
        StopAlreadySatisfied = 24,
        /// An open order of the account has this client order id. `value`: that order's id.
        DuplicateClientOrderId = 25,
        /// A post-only order would trade at once. `value`: its price, `limit`: the best opposite
        /// price, in ticks.
        PostOnlyWouldTrade = 26,
        /// `value`: what is needed, `limit`: what is available, in units of the asset to be held.
        InsufficientFunds = 27,
        /// The order pool or the account's share of it is used up. `limit`: its size.
        OrderPoolFull = 28,
        /// The pool of balances is used up. `limit`: its size.
        BalancePoolFull = 29,
        /// No such open order of this account and instrument. `value`: the order id, 0 when it was
        /// named by client order id.
        UnknownOrder = 30,
        /// Orders of this kind cannot be replaced: cancel it and place another. `value`: order id.
        NotReplaceable = 31,
        /// The command ring is full: nothing was done, send it again under a new sequence.
        Busy = 32,
        /// Too many orders in too short a time. `value`: wait this long, in ns; `limit`: orders a
        /// second allowed.
        RateExceeded = 33,
        /// An amount of zero or below, or beyond what can be represented. `value`: the amount (core:
        /// asset units; gate: mantissa at 10^-8).
        InvalidAmount = 34,
        /// The amount is finer than the asset's smallest unit. `value`: amount, `limit`: that unit,
        /// mantissas at 10^-8.
        AmountOffUnit = 35,
        /// The exchange is shutting down and takes no more orders.
        ShuttingDown = 36,
        /// The client order id has other characters or another length than the rule allows.
        InvalidClientOrderId = 37,
        /// A field holds what the schema does not allow: a code, a flag, a symbol, an exponent.
        /// `value`: the code, the bits, the first byte, the exponent.
        InvalidField = 38,
        /// Too many orders of all keys of the account together in too short a time. `value`: wait this
        /// long, in ns; `limit`: orders a second allowed.
        AccountRateExceeded = 39,
        /// Too many orders from the client's address in too short a time. `value`: wait this long, in
        /// ns; `limit`: orders a second allowed.
        AddressRateExceeded = 40,

        /// No such account. `value`: account id.
        UnknownAccount = 64,
        /// No such asset. `value`: asset id.
        UnknownAsset = 65,
        /// Another asset or instrument has this symbol. `value`: its id.
        SymbolTaken = 66,
        /// More decimals than 8. `value`: decimals.
        InvalidDecimals = 67,
        /// Tick or lot is not positive, the lot is no whole number of base units, or tick × lot no
        /// whole number of quote units. `value`: tick, `limit`: lot, mantissas at 10^-8.
        InvalidTickOrLot = 68,
        /// A minimum above its maximum, a minimum quantity below one lot, or a maximum whose amount
        /// cannot be represented. `value`: minimum, `limit`: maximum.
        InvalidRange = 69,
        /// A fee above 100,000 ppm. `value`: fee, `limit`: the maximum, in ppm.
        InvalidFee = 70,
        /// A collar of 0 or above 1,000,000 ppm. `value`: collar in ppm.
        InvalidCollar = 71,
        /// A table of the exchange is full. `limit`: its size.
        TableFull = 72,
        /// The permission cannot be given to a key of this account: admin only to the venue, trade only
        /// to others. `value`: bits asked for.
        PermissionNotGrantable = 73,
        /// The transfer was applied already: nothing was done again. `value`: its sequence, `limit`:
        /// the last applied of the source.
        TransferAlreadyApplied = 74,
        /// A transfer of the source is missing before this one. `value`: its sequence, `limit`: the
        /// one expected.
        TransferGap = 75,
        /// The asset's total deposits would exceed what can be represented. `value`: amount, `limit`:
        /// total so far.
        SupplyOverflow = 76,
        /// Pools can grow, not shrink. `value`: asked for, `limit`: present size.
        CapacityShrinks = 77,
        /// An instrument's base and quote must be two different assets. `value`: asset id.
        SameAsset = 78,
        /// The last key that may administer the venue cannot be revoked: add another one first.
        /// `value`: key id.
        LastAdministrator = 79,
    }
}

codes! {
    /// Why an order left the book, or never entered it, without being filled.
    CancelReason {
        /// Its owner asked.
        Requested = 1,
        /// Its owner asked for many.
        MassCancelled = 2,
        /// A replace stated a total at or below the quantity already filled.
        ReplacedBelowFilled = 3,
        /// What an immediate-or-cancel order could not trade.
        IocRemainder = 4,
        /// A fill-or-kill order could not be filled whole.
        FokUnfilled = 5,
        /// A market order found no more orders to trade with.
        NoLiquidity = 6,
        /// A market order reached the collar, or a stop-market buy the price it holds funds for.
        CollarReached = 7,
        /// What is left of a quote amount pays for no further lot.
        QuoteRemainder = 8,
        /// Self-trade prevention.
        SelfTrade = 9,
        /// Its time has come.
        Expired = 10,
        /// The kill switch.
        KillSwitch = 11,
        /// Its session was lost and cancel-on-disconnect was armed.
        Disconnected = 12,
        /// The instrument was closed.
        InstrumentClosed = 13,
        /// An administrator cancelled it.
        Administrator = 14,
    }
}

/// A refusal: the reason, the offending value, and what would have been right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Refusal {
    /// The rule.
    pub reason: RejectReason,
    /// The offending value; its unit is stated at the reason.
    pub value: i64,
    /// The limit that it violates; its unit is stated at the reason.
    pub limit: i64,
}

impl Refusal {
    /// A refusal with its offending value and the limit.
    #[inline]
    pub const fn new(reason: RejectReason, value: i64, limit: i64) -> Self {
        Self {
            reason,
            value,
            limit,
        }
    }
}

impl From<RejectReason> for Refusal {
    fn from(reason: RejectReason) -> Self {
        Self::new(reason, 0, 0)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} (value {}, limit {})",
            self.reason, self.value, self.limit
        )
    }
}

impl core::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_back() {
        for reason in RejectReason::ALL {
            assert_eq!(RejectReason::from_code(reason.code()), Some(*reason));
        }
        for reason in CancelReason::ALL {
            assert_eq!(CancelReason::from_code(reason.code()), Some(*reason));
        }
        assert_eq!(RejectReason::from_code(0), None);
        assert_eq!(CancelReason::from_code(200), None);
    }
}
