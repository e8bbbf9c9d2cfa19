//! Checksums of books: what a client's book must come to, so that it can prove that it missed nothing.
//!
//! The exchange sends them in [`BookChecksum`](crate::BookChecksum); both sides compute them here. Summed
//! are the bytes of entries as a snapshot lays them out, first those of the buy side, then those of the
//! sell side, each from the best on and at most [`CHECKSUM_ENTRIES_MAX`] of a side. The sum is a CRC-32C,
//! the one of iSCSI (RFC 3720, section 12.1), which processors compute. Cost: some 50 entries, well under
//! a microsecond; nothing is allocated.

use crate::codec::Entry;
use crate::{BookOrder, Level};

/// The most entries of each side that a checksum covers.
pub const CHECKSUM_ENTRIES_MAX: usize = 25;

/// The longest entry that is summed.
const ENTRY_BYTES_MAX: usize = 32;

/// The checksum of an L2 book: its price levels, the best one of each side first.
pub fn of_levels(
    bids: impl IntoIterator<Item = Level>,
    asks: impl IntoIterator<Item = Level>,
) -> u32 {
    sum(sum(0, bids), asks)
}

/// The checksum of an L3 book: its orders, of each side the one first that trades first.
pub fn of_orders(
    bids: impl IntoIterator<Item = BookOrder>,
    asks: impl IntoIterator<Item = BookOrder>,
) -> u32 {
    sum(sum(0, bids), asks)
}

fn sum<E: Entry>(sum: u32, side: impl IntoIterator<Item = E>) -> u32 {
    let entries = side.into_iter().take(CHECKSUM_ENTRIES_MAX);
    entries.fold(sum, |sum, entry| {
        let mut bytes = [0; ENTRY_BYTES_MAX];
        let bytes = &mut bytes[..E::BLOCK_LENGTH];
        entry.put(bytes);
        crc32c::crc32c_append(sum, bytes)
    })
}

#[cfg(test)]
mod tests {
    use rialto_types::{OrderId, Side};

    use super::*;
    use crate::Decimal;

    fn level(side: Side, price: i64) -> Level {
        Level {
            price: Decimal(price),
            quantity: Decimal(price * 3).into(),
            order_count: 2,
            side: side.into(),
        }
    }

    fn order(id: u64, side: Side) -> BookOrder {
        BookOrder {
            order_id: OrderId(id),
            price: Decimal(7),
            quantity: Decimal(9),
            side: side.into(),
        }
    }

    #[test]
    fn the_sum_is_that_of_the_bytes_in_a_snapshot() {
        assert_eq!(of_levels([], []), 0);
        let bytes: Vec<u8> = [(7_i64, 0_u8), (9, 1)]
            .into_iter()
            .flat_map(|(price, side)| {
                let mut entry = price.to_le_bytes().to_vec();
                entry.extend((price * 3).to_le_bytes());
                entry.push(0xf8);
                entry.extend(2_u32.to_le_bytes());
                entry.push(side);
                entry
            })
            .collect();
        let found = of_levels([level(Side::Buy, 7)], [level(Side::Sell, 9)]);
        assert_eq!(found, crc32c::crc32c(&bytes));
        // The check value of the CRC catalogues, so that it is this CRC and no other.
        assert_eq!(crc32c::crc32c(b"123456789"), 0xE306_9283);
    }

    #[test]
    fn what_lies_beyond_the_entries_that_count_changes_nothing() {
        let deep = |count: i64| (1..=count).map(|price| level(Side::Sell, price));
        let most = i64::try_from(CHECKSUM_ENTRIES_MAX).expect("few");
        assert_eq!(of_levels([], deep(most)), of_levels([], deep(most + 1)));
        assert_ne!(of_levels([], deep(most)), of_levels([], deep(most - 1)));
    }

    #[test]
    fn the_order_and_the_side_of_orders_count() {
        let (one, two) = (order(1, Side::Buy), order(2, Side::Buy));
        assert_ne!(of_orders([one, two], []), of_orders([two, one], []));
        assert_ne!(of_orders([one], []), of_orders([order(1, Side::Sell)], []));
    }
}
