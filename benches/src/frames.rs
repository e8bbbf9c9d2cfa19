//! What the codec is measured with: a frame with a new order, and the report that follows an order that rests.

use std::hint::black_box;

use rialto_protocol::order::{new_order, place_order};
use rialto_protocol::refusal::Pair;
use rialto_protocol::{
    Decimal, ExecType, ExecutionReport, Frame, Message, OrderState, WireMessage,
};
use rialto_types::{
    AccountId, Asset, ClientSeq, Instrument, InstrumentId, OrderId, OrderKind, PlaceOrder, Price,
    Qty, ReportSeq, Seq, Side, StpMode, Symbol, TimeInForce, Timestamp,
};

use crate::message::instrument;

/// Decodes one frame again and again.
#[derive(Debug)]
pub struct Decoding {
    instrument: Instrument,
    assets: [Asset; 2],
    frame: Vec<u8>,
}

impl Decoding {
    /// With a frame of one limit order without a client order id.
    ///
    /// # Panics
    /// Never: the symbols are legal.
    pub fn new() -> Self {
        let mut decoding = Self {
            instrument: instrument(),
            assets: ["BTC", "USDT"].map(|symbol| Asset {
                symbol: Symbol::new(symbol).expect("a symbol"),
                decimals: 8,
            }),
            frame: Vec::new(),
        };
        let mut frame = Vec::new();
        new_order(ClientSeq(1), &resting_order(), decoding.pair()).encode(&mut frame);
        decoding.frame = frame;
        decoding
    }

    /// From the frame's bytes to a checked order.
    ///
    /// # Panics
    /// Never: the frame is valid.
    #[inline]
    pub fn run(&self) {
        for message in Frame::new(black_box(&self.frame)) {
            let Ok(Message::NewOrder(order)) = message else {
                panic!("the frame holds a new order");
            };
            black_box(place_order(&order, self.pair()).expect("the order is valid"));
        }
    }

    fn pair(&self) -> Pair<'_> {
        Pair {
            instrument: &self.instrument,
            base: &self.assets[0],
            quote: &self.assets[1],
        }
    }
}

impl Default for Decoding {
    fn default() -> Self {
        Self::new()
    }
}

/// Encodes one report again and again.
#[derive(Debug)]
pub struct Encoding {
    report: ExecutionReport,
    buffer: Vec<u8>,
}

impl Encoding {
    /// With the report of an order that rests.
    pub fn new() -> Self {
        Self {
            report: report(),
            buffer: Vec::with_capacity(1_024),
        }
    }

    /// From the report to bytes.
    #[inline]
    pub fn run(&mut self) {
        self.buffer.clear();
        black_box(&self.report).encode(&mut self.buffer);
        black_box(&self.buffer);
    }
}

impl Default for Encoding {
    fn default() -> Self {
        Self::new()
    }
}

fn resting_order() -> PlaceOrder {
    PlaceOrder {
        instrument: InstrumentId(1),
        side: Side::Buy,
        stp: StpMode::CancelTaker,
        kind: OrderKind::Limit {
            price: Price(1_000_000),
            qty: Qty(12),
            tif: TimeInForce::Gtc,
            post_only: false,
        },
        client_order_id: None,
    }
}

fn report() -> ExecutionReport {
    ExecutionReport {
        core_seq: Seq(1_000_000),
        transact_time: Timestamp(1_700_000_000_000_000_000),
        report_seq: Some(ReportSeq(77)),
        account_id: AccountId(7),
        instrument_id: Some(InstrumentId(1)),
        client_seq: Some(ClientSeq(1)),
        order_id: Some(OrderId(123_456)),
        price: Some(Decimal(6_000_000_000_000)),
        order_quantity: Some(Decimal(1_200_000_000)),
        leaves_quantity: Some(Decimal(1_200_000_000)),
        exec_type: ExecType::New.into(),
        order_status: Some(OrderState::New.into()),
        ..ExecutionReport::default()
    }
}
