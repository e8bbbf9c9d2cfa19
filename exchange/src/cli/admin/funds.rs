//! Funds in and out: transfers, each under the next number of its source, so that one sent twice is
//! applied once.

use anyhow::{Result, bail};
use clap::Args;
use rialto_client::TransferRequest;
use rialto_protocol::{Scaled, Transfer};
use rialto_types::{AccountId, SourceId};
use serde_json::json;

use super::Office;
use crate::cli::output::Sentence;

/// The source of transfers made by hand.
pub(super) const DEFAULT_SOURCE: u16 = 1;

/// A movement of funds on the command line.
#[derive(Args, Debug)]
pub(crate) struct Movement {
    /// Whose balance
    account: u32,
    /// Of what
    asset: String,
    /// How much
    #[arg(allow_negative_numbers = true)]
    amount: String,
    /// Who sends it; each source numbers its transfers
    #[arg(long, value_name = "N", default_value_t = DEFAULT_SOURCE)]
    source: u16,
    /// The source's number for it: a number used before moves nothing again [default: the next]
    #[arg(long, value_name = "N")]
    sequence: Option<u64>,
}

/// Which way funds go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    In,
    Out,
    /// As the sign of the amount says.
    Signed,
}

/// Into an account.
pub(super) async fn deposit(office: &mut Office, movement: &Movement) -> Result<()> {
    carry_out(office, movement, Direction::In).await
}

/// Out of an account.
pub(super) async fn withdraw(office: &mut Office, movement: &Movement) -> Result<()> {
    carry_out(office, movement, Direction::Out).await
}

/// Either way.
pub(super) async fn transfer(office: &mut Office, movement: &Movement) -> Result<()> {
    carry_out(office, movement, Direction::Signed).await
}

async fn carry_out(office: &mut Office, movement: &Movement, direction: Direction) -> Result<()> {
    let directory = &office.desk.directory;
    let symbol = movement.asset.to_uppercase();
    let (asset_id, asset) = directory.asset_by_symbol(&symbol)?;
    let amount = signed(directory.amount(asset, &movement.amount)?, direction)?;
    let request = TransferRequest {
        account: AccountId(movement.account),
        asset: asset_id,
        amount,
        source: SourceId(movement.source),
    };
    let session = &mut office.desk.session;
    let report = match movement.sequence {
        None => session.transfer(request).await?,
        Some(sequence) => session.administer(numbered(&request, sequence)).await?,
    };
    let sequence = report.transfer_seq.unwrap_or_default();
    let balance = session.balance_of(request.account, asset_id).await?;
    office
        .output
        .show(&moved(&request, sequence, &symbol, &balance))
}

/// The amount with the sign that the direction asks for.
fn signed(amount: Scaled, direction: Direction) -> Result<Scaled> {
    let is_positive = amount.mantissa > 0;
    match direction {
        Direction::In if is_positive => Ok(amount),
        Direction::Out if is_positive => Ok(Scaled {
            mantissa: -amount.mantissa,
            ..amount
        }),
        Direction::In => bail!("{amount} cannot be deposited: the amount must be above zero"),
        Direction::Out => bail!("{amount} cannot be withdrawn: the amount must be above zero"),
        Direction::Signed => Ok(amount),
    }
}

fn numbered(request: &TransferRequest, sequence: u64) -> Transfer {
    Transfer {
        transfer_seq: sequence,
        account_id: request.account,
        amount: request.amount,
        asset_id: request.asset,
        source_id: request.source,
        ..Transfer::default()
    }
}

fn moved(
    request: &TransferRequest,
    sequence: u64,
    symbol: &str,
    balance: &rialto_protocol::Balance,
) -> Sentence {
    let TransferRequest {
        account,
        amount,
        source,
        ..
    } = request;
    let is_deposit = amount.mantissa > 0;
    let magnitude = Scaled {
        mantissa: amount.mantissa.saturating_abs(),
        ..*amount
    };
    let (verb, way) = if is_deposit {
        ("deposited", "to")
    } else {
        ("withdrew", "from")
    };
    let rialto_protocol::Balance {
        available, held, ..
    } = balance;
    Sentence::new(
        verb,
        format!(
            "{magnitude} {symbol} {way} account {account} (transfer {sequence} of source {source}); \
             it has {available} {symbol} available, {held} held"
        ),
        json!({
            "account": account.0,
            "asset": symbol,
            "amount": amount.to_string(),
            "source": source.0,
            "sequence": sequence,
            "available": available.to_string(),
            "held": held.to_string(),
        }),
    )
}

/// How far a source has come.
pub(super) async fn source(office: &mut Office, source: u16) -> Result<()> {
    let last = office
        .desk
        .session
        .last_transfer_seq(SourceId(source))
        .await?;
    let next = last.saturating_add(1);
    let rest = format!("{last} transfers of source {source}: the next is number {next}");
    let fields = json!({"source": source, "last_sequence": last});
    office.output.show(&Sentence::new("found", rest, fields))
}

#[cfg(test)]
mod tests {
    use rialto_types::AssetId;

    use super::*;
    use crate::cli::output::{Paint, Report};

    fn scaled(text: &str) -> Scaled {
        text.parse().unwrap()
    }

    #[test]
    fn deposits_and_withdrawals_are_above_zero_and_signed_here() {
        let amount = scaled("2.5");
        assert_eq!(signed(amount, Direction::In).unwrap(), amount);
        let out = signed(amount, Direction::Out).unwrap();
        assert_eq!(out.to_string(), "-2.5");
        let both = scaled("-1");
        assert_eq!(signed(both, Direction::Signed).unwrap(), both);
        for direction in [Direction::In, Direction::Out] {
            for bad in ["0", "-1"] {
                let error = signed(scaled(bad), direction).unwrap_err().to_string();
                assert!(error.contains("above zero"), "{error}");
            }
        }
    }

    #[test]
    fn what_was_moved_is_told_with_the_new_balance() {
        let request = TransferRequest {
            account: AccountId(3),
            asset: AssetId(2),
            amount: scaled("-250.5"),
            source: SourceId(1),
        };
        let balance = rialto_protocol::Balance {
            asset_id: AssetId(2),
            available: scaled("99"),
            held: scaled("1"),
        };
        let sentence = moved(&request, 17, "USDT", &balance);
        assert_eq!(
            sentence.text(Paint::PLAIN),
            "withdrew 250.5 USDT from account 3 (transfer 17 of source 1); it has 99 USDT available, 1 \
             held"
        );
        let value = serde_json::to_value(&sentence).unwrap();
        assert_eq!(
            (&value["amount"], &value["sequence"]),
            (&json!("-250.5"), &json!(17))
        );
        assert_eq!(numbered(&request, 9).transfer_seq, 9);
    }
}
