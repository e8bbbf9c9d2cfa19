//! Assets: listing them and making new ones known.

use anyhow::{Context, Result};
use clap::Subcommand;
use rialto_protocol::AddAsset;
use rialto_types::Symbol;
use serde::Serialize;
use serde_json::json;

use super::Office;
use crate::cli::output::{Paint, Report, Sentence};
use crate::cli::table::{Align, Table};

/// `rialto admin asset`.
#[derive(Subcommand, Debug)]
pub(crate) enum Action {
    /// Make an asset known
    Add {
        /// Its name, such as BTC
        symbol: String,
        /// Its smallest unit is 10^-DECIMALS of one; 0 to 8
        #[arg(long)]
        decimals: u8,
    },
    /// List all assets
    List,
}

/// Carries out one of them.
pub(super) async fn run(office: &mut Office, action: &Action) -> Result<()> {
    match action {
        Action::Add { symbol, decimals } => add(office, symbol, *decimals).await,
        Action::List => office.output.show(&Assets::new(office)),
    }
}

async fn add(office: &mut Office, symbol: &str, decimals: u8) -> Result<()> {
    let symbol = read_symbol(symbol)?;
    let request = AddAsset {
        decimals,
        symbol: symbol.into(),
        ..AddAsset::default()
    };
    let report = office.desk.session.administer(request).await?;
    let id = report.asset_id.unwrap_or_default();
    office.output.show(&Sentence::new(
        "added",
        format!("asset {symbol} with {decimals} decimals, id {id}"),
        json!({"asset_id": id.0, "symbol": symbol.as_str(), "decimals": decimals}),
    ))
}

/// Reads the name of an asset or an instrument, whatever the case of its letters.
pub(super) fn read_symbol(text: &str) -> Result<Symbol> {
    Symbol::new(&text.to_uppercase()).with_context(|| format!("{text:?} is no symbol"))
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Assets {
    assets: Vec<AssetView>,
}

#[derive(Clone, Debug, Serialize)]
struct AssetView {
    asset_id: u16,
    symbol: String,
    decimals: u8,
}

impl Assets {
    fn new(office: &Office) -> Self {
        let assets = office.desk.directory.assets();
        let assets = assets.map(|(id, asset)| AssetView {
            asset_id: id.0,
            symbol: asset.symbol.to_string(),
            decimals: asset.decimals,
        });
        Self {
            assets: assets.collect(),
        }
    }
}

impl Report for Assets {
    fn text(&self, paint: Paint) -> String {
        if self.assets.is_empty() {
            return paint
                .faint("no assets yet: `rialto admin asset add BTC --decimals 8` adds one");
        }
        let mut table = Table::new([
            ("id", Align::Right),
            ("asset", Align::Left),
            ("decimals", Align::Right),
        ]);
        for asset in self.assets.clone() {
            let AssetView {
                asset_id,
                symbol,
                decimals,
            } = asset;
            table.push([asset_id.to_string(), symbol, decimals.to_string()]);
        }
        table.text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_read_in_any_case_and_refused_with_the_rule() {
        assert_eq!(read_symbol("btc-usdt").unwrap().as_str(), "BTC-USDT");
        let error = format!("{:#}", read_symbol("b tc").unwrap_err());
        assert!(
            error.contains("\"b tc\"") && error.contains("1 to 16"),
            "{error}"
        );
    }
}
