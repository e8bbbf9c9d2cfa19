//! What a sequence is like: how many accounts, how much room, which commands how often.

use rialto_types::Capacity;

use super::rng::SplitMix64;

/// The character of a generated sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// What a failing test calls it.
    pub name: &'static str,
    /// Accounts with funds from the beginning. At least 1.
    pub accounts: u32,
    /// The pools at the beginning.
    pub capacity: Capacity,
    /// How large prices, quantities and balances are.
    pub scale: Scale,
    /// Out of a hundred accounts, how many are too poor for most orders.
    pub poor_percent: u32,
    /// How often which command comes.
    pub weights: Weights,
    /// Out of a hundred limit prices, how many lie far behind the best one, at any distance.
    pub far_percent: u32,
    /// How often a placed order is a limit, market, stop-limit, stop-market order.
    pub kinds: [u32; 4],
}

/// How large the numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Odd but small: prices of 37 to 1,000 ticks, orders of up to some hundred lots.
    Small,
    /// Near the ends of 64 bits, so that products and sums do not fit.
    Huge,
}

/// How often which command comes, in any unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weights {
    /// A new order.
    pub place: u32,
    /// A replace of an open order.
    pub replace: u32,
    /// A cancel of an open order.
    pub cancel: u32,
    /// A mass cancel.
    pub mass_cancel: u32,
    /// Arming, disarming and losing sessions.
    pub sessions: u32,
    /// Funds in and out.
    pub transfer: u32,
    /// Something an administrator may do, mostly sensible.
    pub administer: u32,
    /// Any command with any numbers.
    pub wild: u32,
}

/// What most sequences are made of.
const USUAL: Weights = Weights {
    place: 600,
    replace: 110,
    cancel: 60,
    mass_cancel: 4,
    sessions: 12,
    transfer: 30,
    administer: 15,
    wild: 20,
};

const ROOMY: Capacity = Capacity {
    orders: 160,
    orders_per_account: 60,
    accounts: 10,
    balances: 40,
    keys: 40,
    instruments: 7,
    assets: 6,
};

const BUSY: Profile = Profile {
    name: "busy",
    accounts: 6,
    capacity: ROOMY,
    scale: Scale::Small,
    poor_percent: 10,
    weights: USUAL,
    far_percent: 4,
    kinds: [76, 8, 9, 7],
};

impl Profile {
    /// A character that no list has: one of [`Profile::ALL`] with numbers of its own. The same seed
    /// gives the same one.
    ///
    /// # Panics
    /// Never: the numbers are small.
    pub fn random(seed: u64) -> Self {
        let mut rng = SplitMix64::new(seed);
        let mut number = |low, high| u32::try_from(rng.range(low, high)).expect("small numbers");
        let accounts = number(2, 8);
        let poor_percent = number(0, 60);
        let far_percent = number(0, 60);
        let (orders, orders_per_account) = (number(8, 300), number(4, 80));
        let usual = Self::ALL[rng.index(Self::ALL.len())];
        let capacity = Capacity {
            orders,
            orders_per_account,
            ..usual.capacity
        };
        Self {
            accounts,
            capacity,
            poor_percent,
            far_percent,
            ..usual
        }
    }

    /// The characters that the tests go through.
    pub const ALL: [Self; 8] = [
        BUSY,
        Self {
            name: "stops",
            kinds: [35, 15, 25, 25],
            ..BUSY
        },
        Self {
            name: "self-trades",
            accounts: 2,
            ..BUSY
        },
        Self {
            name: "poor",
            accounts: 5,
            poor_percent: 70,
            kinds: [50, 25, 10, 15],
            ..BUSY
        },
        Self {
            name: "tight",
            accounts: 5,
            capacity: Capacity {
                orders: 24,
                orders_per_account: 7,
                accounts: 5,
                balances: 14,
                keys: 12,
                instruments: 3,
                assets: 3,
            },
            ..BUSY
        },
        Self {
            name: "administered",
            accounts: 4,
            weights: Weights {
                administer: 150,
                mass_cancel: 30,
                sessions: 50,
                transfer: 80,
                wild: 100,
                ..USUAL
            },
            ..BUSY
        },
        Self {
            name: "huge",
            accounts: 5,
            scale: Scale::Huge,
            kinds: [50, 20, 15, 15],
            far_percent: 20,
            ..BUSY
        },
        Self {
            name: "deep",
            accounts: 8,
            capacity: Capacity {
                orders: 1_000,
                orders_per_account: 300,
                ..ROOMY
            },
            weights: Weights {
                cancel: 90,
                mass_cancel: 1,
                sessions: 2,
                administer: 1,
                wild: 10,
                ..USUAL
            },
            far_percent: 60,
            kinds: [86, 2, 8, 4],
            ..BUSY
        },
    ];
}
