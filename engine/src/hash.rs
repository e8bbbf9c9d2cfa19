//! Keyed hashing for the engine's two indexes.
//!
//! Clients choose their order ids and, by what they leave open, which of ours stay. A seed that they do
//! not know keeps them from choosing ids that collide. No map here is ever iterated, so the seed does
//! not reach the state: two cores with different seeds give the same events and the same image.
//!
//! The mixing step is a folded 64 × 64 → 128 bit multiplication, as in wyhash and foldhash.

use rialto_types::{AccountId, ClientOrderId};

/// The secret of the indexes. Taken from the operating system by the process that owns the engine.
#[derive(Clone, Copy)]
pub struct HashSeed(pub [u64; 2]);

impl HashSeed {
    /// A seed that everybody knows: for tests and benchmarks.
    pub const KNOWN: Self = Self([0x9e37_79b9_7f4a_7c15, 0xd1b5_4a32_d192_ed03]);

    /// The tag of one word.
    #[inline]
    pub(crate) fn word(self, word: u64) -> u32 {
        top(fold(word ^ self.0[0], self.0[1] | 1))
    }

    /// The tag of a client order id that belongs to an account.
    #[inline]
    pub(crate) fn client_id(self, owner: AccountId, id: &ClientOrderId) -> u32 {
        let mut state = u64::from(owner.0) ^ self.0[0];
        for word in id.words() {
            state = fold(state ^ word, self.0[1] | 1);
        }
        top(fold(state ^ self.0[1], self.0[0] | 1))
    }
}

impl core::fmt::Debug for HashSeed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("HashSeed(secret)")
    }
}

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "both halves are folded together"
    )]
    let (low, high) = (product as u64, (product >> 64) as u64);
    low ^ high
}

#[inline]
fn top(word: u64) -> u32 {
    (word >> 32) as u32
}
