//! The gate before the ring: what can be refused without a book and without a balance.
//!
//! One gate per API key, owned by its session. A message passes [`Gate::admit`] as soon as its header is
//! known, then its terms are converted to ticks and lots, then an order passes [`check_limits`]. What the
//! gate refuses never reaches the core and uses no client sequence; the core checks everything again but
//! the rate, so a gate whose view is a little old lets nothing through.
//!
//! A message under a number that was already handed to the core is answered first of all, before any
//! limit: were a resend refused for a price that has moved, its sender would take the order for never
//! placed, and place it twice.
//!
//! Pure: time is an argument. O(1), no allocation.

use rialto_types::{
    ClientSeq, Command, CommandKind, Instrument, InstrumentId, KeyId, Needs, Permissions, Refusal,
    RejectReason, Timestamp,
};

use crate::bucket::{Rate, TokenBucket};
use crate::limits::{self, Market};

/// How fast a key may send; `None` for no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GateLimits {
    /// Placing and replacing; also arming cancel-on-disconnect, which is journaled and takes room in the
    /// ring like an order.
    pub orders: Option<Rate>,
    /// Cancelling: a budget of its own, so that a key that has used up its orders still gets out.
    pub cancels: Option<Rate>,
}

/// What a command uses up of a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// That of orders: placing, replacing, arming cancel-on-disconnect.
    Orders,
    /// That of cancels.
    Cancels,
}

impl Budget {
    /// The budget of a kind of command; none for administration, which no rate holds up.
    #[inline]
    pub fn of(kind: CommandKind) -> Option<Self> {
        if kind.is_cancel() {
            Some(Self::Cancels)
        } else if kind.needs() == Needs::Trade {
            Some(Self::Orders)
        } else {
            None
        }
    }
}

/// A message at the gate, and what the gateway knows of the venue at this moment.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// What is asked for.
    pub kind: CommandKind,
    /// The key that asks.
    pub key: KeyId,
    /// The key's number for it.
    pub client_seq: ClientSeq,
    /// What the key may do; `None` when it is unknown or was revoked.
    pub permissions: Option<Permissions>,
    /// Whether the venue's kill switch is engaged.
    pub kill_switch: bool,
    /// The instrument that the message names, if it names one, and what is listed under that id.
    pub instrument: Option<(InstrumentId, Option<&'a Instrument>)>,
    /// Now, on the clock that the rate is measured by.
    pub now: Timestamp,
}

/// The highest number that a client may give a command: 2^62, out of reach for who counts and far from
/// where numbers end.
pub const CLIENT_SEQ_MAX: ClientSeq = ClientSeq(1 << 62);

/// The state of the gate for one API key.
#[derive(Clone, Debug)]
pub struct Gate {
    /// The highest number that was handed to the core.
    submitted: ClientSeq,
    orders: Option<TokenBucket>,
    cancels: Option<TokenBucket>,
}

impl Gate {
    /// A gate with its whole budget, for a key that the core has heard of up to `applied`.
    pub fn new(limits: &GateLimits, applied: ClientSeq, now: Timestamp) -> Self {
        let bucket = |rate: Option<Rate>| rate.map(|rate| TokenBucket::new(rate, now));
        Self {
            submitted: applied,
            orders: bucket(limits.orders),
            cancels: bucket(limits.cancels),
        }
    }

    /// The highest client sequence that was handed to the core.
    pub const fn submitted(&self) -> ClientSeq {
        self.submitted
    }

    /// Notes that the core has been handed a command under this number.
    #[inline]
    pub fn set_submitted(&mut self, client_seq: ClientSeq) {
        self.submitted = self.submitted.max(client_seq);
    }

    /// Refuses what must not come in whatever its terms are. Checks, in this order: the key is known,
    /// its number is new, it has the permission, the kill switch (for placing and replacing), the
    /// instrument is listed, the rate.
    ///
    /// # Errors
    /// The first check that fails. Only a message that passes all checks before the rate uses a token.
    #[inline]
    pub fn admit(&mut self, arrival: &Arrival<'_>) -> Result<(), Refusal> {
        let permissions = arrival
            .permissions
            .ok_or_else(|| Refusal::new(RejectReason::UnknownKey, i64::from(arrival.key.0), 0))?;
        self.check_number(arrival.client_seq)?;
        check_permission(permissions, arrival.kind)?;
        let adds_risk = matches!(arrival.kind, CommandKind::Place | CommandKind::Replace);
        if adds_risk && arrival.kill_switch {
            return Err(RejectReason::KillSwitch.into());
        }
        if let Some((id, None)) = arrival.instrument {
            let value = i64::from(id.0);
            return Err(Refusal::new(RejectReason::UnknownInstrument, value, 0));
        }
        match self.bucket(arrival.kind) {
            Some(bucket) => bucket.take(arrival.now),
            None => Ok(()),
        }
    }

