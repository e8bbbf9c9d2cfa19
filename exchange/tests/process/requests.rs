//! Random requests of a trader: every kind of order, cancels, replaces, and now and then nonsense.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fastrand::Rng;
use rialto_client::{ClientError, Directory, ListedInstrument, Sequenced, Session, order};
use rialto_protocol::{
    ArmCancelOnDisconnect, Boolean, CancelOrder, MassCancel, Message, NewOrder, ReplaceOrder,
    Transfer, convert,
};
use rialto_types::{
    AccountId, Amount, AssetId, ClientOrderId, ClientSeq, InstrumentId, OrderId, OrderKind,
    OrderRef, Price, Qty, Side, Size, SourceId, StpMode, TimeInForce, Timestamp,
};

/// Something that changes state, to be sent once more under its number when no answer comes.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    New(NewOrder),
    Cancel(CancelOrder),
    Replace(ReplaceOrder),
    MassCancel(MassCancel),
    Arm(ArmCancelOnDisconnect),
    Transfer(Transfer),
}

impl Request {
    /// Queues it under this number.
    pub(crate) fn queue(&self, seq: ClientSeq, session: &mut Session) -> Result<(), ClientError> {
        match self.message(seq) {
            Message::NewOrder(message) => session.queue(&message),
            Message::CancelOrder(message) => session.queue(&message),
            Message::ReplaceOrder(message) => session.queue(&message),
            Message::MassCancel(message) => session.queue(&message),
            Message::ArmCancelOnDisconnect(message) => session.queue(&message),
            Message::Transfer(message) => session.queue(&message),
            other => unreachable!("no request is a {}", other.name()),
        }
    }

    /// The message that it is under this number.
    pub(crate) fn message(&self, seq: ClientSeq) -> Message {
        fn numbered<M: Sequenced + Clone + Into<Message>>(message: &M, seq: ClientSeq) -> Message {
            let mut message = message.clone();
            message.set_client_seq(seq);
            message.into()
        }
        match self {
            Self::New(message) => numbered(message, seq),
            Self::Cancel(message) => numbered(message, seq),
            Self::Replace(message) => numbered(message, seq),
            Self::MassCancel(message) => numbered(message, seq),
            Self::Arm(message) => numbered(message, seq),
            Self::Transfer(message) => numbered(message, seq),
        }
    }
}

/// Orders that a trader remembers, to cancel and replace them.
const REMEMBERED_MAX: usize = 64;
/// Names that a trader gives its orders: few, so that some are taken.
const NAMES: u32 = 40;

/// Thinks of a trader's requests.
#[derive(Debug)]
pub(crate) struct Whims {
    rng: Rng,
    directory: Arc<Directory>,
    open: VecDeque<(InstrumentId, OrderId)>,
}

