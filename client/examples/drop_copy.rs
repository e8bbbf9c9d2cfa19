//! Prints what happens to an account, beside whoever trades for it; with an administrator's key, to all accounts.
//!
//! ```text
//! cargo run -p rialto-client --example drop_copy -- KEYS.json ACCOUNT [HOST:PORT] [LAST]
//! ```
//!
//! Ctrl-C ends it with the number of the last report. Given as LAST the next time, the program goes on from there:
//! each report comes once, in order, also those that happened meanwhile.

use anyhow::{Context, Result};
use rialto_client::{ApiKey, Connection, LogonOptions};
use rialto_protocol::Message;
use rialto_types::{AccountId, ReportSeq};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let usage = "usage: drop_copy KEYS.json ACCOUNT [HOST:PORT] [LAST]";
    let mut arguments = std::env::args().skip(1);
    let keys = arguments.next().context(usage)?;
    let account = arguments.next().context(usage)?.parse().context(usage)?;
    let address = arguments.next();
    let address = address.unwrap_or_else(|| "127.0.0.1:7400".to_owned());
    let last = arguments.next().map(|last| last.parse()).transpose();

    let key = ApiKey::load(keys, Some(AccountId(account)))?;
    let options = LogonOptions {
        drop_copy: true,
        last_report_seq: last.context(usage)?.map(ReportSeq),
        ..LogonOptions::default()
    };
    let connection = Connection::open(&address).await?;
    let mut session = connection.log_on(&key, options).await?;
    println!("after report {}", session.last_report_seq());
    loop {
        let message = tokio::select! {
            message = session.next() => message?,
            _ = tokio::signal::ctrl_c() => {
                println!("last {}", session.last_report_seq());
                return Ok(session.log_out().await?);
            }
        };
        let seq = session.last_report_seq();
        match message {
            Message::ExecutionReport(report) => {
                let (account, kind) = (report.account_id, report.exec_type);
                let order = report.order_id.map_or(0, |id| id.0);
                println!("{seq} account {account} order {order} {kind}");
            }
            Message::TransferReport(report) => {
                let (account, asset) = (report.account_id, report.asset_id);
                println!("{seq} account {account} transfer of asset {asset}");
            }
            Message::ReportGap(gap) => {
                let (first, end) = (gap.first_missed, gap.first_available);
                println!("{first} to before {end} are gone");
            }
            Message::CaughtUp(_) => println!("caught up at {seq}"),
            _ => {}
        }
    }
}
