//! A taker: market orders of random side and size at random moments.

use std::time::Duration;

use rialto_client::{ClientError, ListedInstrument, Session, order};
use rialto_types::{Amount, OrderKind, Qty, Side, Size};

/// The shortest and the longest time between two orders, in ms.
const PAUSE_MS: std::ops::RangeInclusive<u64> = 40..=600;

/// Trades until the session ends.
pub(super) async fn run(
    instrument: &ListedInstrument,
    session: &mut Session,
) -> Result<(), ClientError> {
    let mut random = fastrand::Rng::new();
    loop {
        let pause = tokio::time::sleep(Duration::from_millis(random.u64(PAUSE_MS)));
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => break,
                // Reports are heard and not looked at: this trader has no memory.
                message = session.next() => { message?; }
            }
        }
        let side = if random.bool() { Side::Buy } else { Side::Sell };
        let kind = OrderKind::Market {
            size: size(instrument, &mut random),
        };
        session.submit(order::new(instrument, side, kind))?;
        session.flush().await?;
    }
}

/// Mostly a quantity, now and then a quote amount.
fn size(instrument: &ListedInstrument, random: &mut fastrand::Rng) -> Size {
    let lots = random.i64(50..=1_500);
    if random.u8(0..4) > 0 {
        return Size::Qty(Qty(lots));
    }
    let listed = instrument.instrument();
    let worth = listed.notional(listed.spec.reference_price, Qty(lots));
    worth.map_or(Size::Qty(Qty(lots)), |worth| Size::Quote(Amount(worth.0)))
}
