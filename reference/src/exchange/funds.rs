//! Accounts and balances: holding, releasing and settling.
//!
//! Balances are 128-bit; an assertion fails where one would become negative, which no accepted command
//! may bring about. The supply of an asset changes by transfers only; everything here moves funds.

use std::collections::BTreeMap;

use rialto_types::{AccountId, AccountState, Amount, AssetId, Ppm, ReportSeq, Side};

use super::ReferenceExchange;
use super::book::{Hold, Order};

/// An account and all the balances it ever needed.
#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    pub(super) state: AccountState,
    /// The number of the last report.
    pub(super) report: ReportSeq,
    pub(super) balances: BTreeMap<AssetId, Balance>,
}

/// What an account owns of one asset.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Balance {
    pub(super) available: i128,
    pub(super) held: i128,
}

impl ReferenceExchange {
    pub(super) fn available(&self, account: AccountId, asset: AssetId) -> i128 {
        let balance = self.accounts[&account].balances.get(&asset);
        balance.map_or(0, |balance| balance.available)
    }

    /// Changes a balance, which comes into being with its first change.
    pub(super) fn move_funds(
        &mut self,
        account: AccountId,
        asset: AssetId,
        available: i128,
        held: i128,
    ) {
        let account = self.accounts.get_mut(&account).expect("the account exists");
        let balance = account.balances.entry(asset).or_default();
        balance.available += available;
        balance.held += held;
        assert!(
            balance.available >= 0 && balance.held >= 0,
            "a balance is never negative: {balance:?} of asset {asset}"
        );
    }

    /// How many balances all accounts besides the venue's have.
    pub(super) fn balance_count(&self) -> usize {
        let others = self
            .accounts
            .iter()
            .filter(|(id, _)| **id != AccountId::VENUE);
        others.map(|(_, account)| account.balances.len()).sum()
    }

    /// The asset that the order gives: quote for a buy, base for a sell.
    pub(super) fn gives(&self, order: &Order) -> AssetId {
        let spec = &self.book(order.instrument).listed.spec;
        match order.side {
            Side::Buy => spec.quote,
            Side::Sell => spec.base,
        }
    }

    /// The asset that the order receives.
    fn receives(&self, order: &Order) -> AssetId {
        let spec = &self.book(order.instrument).listed.spec;
        match order.side {
            Side::Buy => spec.base,
            Side::Sell => spec.quote,
        }
    }

    /// Sets `amount` aside for the order.
    pub(super) fn hold(&mut self, order: &Order, amount: i128) {
        self.move_funds(order.account, self.gives(order), -amount, amount);
    }

    /// Frees `amount` of what the order holds.
    pub(super) fn release(&mut self, order: &Order, amount: i128) {
        self.move_funds(order.account, self.gives(order), amount, -amount);
    }

    /// One side of a trade: takes `lots` from what is left of the order (or their cost, when it is sized
    /// by quote amount), pays `paid` out of its hold and frees what the hold no longer needs.
    pub(super) fn pay(&mut self, order: &mut Order, leaves: i64, paid: i128) {
        let before = order.held();
        order.leaves = leaves;
        if let Hold::Sweep(rest) = &mut order.hold {
            *rest -= paid;
        }
        let used = before - order.held();
        assert!(used >= paid, "an order holds what its trades cost");
        self.move_funds(order.account, self.gives(order), used - paid, -used);
    }

    /// The other half: what the order receives, less its fee, which goes to the venue. Returns the fee.
    pub(super) fn receive(&mut self, order: &Order, amount: i128, rate: Ppm) -> Amount {
        let asset = self.receives(order);
        let fee = amount * i128::from(rate.0) / 1_000_000;
        self.move_funds(order.account, asset, amount - fee, 0);
        self.move_funds(AccountId::VENUE, asset, fee, 0);
        Amount(i64::try_from(fee).expect("a fee is less than an amount"))
    }
}
