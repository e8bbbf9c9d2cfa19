//! The accounts inside the core: balances, holds, settlement, fees, report numbers.
//!
//! One table, indexed by account id. An account keeps its first six balances in its own record, the
//! first two in the cache line of its header, so that settling a trade usually touches one line an
//! account; further balances stand in blocks chained behind. Nothing allocates after [`Accounts::reserve`].
//!
//! Invariants: no balance is negative; for each asset the sum of all balances changes only by
//! [`Accounts::deposit`] and [`Accounts::withdraw`]. Amounts that a caller must have checked before are
//! asserted here, since going on with a wrong balance would be worse than stopping.

use rialto_types::{AccountId, AccountState, Amount, AssetId, Instrument, Ppm, ReportSeq, Side};

/// Balances in an account's own record.
const INLINE_COUNT: usize = 6;
/// Balances in one further block.
const BLOCK_COUNT: usize = 6;
/// "No block".
const NONE: u32 = u32::MAX;
/// Marks an unused place; asset ids count from 1.
const NO_ASSET: AssetId = AssetId(0);

/// What an account has of one asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Free to use. Never negative.
    pub available: Amount,
    /// Set aside for open orders. Never negative.
    pub held: Amount,
}

/// One account: 128 bytes, two cache lines.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Account {
    report: ReportSeq,
    more: u32,
    state: AccountState,
    assets: [AssetId; INLINE_COUNT],
    balances: [Balance; INLINE_COUNT],
}

const _: () = assert!(size_of::<Account>() == 128, "an account is two cache lines");

/// Further balances of one account.
#[derive(Clone, Copy, Debug)]
struct Block {
    assets: [AssetId; BLOCK_COUNT],
    more: u32,
    balances: [Balance; BLOCK_COUNT],
}

/// Where a balance stands.
#[derive(Clone, Copy)]
enum Place {
    Inline(usize),
    Block(usize, usize),
}

/// The two sides of a trade, as settlement needs them.
#[derive(Clone, Copy, Debug)]
pub struct Settlement {
    /// Receives base, pays quote.
    pub buyer: AccountId,
    /// Receives quote, pays base.
    pub seller: AccountId,
    /// What the buyer pays, in quote units.
    pub notional: Amount,
    /// What the seller delivers, in base units; it was held.
    pub base_amount: Amount,
    /// What the buyer had held for this quantity; at least the notional. The rest is free again.
    pub buyer_held: Amount,
    /// Who arrived.
    pub taker_side: Side,
}

/// Fees of a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
    /// Taken from the resting side, in what it receives.
    pub maker: Amount,
    /// Taken from the arriving side, in what it receives.
    pub taker: Amount,
}

/// All accounts of a shard. Account 0, the venue's, always exists and collects the fees.
#[derive(Debug)]
pub struct Accounts {
    rows: Vec<Account>,
    blocks: Vec<Block>,
    /// The venue's balances by asset id. Not counted against `balance_max`.
    venue: Vec<Balance>,
    balance_count: u32,
    account_max: u32,
    balance_max: u32,
}

impl Default for Accounts {
    fn default() -> Self {
        Self::new()
    }
}

impl Accounts {
    /// The venue's account and no room for others.
    pub fn new() -> Self {
        Self {
            rows: vec![Account::EMPTY],
            blocks: Vec::new(),
            venue: vec![Balance::default()],
            balance_count: 0,
            account_max: 0,
            balance_max: 0,
        }
    }

    /// Takes room for so many accounts, besides the venue's, and balances. Never shrinks.
    pub fn reserve(&mut self, account_max: u32, balance_max: u32) {
        self.account_max = self.account_max.max(account_max);
        self.balance_max = self.balance_max.max(balance_max);
        let rows = self.account_max as usize + 1;
        self.rows
            .reserve_exact(rows.saturating_sub(self.rows.len()));
        // An account with n balances has as many blocks as it takes for all but the first six, which are
        // fewer than n / 6; so this many are always enough.
        let blocks = self.balance_max as usize / BLOCK_COUNT;
        self.blocks
            .reserve_exact(blocks.saturating_sub(self.blocks.len()));
    }

    /// Makes room for the venue's balance of a new asset.
    pub fn add_asset(&mut self, asset: AssetId) {
        let size = self.venue.len().max(asset.index() + 1);
        self.venue.resize(size, Balance::default());
    }

    /// Count of accounts, the venue's included; ids are below it.
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// Whether another account can be created.
    pub fn is_full(&self) -> bool {
        self.rows.len() > self.account_max as usize
    }

    /// The most accounts besides the venue's.
    pub fn account_max(&self) -> u32 {
        self.account_max
    }

    /// The most balances besides the venue's.
    pub fn balance_max(&self) -> u32 {
        self.balance_max
    }

