//! The hot path takes nothing from the allocator: placing, cancelling, replacing, matching, settling,
//! journaling, and writing events, after the pools were taken.
//!
//! The book alone and the full core with its mapped journal play W1, W2 and W3, with and without client order
//! ids. The allocator counts what the thread takes meanwhile.

use std::path::PathBuf;

use rialto_benches::allocations::{CountingAllocator, Tally};
use rialto_benches::book::BookPlayer;
use rialto_benches::core::CorePlayer;
use rialto_benches::measure::Player;
use rialto_benches::venue::{VenueSize, timed_inputs};
use rialto_benches::workload::Kind;
use rialto_journal::SegmentBytes;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Long enough for the 20,000 ids and levels that come and go, and for several segments of the journal.
const MESSAGES: usize = 200_000;
/// So small that the messages of one workload need several.
const SEGMENT_BYTES: u64 = 4 << 20;

/// Plays the messages and demands that none of them took memory.
fn play<P: Player>(name: &str, player: &mut P, messages: &[P::Item]) {
    for (at, message) in messages.iter().enumerate() {
        let before = Tally::now();
        player.play(message);
        let taken = before.since();
        assert_eq!(taken, Tally::default(), "{name}: message {at} took memory");
    }
}

fn each_workload(mut test: impl FnMut(Kind, bool)) {
    for kind in Kind::ALL {
        for client_ids in [false, true] {
            test(kind, client_ids);
        }
    }
}

#[test]
fn the_allocator_counts() {
    let before = Tally::now();
    let taken = std::hint::black_box(vec![0_u8; 1_000]);
    assert_eq!(
        before.since(),
        Tally {
            count: 1,
            bytes: 1_000
        }
    );
    drop(taken);
    assert_eq!(before.since(), Tally { count: 1, bytes: 0 });
}

#[test]
fn the_book_takes_no_memory() {
    each_workload(|kind, client_ids| {
        let workload = kind.generate(MESSAGES, client_ids);
        let mut player = BookPlayer::warm(&workload);
        let name = format!("book {}, client ids {client_ids}", kind.name());
        play(&name, &mut player, &workload.messages);
        assert!(
            player.book().open_order_count() > 900,
            "{name}: the book was populated"
        );
    });
}

#[test]
fn the_core_takes_no_memory() {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let segment_bytes = SegmentBytes::new(SEGMENT_BYTES).unwrap();
    each_workload(|kind, client_ids| {
        let workload = kind.generate(MESSAGES, client_ids);
        let player = CorePlayer::on_files(&directory, segment_bytes, VenueSize::default());
        let mut player = player.warm(&workload);
        let name = format!("core {}, client ids {client_ids}", kind.name());
        play(&name, &mut player, &timed_inputs(&workload));
        assert!(
            player.exchange().open_order_count() > 900,
            "{name}: the book was populated"
        );
    });
}