    /// Takes the token of an arming that carries no number: the one of a logon.
    ///
    /// # Errors
    /// [`RejectReason::RateExceeded`], with how long to wait.
    pub fn admit_unnumbered_arming(&mut self, now: Timestamp) -> Result<(), Refusal> {
        match self.bucket(CommandKind::ArmCancelOnDisconnect) {
            Some(bucket) => bucket.take(now),
            None => Ok(()),
        }
    }

    /// Gives back the token of a message that was admitted and then refused for a rate that is not the
    /// key's own.
    #[inline]
    pub fn give_back(&mut self, kind: CommandKind) {
        if let Some(bucket) = self.bucket(kind) {
            bucket.give_back();
        }
    }

    /// The bucket that a command of this kind takes from, if one does.
    #[inline]
    fn bucket(&mut self, kind: CommandKind) -> Option<&mut TokenBucket> {
        match Budget::of(kind)? {
            Budget::Orders => self.orders.as_mut(),
            Budget::Cancels => self.cancels.as_mut(),
        }
    }

    #[inline]
    fn check_number(&self, client_seq: ClientSeq) -> Result<(), Refusal> {
        let number = |seq: ClientSeq| i64::try_from(seq.0).unwrap_or(i64::MAX);
        if client_seq > CLIENT_SEQ_MAX {
            // A key that has used the highest number of all could never be used again.
            let (value, limit) = (number(client_seq), number(CLIENT_SEQ_MAX));
            return Err(Refusal::new(RejectReason::InvalidField, value, limit));
        }
        if client_seq > self.submitted {
            return Ok(());
        }
        Err(Refusal::new(
            RejectReason::DuplicateSequence,
            number(client_seq),
            number(self.submitted),
        ))
    }
}

/// Refuses a command of a kind that these permissions do not allow.
///
/// # Errors
/// [`RejectReason::NotPermitted`], with the bits that are there and those that are needed.
#[inline]
pub fn check_permission(permissions: Permissions, kind: CommandKind) -> Result<(), Refusal> {
    let refused = |needed: u8| {
        Err(Refusal::new(
            RejectReason::NotPermitted,
            i64::from(permissions.bits()),
            i64::from(needed),
        ))
    };
    let needed = match kind.needs() {
        Needs::Trade => Permissions::TRADE,
        Needs::Admin => Permissions::ADMIN,
        Needs::Venue => return refused(0),
    };
    if permissions.allows(needed) {
        Ok(())
    } else {
        refused(needed.bits())
    }
}

/// Refuses an order by its terms: combination, size, price, notional, expiry, collar. Other commands
/// pass: whether a replaced order is a buy or a sell, which its collar depends on, only the core knows.
///
/// # Errors
/// The first check that fails, in the order of docs/MATCHING.md.
#[inline]
pub fn check_limits(
    command: &Command,
    instrument: &Instrument,
    market: &Market,
) -> Result<(), Refusal> {
    let Command::Place(order) = command else {
        return Ok(());
    };
    limits::check_combination(order)?;
    limits::check_order(instrument, order, market)
}

#[cfg(test)]
mod tests {
    use rialto_types::{
        Amount, Asset, AssetId, InstrumentSpec, OrderKind, PlaceOrder, Ppm, Price, Qty, Side,
        StpMode, Symbol, TimeInForce,
    };

    use super::*;

    const TRADER: Permissions = Permissions::READ.with(Permissions::TRADE);

    fn gate() -> Gate {
        let rate = |burst| {
            Some(Rate {
                per_second: 10,
                burst,
            })
        };
        let limits = GateLimits {
            orders: rate(2),
            cancels: rate(3),
        };
        Gate::new(&limits, ClientSeq(100), Timestamp(0))
    }

