//! Accounts: what they may do, what they own, and how many reports they were given.

use std::ops::Index;

use rialto_types::{AccountId, AccountState, Amount, AssetId, ReportSeq};

/// What an account owns of one asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// All of it.
    pub total: Amount,
    /// The part that is set aside for open orders.
    pub held: Amount,
}

impl Balance {
    /// The part that is free to be used.
    pub const fn available(&self) -> Amount {
        Amount(self.total.0 - self.held.0)
    }
}

/// One account.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// What it may do.
    pub state: AccountState,
    /// The number of its last report; 0 before the first.
    pub report: ReportSeq,
    /// Ascending by asset; of every asset that it ever had.
    balances: Vec<(AssetId, Balance)>,
}

impl Account {
    /// Its balances, ascending by asset; of every asset that it ever had.
    pub fn balances(&self) -> &[(AssetId, Balance)] {
        &self.balances
    }

    /// Its balance of an asset.
    pub fn balance(&self, asset: AssetId) -> Balance {
        match self.find(asset) {
            Ok(at) => self.balances[at].1,
            Err(_) => Balance::default(),
        }
    }

    pub(super) fn balance_mut(&mut self, asset: AssetId) -> &mut Balance {
        let at = match self.find(asset) {
            Ok(at) => at,
            Err(at) => {
                self.balances.insert(at, (asset, Balance::default()));
                at
            }
        };
        &mut self.balances[at].1
    }

    fn find(&self, asset: AssetId) -> Result<usize, usize> {
        self.balances.binary_search_by_key(&asset, |entry| entry.0)
    }
}

/// All accounts, by id from 0, the venue's own.
#[derive(Clone, Debug)]
pub struct Accounts {
    accounts: Vec<Account>,
    /// Count of the reports that all of them were given since the founding.
    report_count: u64,
}

impl Default for Accounts {
    fn default() -> Self {
        Self {
            accounts: vec![Account::default()],
            report_count: 0,
        }
    }
}

impl Index<AccountId> for Accounts {
    type Output = Account;

    /// # Panics
    /// When there is no such account; use [`Accounts::get`] for an id from outside.
    fn index(&self, id: AccountId) -> &Account {
        &self.accounts[id.index()]
    }
}

impl Accounts {
    /// An account.
    pub fn get(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(id.index())
    }

    /// All accounts from `first` on, ascending.
    pub fn from(&self, first: AccountId) -> impl Iterator<Item = (AccountId, &Account)> {
        (first.0..)
            .zip(self.accounts.iter().skip(first.index()))
            .map(|(id, a)| (AccountId(id), a))
    }

    /// Count of accounts, the venue's included.
    pub fn count(&self) -> usize {
        self.accounts.len()
    }

    /// Count of the reports that all accounts were given since the founding.
    pub const fn report_count(&self) -> u64 {
        self.report_count
    }

    /// Notes the number of an account's last report.
    ///
    /// # Panics
    /// When there is no such account, or its numbers go back: the log is broken.
    pub(super) fn note_report(&mut self, id: AccountId, report: ReportSeq) {
        let last = &mut self.accounts[id.index()].report;
        let more = report.0.checked_sub(last.0);
        self.report_count += more.expect("the numbers of reports go up");
        *last = report;
    }

    /// # Panics
    /// When there is no such account: the log is broken.
    pub(super) fn get_mut(&mut self, id: AccountId) -> &mut Account {
        &mut self.accounts[id.index()]
    }

    pub(super) fn create(&mut self, id: AccountId) {
        assert_eq!(id.index(), self.accounts.len(), "accounts count up by one");
        self.accounts.push(Account::default());
    }
}
