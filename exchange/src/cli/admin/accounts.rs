//! Accounts: opening, looking at, restricting and restoring them.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use clap::{Subcommand, ValueEnum};
use rialto_client::Directory;
use rialto_protocol::{AccountDetails, Balance, CreateAccount, SetAccountState};
use rialto_types::{AccountId, AccountState};
use serde::Serialize;
use serde_json::json;

use super::Office;
use crate::cli::order::{Balances, OpenOrders};
use crate::cli::output::{Paint, Report, Sentence};
use crate::cli::table::{Align, Table};
use crate::cli::words;

/// `rialto admin account`.
#[derive(Subcommand, Debug)]
pub(crate) enum Action {
    /// Open an account
    Create,
    /// List all accounts
    List,
    /// Show one account: its state, balances and open orders
    Show {
        /// Which account; 0 is the venue itself, which collects the fees
        account: u32,
    },
    /// Restrict or restore an account; its orders stay
    State {
        /// Which account
        account: u32,
        /// The new state
        #[arg(value_enum)]
        state: StateArgument,
    },
}

/// A state on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StateArgument {
    /// May do everything
    Active,
    /// May cancel, but neither place nor replace
    CancelOnly,
    /// May do nothing
    Suspended,
}

impl From<StateArgument> for AccountState {
    fn from(state: StateArgument) -> Self {
        match state {
            StateArgument::Active => Self::Active,
            StateArgument::CancelOnly => Self::CancelOnly,
            StateArgument::Suspended => Self::Suspended,
        }
    }
}

/// Carries out one of them.
pub(super) async fn run(office: &mut Office, action: &Action) -> Result<()> {
    match action {
        Action::Create => create(office).await,
        Action::List => {
            let details = office.desk.session.accounts().await?;
            let accounts = Accounts::new(details, &office.desk.directory);
            office.output.show(&accounts)
        }
        Action::Show { account } => show(office, AccountId(*account)).await,
        Action::State { account, state } => {
            set_state(office, AccountId(*account), (*state).into()).await
        }
    }
}

async fn create(office: &mut Office) -> Result<()> {
    let request = CreateAccount::default();
    let report = office.desk.session.administer(request).await?;
    let id = report.account_id.unwrap_or_default();
    office.output.show(&Sentence::new(
        "created",
        format!("account {id}; `rialto admin key add --account {id}` gives it a key"),
        json!({"account": id.0}),
    ))
}

async fn show(office: &mut Office, account: AccountId) -> Result<()> {
    let session = &mut office.desk.session;
    // An account that is not there is refused with the first question.
    let orders = session.open_orders(None, Some(account)).await?;
    let details = session.account_details(account).await?;
    let directory = &office.desk.directory;
    let view = Accounts::new(details, directory).accounts.pop();
    let view = view.with_context(|| format!("the exchange tells nothing of account {account}"))?;
    let orders = OpenOrders::new(&orders, directory);
    office.output.show(&OneAccount { view, orders })
}

async fn set_state(office: &mut Office, account: AccountId, state: AccountState) -> Result<()> {
    let request = SetAccountState {
        account_id: account,
        account_state: state.into(),
        ..SetAccountState::default()
    };
    office.desk.session.administer(request).await?;
    let name = format!("{state:?}");
    office.output.show(&Sentence::new(
        "set",
        format!("account {account} to {}", words(&name)),
        json!({"account": account.0, "state": name}),
    ))
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Accounts {
    accounts: Vec<AccountView>,
}

#[derive(Debug, Serialize)]
struct AccountView {
    state: String,
    open_orders: u32,
    #[serde(flatten)]
    balances: Balances,
    #[serde(skip)]
    id: AccountId,
}

impl Accounts {
    /// Accounts as the exchange listed them; the parts of one belong together.
    fn new(details: Vec<AccountDetails>, directory: &Directory) -> Self {
        let mut accounts: BTreeMap<AccountId, (AccountDetails, Vec<Balance>)> = BTreeMap::new();
        for part in details {
            let balances = part.balances.to_vec();
            let entry = accounts.entry(part.account_id);
            let (_, all) = entry.or_insert_with(|| (part, Vec::new()));
            all.extend(balances);
        }
        let accounts = accounts.into_iter();
        let views = accounts.map(|(id, (details, balances))| AccountView {
            state: details.account_state.to_string(),
            open_orders: details.open_order_count,
            balances: Balances::new(id.0, &balances, directory),
            id,
        });
        Self {
            accounts: views.collect(),
        }
    }
}

impl Report for Accounts {
    fn text(&self, _: Paint) -> String {
        let mut table = Table::new([
            ("account", Align::Right),
            ("state", Align::Left),
            ("open orders", Align::Right),
            ("balances", Align::Left),
        ]);
        for view in &self.accounts {
            let venue = if view.id == AccountId::VENUE {
                "the venue: "
            } else {
                ""
            };
            table.push([
                view.id.to_string(),
                words(&view.state),
                view.open_orders.to_string(),
                format!("{venue}{}", view.balances.line()),
            ]);
        }
        table.text()
    }
}

#[derive(Debug, Serialize)]
struct OneAccount {
    #[serde(flatten)]
    view: AccountView,
    orders: OpenOrders,
}

impl Report for OneAccount {
    fn text(&self, paint: Paint) -> String {
        let AccountView {
            state,
            balances,
            id,
            ..
        } = &self.view;
        let balances = if balances.is_empty() {
            paint.faint("no balances")
        } else {
            balances.table()
        };
        format!(
            "{}: {}\n\n{balances}\n\n{}",
            paint.strong(&format!("account {id}")),
            words(state),
            self.orders.text(paint)
        )
    }
}

#[cfg(test)]
mod tests {
    use rialto_protocol::Group;
    use rialto_types::AssetId;

    use super::*;
    use crate::cli::testing::directory;

    fn part(id: u32, asset: u16) -> AccountDetails {
        let balance = Balance {
            asset_id: AssetId(asset),
            available: "1.5".parse().unwrap(),
            held: "0.5".parse().unwrap(),
        };
        AccountDetails {
            account_id: AccountId(id),
            account_state: AccountState::CancelOnly.into(),
            open_order_count: 4,
            balances: Group::try_from(vec![balance]).unwrap(),
            ..AccountDetails::default()
        }
    }

    #[test]
    fn the_parts_of_an_account_are_one_row() {
        let parts = vec![part(0, 2), part(3, 1), part(3, 2)];
        let accounts = Accounts::new(parts, &directory());
        assert_eq!(
            accounts.text(Paint::PLAIN),
            "account  state        open orders  balances\n      \
             0  cancel only            4  the venue: 2 USDT (0.5 held)\n      \
             3  cancel only            4  2 BTC (0.5 held), 2 USDT (0.5 held)"
        );
        let value = serde_json::to_value(&accounts).unwrap();
        assert_eq!(value[1]["account"], 3);
        assert_eq!(value[1]["state"], "CancelOnly");
        assert_eq!(value[1]["balances"][1]["total"], "2");
    }
}
