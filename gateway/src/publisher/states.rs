//! How an instrument stands on each channel: what a new subscriber is told first, and whoever was behind.
//!
//! Messages are handed out encoded, so that one way leads to one member as to all subscribers.

use rialto_protocol::{Channel, WireMessage, definition};
use rialto_types::{InstrumentId, Side, Timestamp};

use super::conflated::listed;
use super::topics::Topics;
use super::{figures, market};
use crate::models::ReadModels;

/// A trade is a message of its own, and takes as long to tell as so many levels of a book.
const LEVELS_OF_A_TRADE: usize = 10;

/// Hands out the messages that tell the present state, in their order; returns how many entries it took to
/// make them. The models are between two commands.
///
/// # Panics
/// When there is no such instrument.
pub(super) fn tell(
    (models, topics): (&ReadModels, &Topics),
    channel: Channel,
    id: InstrumentId,
    now: Timestamp,
    mut send: impl FnMut(&[u8]),
) -> usize {
    let listed = listed(models, id);
    let pair = models.directory().pair(id);
    let pair = pair.expect("the instrument is listed");
    let mut scratch = Vec::new();
    let sides = [Side::Buy, Side::Sell];
    let levels = sides.map(|side| listed.book.level_count(side));
    let orders = sides.map(|side| listed.book.order_count(side));
    match channel {
        Channel::Trades => {
            let tape = models.tape(id).expect("a listed instrument has a tape");
            for print in tape.prints() {
                encoded(&mut scratch, &market::trade_tick(print, pair), &mut send);
            }
            return tape.prints().len() * LEVELS_OF_A_TRADE;
        }
        Channel::Instruments => {
            let message = definition::instrument_definition(pair, models.seq());
            encoded(&mut scratch, &message, &mut send);
        }
        Channel::TopOfBook => {
            let message = market::top_of_book(models, listed.instrument, listed.book);
            encoded(&mut scratch, &message, &mut send);
        }
        Channel::L2Book => {
            listed.l2_snapshot(|message| encoded(&mut scratch, message, &mut send));
            encoded(&mut scratch, &listed.checksum(channel), &mut send);
            return levels.iter().sum();
        }
        Channel::L2Book10ms | Channel::L2Book100ms => {
            listed.l2_conflated_snapshot(channel, |message| {
                encoded(&mut scratch, message, &mut send);
            });
            encoded(&mut scratch, &listed.checksum(channel), &mut send);
            return levels.iter().sum();
        }
        Channel::L3Book => {
            listed.l3_snapshot(|message| encoded(&mut scratch, message, &mut send));
            encoded(&mut scratch, &listed.checksum(channel), &mut send);
            return orders.iter().sum();
        }
        Channel::Statistics => {
            let message = figures::statistics(models, pair, now);
            encoded(&mut scratch, &message, &mut send);
        }
        Channel::Candles1s
        | Channel::Candles1m
        | Channel::Candles5m
        | Channel::Candles15m
        | Channel::Candles1h
        | Channel::Candles4h
        | Channel::Candles1d => {
            let interval = figures::interval_of(channel).expect("a channel of candles");
            let seq = topics.kept_of(id).candle_seq(interval);
            let at = (channel, interval);
            let message = figures::candle_snapshot(models, pair, at, seq, now);
            encoded(&mut scratch, &message, &mut send);
            return message.candles.len();
        }
    }
    1
}

fn encoded(scratch: &mut Vec<u8>, message: &impl WireMessage, send: &mut impl FnMut(&[u8])) {
    scratch.clear();
    message.encode(scratch);
    send(scratch);
}