impl Whims {
    pub(crate) fn new(seed: u64, directory: Arc<Directory>) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            directory,
            open: VecDeque::new(),
        }
    }

    /// Whether to ask for what was missed, this time.
    pub(crate) fn asks(&mut self) -> bool {
        self.rng.bool()
    }

    /// Remembers an order, and forgets the oldest when there are many.
    pub(crate) fn remember(&mut self, instrument: InstrumentId, order: OrderId) {
        if self.open.len() == REMEMBERED_MAX {
            self.open.pop_front();
        }
        self.open.push_back((instrument, order));
    }

    /// The next request.
    pub(crate) fn next(&mut self) -> Request {
        match self.rng.u32(..100) {
            0..70 => Request::New(self.order()),
            70..84 => {
                let (instrument, order) = self.target();
                Request::Cancel(order::cancel(instrument, order))
            }
            84..97 => {
                let (instrument, order) = self.target();
                let directory = Arc::clone(&self.directory);
                let listed = directory.instrument(instrument).unwrap();
                let (price, qty) = (self.price(listed), self.qty());
                Request::Replace(order::replace(listed, order, price, qty))
            }
            97 => {
                let instrument = self.rng.bool().then(|| self.instrument());
                let side = [None, Some(Side::Buy), Some(Side::Sell)];
                let side = side[self.rng.usize(..3)];
                Request::MassCancel(order::mass_cancel(instrument, side))
            }
            _ => {
                let armed = [Boolean::True, Boolean::False][self.rng.usize(..2)];
                Request::Arm(ArmCancelOnDisconnect {
                    armed: armed.into(),
                    ..ArmCancelOnDisconnect::default()
                })
            }
        }
    }

    fn instrument(&mut self) -> InstrumentId {
        InstrumentId(self.rng.u32(1..=3))
    }

    /// An order to be cancelled or replaced: mostly one that was open once.
    fn target(&mut self) -> (InstrumentId, OrderRef) {
        if self.open.is_empty() || self.rng.u32(..8) == 0 {
            return (self.instrument(), OrderRef::Client(self.name()));
        }
        let count = self.open.len();
        // Old orders have mostly gone.
        let newest = if self.rng.bool() { 4 } else { count };
        let back = self.rng.usize(1..=newest.min(count));
        let (instrument, id) = self.open[count - back];
        (instrument, OrderRef::Id(id))
    }

    fn name(&mut self) -> ClientOrderId {
        let name = format!("name-{}", self.rng.u32(..NAMES));
        ClientOrderId::new(&name).unwrap()
    }

    /// Around the reference, so that about half of the orders meet another.
    fn price(&mut self, listed: &ListedInstrument) -> Price {
        let reference = listed.instrument().spec.reference_price.0;
        let reach = (reference / 1_000).max(3);
        Price(reference + self.rng.i64(-reach..=reach))
    }

    fn qty(&mut self) -> Qty {
        match self.rng.u32(..200) {
            // More than anybody can pay for.
            0 => Qty(10_000_000),
            _ => Qty(self.rng.i64(10..=300)),
        }
    }

    fn order(&mut self) -> NewOrder {
        let directory = Arc::clone(&self.directory);
        let id = self.instrument();
        let listed = directory.instrument(id).unwrap();
        let side = [Side::Buy, Side::Sell][self.rng.usize(..2)];
        let kind = self.kind(listed);
        let modes = [
            StpMode::None,
            StpMode::CancelTaker,
            StpMode::CancelMaker,
            StpMode::CancelBoth,
            StpMode::Decrement,
        ];
        let mode = modes[self.rng.usize(..modes.len())];
        let placed = order::with_stp(order::new(listed, side, kind), mode);
        match self.rng.u32(..4) {
            0 => order::named(placed, self.name()),
            _ => placed,
        }
    }

    fn kind(&mut self, listed: &ListedInstrument) -> OrderKind {
        let (price, qty) = (self.price(listed), self.qty());
        let post_only = false;
        let tif = match self.rng.u32(..10) {
            0..7 => TimeInForce::Gtc,
            7 => TimeInForce::Ioc,
            8 => TimeInForce::Fok,
            _ => TimeInForce::Gtd(self.expiry()),
        };
        let size = match self.rng.u32(..4) {
            0 => Size::Quote(listed.instrument().notional(price, qty).unwrap()),
            _ => Size::Qty(qty),
        };
        match self.rng.u32(..20) {
            0..12 => OrderKind::Limit {
                price,
                qty,
                tif,
                post_only,
            },
            12..14 => OrderKind::Limit {
                price,
                qty,
                tif: TimeInForce::Gtc,
                post_only: true,
            },
            14..17 => OrderKind::Market { size },
            17..19 => OrderKind::StopLimit {
                stop: self.price(listed),
                price,
                qty,
                tif,
            },
            _ => OrderKind::StopMarket {
                stop: price,
                size: Size::Qty(qty),
            },
        }
    }

    /// Soon: some expire before anybody takes them, some in the next life of the exchange.
    fn expiry(&mut self) -> Timestamp {
        let soon = Duration::from_millis(1 << self.rng.u32(..9));
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + soon;
        Timestamp(u64::try_from(at.as_nanos()).unwrap())
    }
}

/// A transfer of `amount` units.
pub(crate) fn transfer(
    directory: &Directory,
    source: SourceId,
    sequence: u64,
    account: AccountId,
    (asset, amount): (AssetId, Amount),
) -> Transfer {
    Transfer {
        transfer_seq: sequence,
        account_id: account,
        amount: convert::amount_scaled(directory.asset(asset).unwrap(), amount),
        asset_id: asset,
        source_id: source,
        ..Transfer::default()
    }
}
