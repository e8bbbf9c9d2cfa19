//! Ours: the book alone, and the full core with journal, accounts, holds, settlement and fees.

use std::path::Path;

use rialto_benches::book::{BookPlayer, ORDERS_MAX};
use rialto_benches::core::CorePlayer;
use rialto_benches::measure::Player;
use rialto_benches::message::Message;
use rialto_benches::venue::{VenueSize, inputs, timed_inputs};
use rialto_journal::SegmentBytes;
use rialto_types::{ClientSeq, Event, EventBody, Input};

use super::Engine;
use crate::reports::Outcome;
use crate::steps::Flow;

/// The book without accounts.
pub(crate) struct RialtoBook {
    player: BookPlayer,
    outcome: Outcome,
}

/// The full core.
pub(crate) struct RialtoCore {
    player: CorePlayer,
    outcome: Outcome,
}

impl Engine for RialtoBook {
    const NAME: &'static str = "Rialto, book";

    fn translate(flow: &Flow) -> (Vec<Message>, Vec<Message>) {
        let workload = &flow.workload;
        (workload.warm_up.clone(), workload.messages.clone())
    }

    fn new() -> Self {
        Self {
            player: BookPlayer::empty(ORDERS_MAX),
            outcome: Outcome::default(),
        }
    }

    fn outcome(&self) -> Outcome {
        self.outcome
    }
}

impl Player for RialtoBook {
    type Item = Message;

    #[inline]
    fn play(&mut self, message: &Message) {
        self.player.play(message);
        add(&mut self.outcome, self.player.events());
    }
}

impl Engine for RialtoCore {
    const NAME: &'static str = "Rialto, full core with journal";

    fn translate(flow: &Flow) -> (Vec<Input>, Vec<Input>) {
        let warm_up = inputs(&flow.workload.warm_up, ClientSeq(1));
        (warm_up, timed_inputs(&flow.workload))
    }

    fn new() -> Self {
        let (directory, size) = (Path::new("target"), VenueSize::default());
        Self {
            player: CorePlayer::on_files(directory, SegmentBytes::default(), size),
            outcome: Outcome::default(),
        }
    }

    fn outcome(&self) -> Outcome {
        self.outcome
    }
}

impl Player for RialtoCore {
    type Item = Input;

    #[inline]
    fn play(&mut self, input: &Input) {
        self.player.play(input);
        add(&mut self.outcome, self.player.events());
    }
}

#[inline]
fn add(outcome: &mut Outcome, events: &[Event]) {
    for event in events {
        match &event.body {
            EventBody::Trade(trade) => {
                outcome.fills += 1;
                outcome.lots += trade.qty.0.unsigned_abs();
            }
            EventBody::Rejected(_) => outcome.refused += 1,
            _ => {}
        }
    }
}
