//! Stopping: orders of others cancelled, the kill switch engaged and released.

use anyhow::Result;
use clap::Args;
use rialto_protocol::{CancelOrders, EngageKillSwitch, ReleaseKillSwitch};
use rialto_types::AccountId;
use serde_json::json;

use super::Office;
use crate::cli::order::{CancelCount, SideArgument};
use crate::cli::output::Sentence;

/// Whose orders to cancel.
#[derive(Args, Debug)]
pub(crate) struct Cancellation {
    /// Only this account's
    #[arg(long, value_name = "N")]
    account: Option<u32>,
    /// Only this instrument's
    #[arg(long)]
    symbol: Option<String>,
    /// Only this side's
    #[arg(long, value_enum)]
    side: Option<SideArgument>,
}

/// Whom a kill switch stops.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct Scope {
    /// One account: it is suspended and its orders are cancelled
    #[arg(long, value_name = "N")]
    account: Option<u32>,
    /// Everybody
    #[arg(long)]
    venue: bool,
}

impl Cancellation {
    /// What to ask about first.
    pub(super) fn warning(&self) -> Option<String> {
        if self.account.is_some() || self.symbol.is_some() {
            return None;
        }
        let which = match self.side {
            Some(SideArgument::Buy) => " that buy",
            Some(SideArgument::Sell) => " that sell",
            None => "",
        };
        Some(format!(
            "this cancels all orders{which}, of every account and instrument"
        ))
    }
}

impl Scope {
    fn account(&self) -> Option<AccountId> {
        self.account.map(AccountId)
    }

    /// What to ask about first, when the switch is to be engaged.
    pub(super) fn warning(&self) -> Option<String> {
        let what = "this stops trading for everybody and cancels every order of the venue";
        self.account.is_none().then(|| what.to_owned())
    }
}

/// Cancels orders of others.
pub(super) async fn cancel_orders(office: &mut Office, wanted: &Cancellation) -> Result<()> {
    let instrument = match &wanted.symbol {
        Some(symbol) => Some(office.desk.instrument(symbol)?.id()),
        None => None,
    };
    let request = CancelOrders {
        account_id: wanted.account.map(AccountId),
        instrument_id: instrument,
        side: wanted
            .side
            .map(|side| rialto_types::Side::from(side).into()),
        ..CancelOrders::default()
    };
    let report = office.desk.session.administer(request).await?;
    let cancelled = report.cancelled_count.unwrap_or_default();
    office.output.show(&CancelCount { cancelled })
}

/// Engages the kill switch.
pub(super) async fn kill(office: &mut Office, scope: &Scope) -> Result<()> {
    let account = scope.account();
    let request = EngageKillSwitch {
        account_id: account,
        ..EngageKillSwitch::default()
    };
    office.desk.session.administer(request).await?;
    let rest = match account {
        Some(account) => format!("account {account}: its orders are cancelled, it may do nothing"),
        None => "everybody: all orders are cancelled, none are accepted; \
                 `rialto admin release --venue` ends it"
            .to_owned(),
    };
    office
        .output
        .show(&Sentence::new("stopped", rest, scope_fields(account)))
}

/// Releases the kill switch.
pub(super) async fn release(office: &mut Office, scope: &Scope) -> Result<()> {
    let account = scope.account();
    let request = ReleaseKillSwitch {
        account_id: account,
        ..ReleaseKillSwitch::default()
    };
    office.desk.session.administer(request).await?;
    let rest = match account {
        Some(account) => format!("account {account}: it is active"),
        None => "the venue: orders are accepted again".to_owned(),
    };
    office
        .output
        .show(&Sentence::new("released", rest, scope_fields(account)))
}

fn scope_fields(account: Option<AccountId>) -> serde_json::Value {
    match account {
        Some(account) => json!({"scope": "account", "account": account.0}),
        None => json!({"scope": "venue"}),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        scope: Scope,
    }

    #[test]
    fn a_kill_switch_names_whom_it_stops() {
        let scope = |words: &[&str]| {
            let words = std::iter::once(&"kill").chain(words);
            Line::try_parse_from(words).map(|line| line.scope.account())
        };
        assert_eq!(scope(&["--account", "3"]).unwrap(), Some(AccountId(3)));
        assert_eq!(scope(&["--venue"]).unwrap(), None);
        assert!(scope(&[]).is_err(), "never everybody by default");
        assert!(scope(&["--venue", "--account", "3"]).is_err());
    }
}