    /// Opens an account.
    ///
    /// # Panics
    /// When [`Accounts::is_full`].
    pub fn create(&mut self) -> AccountId {
        assert!(!self.is_full(), "room for an account was checked");
        let id = u32::try_from(self.rows.len()).expect("account ids are 32 bits");
        self.rows.push(Account::EMPTY);
        AccountId(id)
    }

    /// What the account may do; `None` when it does not exist.
    #[inline]
    pub fn state(&self, account: AccountId) -> Option<AccountState> {
        self.rows.get(account.index()).map(|row| row.state)
    }

    /// Restricts or restores an account.
    pub fn set_state(&mut self, account: AccountId, state: AccountState) {
        self.rows[account.index()].state = state;
    }

    /// Takes the next report number of an account.
    #[inline]
    pub fn next_report(&mut self, account: AccountId) -> ReportSeq {
        let row = &mut self.rows[account.index()];
        row.report.0 += 1;
        row.report
    }

    /// The number of the account's last report.
    pub fn report(&self, account: AccountId) -> ReportSeq {
        self.rows[account.index()].report
    }

    /// Continues the account's report numbers after `report`; used when a state is restored.
    pub fn restore_report(&mut self, account: AccountId, report: ReportSeq) {
        self.rows[account.index()].report = report;
    }

    /// What the account has of an asset; zero when it never had any.
    #[inline]
    pub fn balance(&self, account: AccountId, asset: AssetId) -> Balance {
        if account == AccountId::VENUE {
            return self.venue.get(asset.index()).copied().unwrap_or_default();
        }
        match self.find(account, asset) {
            Some(Place::Inline(at)) => self.rows[account.index()].balances[at],
            Some(Place::Block(block, at)) => self.blocks[block].balances[at],
            None => Balance::default(),
        }
    }

    /// The account's balances, in the order in which they were opened, zero ones included.
    pub fn balances(&self, account: AccountId) -> Vec<(AssetId, Balance)> {
        if account == AccountId::VENUE {
            let ids = (1..=u16::MAX).map(AssetId);
            return ids.zip(self.venue.iter().skip(1).copied()).collect();
        }
        let row = &self.rows[account.index()];
        let mut all: Vec<_> = row.assets.into_iter().zip(row.balances).collect();
        let mut next = row.more;
        while next != NONE {
            let block = &self.blocks[next as usize];
            all.extend(block.assets.into_iter().zip(block.balances));
            next = block.more;
        }
        all.retain(|(asset, _)| *asset != NO_ASSET);
        all
    }

    /// How many of these assets the account has no balance of; `None` when there is not room for so
    /// many.
    #[inline]
    pub fn missing(&self, account: AccountId, assets: &[AssetId]) -> Option<usize> {
        let is_missing =
            |asset: &&AssetId| account != AccountId::VENUE && self.find(account, **asset).is_none();
        let missing = assets.iter().filter(is_missing).count();
        let has_room = missing == 0 || missing <= (self.balance_max - self.balance_count) as usize;
        has_room.then_some(missing)
    }

    /// Gives the account a balance of the asset, if it has none.
    ///
    /// # Panics
    /// When the pool is used up; [`Accounts::missing`] tells.
    #[inline]
    pub fn open_balance(&mut self, account: AccountId, asset: AssetId) {
        if account == AccountId::VENUE || self.find(account, asset).is_some() {
            return;
        }
        self.open_new_balance(account, asset);
    }

    #[cold]
    fn open_new_balance(&mut self, account: AccountId, asset: AssetId) {
        assert!(
            self.balance_count < self.balance_max,
            "room for a balance was checked"
        );
        self.balance_count += 1;
        let row = &mut self.rows[account.index()];
        if let Some(at) = row.assets.iter().position(|a| *a == NO_ASSET) {
            row.assets[at] = asset;
            return;
        }
        let first = row.more;
        if first != NONE {
            let block = &mut self.blocks[first as usize];
            if let Some(at) = block.assets.iter().position(|a| *a == NO_ASSET) {
                block.assets[at] = asset;
                return;
            }
        }
        // The newest block stands first in the chain, so only the first one can have room.
        let index = u32::try_from(self.blocks.len()).expect("fewer blocks than balances");
        let mut block = Block {
            assets: [NO_ASSET; BLOCK_COUNT],
            more: first,
            balances: [Balance::default(); BLOCK_COUNT],
        };
        block.assets[0] = asset;
        self.blocks.push(block);
        row.more = index;
    }

    /// Sets funds aside.
    ///
    /// # Panics
    /// When less is available; the caller has checked.
    #[inline]
    pub fn hold(&mut self, account: AccountId, asset: AssetId, amount: Amount) {
        let balance = self.balance_mut(account, asset);
        assert!(
            balance.available >= amount && amount.0 >= 0,
            "funds were checked before the hold"
        );
        balance.available.0 -= amount.0;
        balance.held.0 += amount.0;
    }