    fn arrival(kind: CommandKind) -> Arrival<'static> {
        Arrival {
            kind,
            key: KeyId(7),
            client_seq: ClientSeq(101),
            permissions: Some(TRADER),
            kill_switch: false,
            instrument: None,
            now: Timestamp(0),
        }
    }

    fn refusal(reason: RejectReason, value: i64, limit: i64) -> Result<(), Refusal> {
        Err(Refusal::new(reason, value, limit))
    }

    #[test]
    fn each_check_refuses_with_its_values() {
        use CommandKind::{AddKey, Cancel, Place, Replace, Tick};
        let place = arrival(Place);
        let cases = [
            (
                Arrival {
                    permissions: None,
                    ..place
                },
                refusal(RejectReason::UnknownKey, 7, 0),
            ),
            (
                Arrival {
                    client_seq: ClientSeq(100),
                    ..place
                },
                refusal(RejectReason::DuplicateSequence, 100, 100),
            ),
            (
                Arrival {
                    permissions: Some(Permissions::READ),
                    ..place
                },
                refusal(RejectReason::NotPermitted, 1, 2),
            ),
            (arrival(AddKey), refusal(RejectReason::NotPermitted, 3, 4)),
            (arrival(Tick), refusal(RejectReason::NotPermitted, 3, 0)),
            (
                Arrival {
                    kill_switch: true,
                    ..place
                },
                refusal(RejectReason::KillSwitch, 0, 0),
            ),
            (
                Arrival {
                    kill_switch: true,
                    ..arrival(Replace)
                },
                refusal(RejectReason::KillSwitch, 0, 0),
            ),
            (
                Arrival {
                    kill_switch: true,
                    ..arrival(Cancel)
                },
                Ok(()),
            ),
            (
                Arrival {
                    instrument: Some((InstrumentId(9), None)),
                    ..place
                },
                refusal(RejectReason::UnknownInstrument, 9, 0),
            ),
            (place, Ok(())),
        ];
        for (case, expected) in cases {
            assert_eq!(gate().admit(&case), expected, "{case:?}");
        }
    }

    #[test]
    fn the_checks_stand_in_their_order() {
        // Everything is wrong at once; putting right one thing after the other meets the next check.
        let mut gate = gate();
        let mut case = Arrival {
            permissions: None,
            client_seq: ClientSeq(1),
            kill_switch: true,
            instrument: Some((InstrumentId(9), None)),
            ..arrival(CommandKind::Place)
        };
        let reason = |gate: &mut Gate, case: &Arrival<'_>| gate.admit(case).unwrap_err().reason;
        assert_eq!(reason(&mut gate, &case), RejectReason::UnknownKey);
        case.permissions = Some(Permissions::READ);
        assert_eq!(reason(&mut gate, &case), RejectReason::DuplicateSequence);
        case.client_seq = ClientSeq(101);
        assert_eq!(reason(&mut gate, &case), RejectReason::NotPermitted);
        case.permissions = Some(TRADER);
        assert_eq!(reason(&mut gate, &case), RejectReason::KillSwitch);
        case.kill_switch = false;
        assert_eq!(reason(&mut gate, &case), RejectReason::UnknownInstrument);
        case.instrument = None;
        // Nothing refused so far has used a token.
        assert_eq!(gate.admit(&case), Ok(()));
        assert_eq!(gate.admit(&case), Ok(()));
        assert_eq!(reason(&mut gate, &case), RejectReason::RateExceeded);
    }

    #[test]
    fn cancels_have_a_budget_of_their_own() {
        let mut gate = gate();
        let count = |gate: &mut Gate, kind| {
            (0..100)
                .take_while(|_| gate.admit(&arrival(kind)).is_ok())
                .count()
        };
        assert_eq!(count(&mut gate, CommandKind::Place), 2);
        assert_eq!(count(&mut gate, CommandKind::Replace), 0);
        assert_eq!(count(&mut gate, CommandKind::Cancel), 3);
        assert_eq!(count(&mut gate, CommandKind::MassCancel), 0);
    }

    #[test]
    fn whatever_a_trader_sends_has_a_budget() {
        let trading = CommandKind::ALL
            .into_iter()
            .filter(|kind| kind.needs() == Needs::Trade);
        for kind in trading {
            let mut gate = gate();
            let admitted = (0..100)
                .take_while(|_| gate.admit(&arrival(kind)).is_ok())
                .count();
            let budget = if kind.is_cancel() { 3 } else { 2 };
            assert_eq!(admitted, budget, "{kind:?}");
        }
    }

    #[test]
    fn administration_has_none() {
        let mut gate = gate();
        let admin = Arrival {
            permissions: Some(Permissions::ADMIN),
            ..arrival(CommandKind::EngageKillSwitch)
        };
        for _ in 0..100 {
            assert_eq!(gate.admit(&admin), Ok(()));
        }
    }

    #[test]
    fn a_number_counts_as_used_once_the_core_has_it() {
        let mut gate = gate();
        let place = arrival(CommandKind::Place);
        assert_eq!(gate.admit(&place), Ok(()));
        // The ring was full: the same number may come again.
        assert_eq!(gate.admit(&place), Ok(()));
        gate.set_submitted(place.client_seq);
        assert_eq!(
            gate.admit(&place),
            refusal(RejectReason::DuplicateSequence, 101, 101)
        );
        gate.set_submitted(ClientSeq(50));
        assert_eq!(gate.submitted(), ClientSeq(101));
    }

    #[test]
    fn no_number_uses_a_key_up() {
        let mut gate = gate();
        let numbered = |number| Arrival {
            client_seq: ClientSeq(number),
            ..arrival(CommandKind::Place)
        };
        let most = i64::try_from(CLIENT_SEQ_MAX.0).unwrap();
        for (number, value) in [(CLIENT_SEQ_MAX.0 + 1, most + 1), (u64::MAX, i64::MAX)] {
            let refused = refusal(RejectReason::InvalidField, value, most);
            assert_eq!(gate.admit(&numbered(number)), refused);
        }
        assert_eq!(gate.admit(&numbered(CLIENT_SEQ_MAX.0)), Ok(()));
    }

    #[test]
    fn without_limits_nothing_is_counted() {
        let mut gate = Gate::new(&GateLimits::default(), ClientSeq(0), Timestamp(0));
        for _ in 0..10_000 {
            assert_eq!(gate.admit(&arrival(CommandKind::Place)), Ok(()));
        }
    }

    #[test]
    fn an_order_is_checked_against_the_collar_of_the_last_trade() {
        let asset = |symbol: &str| Asset {
            symbol: Symbol::new(symbol).unwrap(),
            decimals: 8,
        };
        let spec = InstrumentSpec {
            symbol: Symbol::new("A-B").unwrap(),
            base: AssetId(1),
            quote: AssetId(2),
            tick_mantissa: 100_000_000,
            lot_mantissa: 100_000_000,
            min_qty: Qty(1),
            max_qty: Qty(100),
            min_notional: Amount(0),
            max_notional: Amount(i64::MAX),
            collar: Ppm(100_000),
            reference_price: Price(100),
            maker_fee: Ppm(0),
            taker_fee: Ppm(0),
        };
        let instrument = Instrument::new(InstrumentId(1), spec, &asset("A"), &asset("B")).unwrap();
        let buy = |price, tif, post_only| {
            Command::Place(PlaceOrder {
                instrument: InstrumentId(1),
                side: Side::Buy,
                stp: StpMode::CancelTaker,
                kind: OrderKind::Limit {
                    price: Price(price),
                    qty: Qty(1),
                    tif,
                    post_only,
                },
                client_order_id: None,
            })
        };
        let market = |last_trade: Option<i64>| Market {
            last_trade: last_trade.map(Price),
            time: Timestamp(1),
        };
        let check = |command: &Command, last| check_limits(command, &instrument, &market(last));
        let gtc = TimeInForce::Gtc;
        assert_eq!(check(&buy(110, gtc, false), None), Ok(()));
        assert_eq!(
            check(&buy(111, gtc, false), None),
            refusal(RejectReason::PriceAboveCollar, 111, 110)
        );
        assert_eq!(check(&buy(111, gtc, false), Some(200)), Ok(()));
        assert_eq!(
            check(&buy(1, TimeInForce::Ioc, true), None),
            refusal(RejectReason::InvalidCombination, 0, 0)
        );
        let disarm = Command::ArmCancelOnDisconnect { armed: false };
        assert_eq!(check(&disarm, None), Ok(()));
    }
}
