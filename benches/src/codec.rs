//! The codec: from a frame to a checked order, and a report into bytes.

use std::hint::black_box;
use std::time::Instant;

use rialto_protocol::order::{new_order, place_order};
use rialto_protocol::refusal::Pair;
use rialto_protocol::{
    Decimal, ExecType, ExecutionReport, Frame, Message, OrderState, WireMessage,
};
use rialto_types::{
    AccountId, Asset, ClientSeq, Instrument, InstrumentId, OrderId, OrderKind, PlaceOrder, Price,
    Qty, ReportSeq, Seq, Side, StpMode, Symbol, TimeInForce, Timestamp,
};

use crate::measure::{Figure, Stopwatch, median};
use crate::workload::instrument;

/// Operations of one run.
const COUNT: usize = 2_000_000;

/// Decoding of a new order with conversion and checks, and encoding of an execution report.
pub(crate) fn measure(runs: usize) -> Vec<Figure> {
    let (instrument, assets) = (instrument(), assets());
    let frame = order_frame(&instrument, &assets);
    let pair = Pair {
        instrument: &instrument,
        base: &assets[0],
        quote: &assets[1],
    };
    let decode = || {
        for message in Frame::new(black_box(&frame)) {
            let Ok(Message::NewOrder(order)) = message else {
                panic!("the frame holds a new order");
            };
            black_box(place_order(&order, pair).expect("the order is valid"));
        }
    };
    let report = report();
    let mut buffer = Vec::with_capacity(1_024);
    let encode = || {
        buffer.clear();
        black_box(&report).encode(&mut buffer);
        black_box(&buffer);
    };
    vec![
        time("codec new order, frame to checked order", runs, decode),
        time("codec execution report, encoded", runs, encode),
    ]
}

fn time(name: &str, runs: usize, mut operation: impl FnMut()) -> Figure {
    let mut means = Vec::new();
    for _ in 0..runs {
        let start = Instant::now();
        for _ in 0..COUNT {
            operation();
        }
        means.push(start.elapsed().as_nanos() as f64 / COUNT as f64);
    }
    let mut stopwatch = Stopwatch::new();
    for _ in 0..COUNT {
        stopwatch.time(&mut operation);
    }
    stopwatch.figure(name, median(means))
}

fn assets() -> [Asset; 2] {
    ["BTC", "USDT"].map(|symbol| Asset {
        symbol: Symbol::new(symbol).expect("a symbol"),
        decimals: 8,
    })
}

fn order_frame(instrument: &Instrument, assets: &[Asset; 2]) -> Vec<u8> {
    let pair = Pair {
        instrument,
        base: &assets[0],
        quote: &assets[1],
    };
    let order = PlaceOrder {
        instrument: instrument.id,
        side: Side::Buy,
        stp: StpMode::CancelTaker,
        kind: OrderKind::Limit {
            price: Price(1_000_000),
            qty: Qty(12),
            tif: TimeInForce::Gtc,
            post_only: false,
        },
        client_order_id: None,
    };
    let mut frame = Vec::new();
    new_order(ClientSeq(1), &order, pair).encode(&mut frame);
    frame
}

/// A report as it follows an order that rests.
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