    /// Frees funds that were set aside.
    ///
    /// # Panics
    /// When less is held; the caller releases only what it held.
    #[inline]
    pub fn release(&mut self, account: AccountId, asset: AssetId, amount: Amount) {
        if amount.0 == 0 {
            return;
        }
        let balance = self.balance_mut(account, asset);
        assert!(
            balance.held >= amount && amount.0 >= 0,
            "only what was held is released"
        );
        balance.held.0 -= amount.0;
        balance.available.0 += amount.0;
    }

    /// Adds funds from outside. The caller has checked the asset's total and the room.
    pub fn deposit(&mut self, account: AccountId, asset: AssetId, amount: Amount) {
        self.balance_mut(account, asset).available.0 += amount.0;
    }

    /// Takes funds out.
    ///
    /// # Panics
    /// When less is available; the caller has checked.
    pub fn withdraw(&mut self, account: AccountId, asset: AssetId, amount: Amount) {
        let balance = self.balance_mut(account, asset);
        assert!(
            balance.available >= amount,
            "funds were checked before the withdrawal"
        );
        balance.available.0 -= amount.0;
    }

    /// Sets a balance; used when a state is restored.
    pub fn restore_balance(&mut self, account: AccountId, asset: AssetId, balance: Balance) {
        self.open_balance(account, asset);
        *self.balance_mut(account, asset) = balance;
    }

    /// Moves the funds of one trade and takes the fees. Both accounts have balances of both assets.
    ///
    /// # Panics
    /// When less is held than is paid; holds make that impossible.
    #[inline]
    pub fn settle(&mut self, instrument: &Instrument, trade: &Settlement) -> Fees {
        let spec = &instrument.spec;
        let (buyer_rate, seller_rate) = match trade.taker_side {
            Side::Buy => (spec.taker_fee, spec.maker_fee),
            Side::Sell => (spec.maker_fee, spec.taker_fee),
        };
        let buyer_fee = fee(buyer_rate, trade.base_amount);
        let seller_fee = fee(seller_rate, trade.notional);

        let paid = self.balance_mut(trade.buyer, spec.quote);
        assert!(paid.held >= trade.buyer_held, "a buyer pays from its hold");
        assert!(
            trade.buyer_held >= trade.notional,
            "a buyer holds what it pays"
        );
        paid.held.0 -= trade.buyer_held.0;
        paid.available.0 += trade.buyer_held.0 - trade.notional.0;
        let received = self.balance_mut(trade.buyer, spec.base);
        received.available.0 += trade.base_amount.0 - buyer_fee.0;

        let delivered = self.balance_mut(trade.seller, spec.base);
        assert!(
            delivered.held >= trade.base_amount,
            "a seller delivers from its hold"
        );
        delivered.held.0 -= trade.base_amount.0;
        let received = self.balance_mut(trade.seller, spec.quote);
        received.available.0 += trade.notional.0 - seller_fee.0;

        self.venue[spec.base.index()].available.0 += buyer_fee.0;
        self.venue[spec.quote.index()].available.0 += seller_fee.0;
        match trade.taker_side {
            Side::Buy => Fees {
                maker: seller_fee,
                taker: buyer_fee,
            },
            Side::Sell => Fees {
                maker: buyer_fee,
                taker: seller_fee,
            },
        }
    }

    #[inline]
    fn balance_mut(&mut self, account: AccountId, asset: AssetId) -> &mut Balance {
        if account == AccountId::VENUE {
            return &mut self.venue[asset.index()];
        }
        match self
            .find(account, asset)
            .expect("the balance was opened before it is used")
        {
            Place::Inline(at) => &mut self.rows[account.index()].balances[at],
            Place::Block(block, at) => &mut self.blocks[block].balances[at],
        }
    }

    #[inline]
    fn find(&self, account: AccountId, asset: AssetId) -> Option<Place> {
        let row = &self.rows[account.index()];
        if let Some(at) = row.assets.iter().position(|a| *a == asset) {
            return Some(Place::Inline(at));
        }
        if row.more == NONE {
            None
        } else {
            self.find_in_blocks(row.more, asset)
        }
    }

    /// O(assets of the account / 6).
    #[cold]
    fn find_in_blocks(&self, first: u32, asset: AssetId) -> Option<Place> {
        let mut next = first;
        while next != NONE {
            let block = &self.blocks[next as usize];
            if let Some(at) = block.assets.iter().position(|a| *a == asset) {
                return Some(Place::Block(next as usize, at));
            }
            next = block.more;
        }
        None
    }
}

impl Account {
    const EMPTY: Self = Self {
        report: ReportSeq(0),
        more: NONE,
        state: AccountState::Active,
        assets: [NO_ASSET; INLINE_COUNT],
        balances: [Balance {
            available: Amount(0),
            held: Amount(0),
        }; INLINE_COUNT],
    };
}

#[inline]
fn fee(rate: Ppm, received: Amount) -> Amount {
    if rate.0 == 0 {
        Amount::ZERO
    } else {
        rate.of(received)
    }
}

#[cfg(test)]
#[path = "accounts_tests.rs"]
mod tests;
