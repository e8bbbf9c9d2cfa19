//! The terms of a new instrument as flags, with defaults, and the request that they mean.
//!
//! Tick, lot and reference price make a market and must be stated. Whether the terms fit together (a
//! notional must always be a whole number of quote units) is checked by the exchange.

use anyhow::{Context, Result, bail};
use clap::Args;
use rialto_client::Directory;
use rialto_protocol::{Decimal, ListInstrument, Scaled, convert};
use rialto_types::{Amount, Asset, AssetId, Ppm};

use super::assets::read_symbol;
use crate::cli::rate;

/// The largest order, in lots, unless the operator says otherwise.
const MAX_QTY_LOTS: i64 = 10_000_000;

const EXAMPLE: &str = "Example:
  rialto admin instrument add BTC-USDT --tick 0.01 --lot 0.0001 --reference-price 60000 \\
    --min-notional 1 --maker-fee 0.02% --taker-fee 0.05%";

/// `rialto admin instrument add`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(crate) struct NewInstrument {
    /// Its name, such as BTC-USDT
    symbol: String,
    /// What is bought and sold [default: the part of the name before `-`, `/` or `_`]
    #[arg(long, value_name = "ASSET")]
    base: Option<String>,
    /// What it is paid with [default: the part of the name after it]
    #[arg(long, value_name = "ASSET")]
    quote: Option<String>,
    /// The price step
    #[arg(long, value_name = "PRICE")]
    tick: Decimal,
    /// The quantity step
    #[arg(long, value_name = "QTY")]
    lot: Decimal,
    /// What the collar is taken around until the first trade
    #[arg(long, value_name = "PRICE")]
    reference_price: Decimal,
    /// The smallest order [default: one lot]
    #[arg(long, value_name = "QTY")]
    min_qty: Option<Scaled>,
    /// The largest order [default: ten million lots]
    #[arg(long, value_name = "QTY")]
    max_qty: Option<Scaled>,
    /// The smallest price × quantity
    #[arg(long, value_name = "AMOUNT", default_value = "0")]
    min_notional: Scaled,
    /// The largest price × quantity [default: none]
    #[arg(long, value_name = "AMOUNT")]
    max_notional: Option<Scaled>,
    /// How far above the reference a buy and below it a sell may be priced
    #[arg(long, value_name = "RATE", value_parser = rate::parse, default_value = "10%")]
    collar: Ppm,
    /// Charged to the resting order, of what it receives
    #[arg(long, value_name = "RATE", value_parser = rate::parse, default_value = "0%")]
    maker_fee: Ppm,
    /// Charged to the arriving order, of what it receives
    #[arg(long, value_name = "RATE", value_parser = rate::parse, default_value = "0%")]
    taker_fee: Ppm,
}

impl NewInstrument {
    /// The request to list it.
    ///
    /// # Errors
    /// When the name is none, or an asset is not known.
    pub(super) fn request(&self, directory: &Directory) -> Result<ListInstrument> {
        let symbol = read_symbol(&self.symbol)?;
        let [base, quote] = self.assets(symbol.as_str(), directory)?;
        Ok(ListInstrument {
            tick: self.tick,
            lot: self.lot,
            min_quantity: self.min_qty.unwrap_or(self.lot.into()),
            max_quantity: self.max_qty.unwrap_or_else(|| self.max_qty(base.1)),
            min_notional: self.min_notional,
            max_notional: self
                .max_notional
                .unwrap_or_else(|| convert::amount_scaled(quote.1, Amount::MAX)),
            reference_price: self.reference_price,
            collar: self.collar,
            maker_fee: self.maker_fee,
            taker_fee: self.taker_fee,
            base_asset_id: base.0,
            quote_asset_id: quote.0,
            symbol: symbol.into(),
            ..ListInstrument::default()
        })
    }

    /// Base and quote, as stated or as the name says.
    fn assets<'a>(
        &self,
        symbol: &str,
        directory: &'a Directory,
    ) -> Result<[(AssetId, &'a Asset); 2]> {
        let parts = symbol.split_once(['-', '/', '_']);
        let name = |stated: &Option<String>, part: Option<&str>, flag: &str| match (stated, part) {
            (Some(stated), _) => Ok(stated.to_uppercase()),
            (None, Some(part)) => Ok(part.to_owned()),
            (None, None) => bail!("{symbol} does not say its {flag} asset: give --{flag} ASSET"),
        };
        let base = name(&self.base, parts.map(|parts| parts.0), "base")?;
        let quote = name(&self.quote, parts.map(|parts| parts.1), "quote")?;
        let find = |asset: &str| {
            directory.asset_by_symbol(asset).with_context(|| {
                format!(
                    "{symbol} needs the asset {asset}: `rialto admin asset add {asset}` adds it"
                )
            })
        };
        Ok([find(&base)?, find(&quote)?])
    }

    /// So many lots as a largest order may have and its amount can still be represented.
    fn max_qty(&self, base: &Asset) -> Scaled {
        let lot = i128::from(self.lot.0);
        let units = i128::from(i64::MAX) * i128::from(base.unit_mantissa());
        let representable = units / lot.max(1);
        Scaled::from_mantissa(lot * representable.min(i128::from(MAX_QTY_LOTS)))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use rialto_protocol::definition::Listed;
    use rialto_protocol::{InstrumentDefinition, Message};

    use super::*;
    use crate::cli::testing::{btc_usdt_definition, directory};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        terms: NewInstrument,
    }

    fn request(line: &str) -> Result<ListInstrument> {
        let words = std::iter::once("add").chain(line.split_whitespace());
        Line::try_parse_from(words)?.terms.request(&directory())
    }

    /// What the exchange makes of it.
    fn listed(request: &ListInstrument) -> Listed {
        Listed::new(&InstrumentDefinition {
            tick: request.tick,
            lot: request.lot,
            min_quantity: request.min_quantity,
            max_quantity: request.max_quantity,
            min_notional: request.min_notional,
            max_notional: request.max_notional,
            reference_price: request.reference_price,
            collar: request.collar,
            ..btc_usdt_definition()
        })
        .unwrap()
    }

    #[test]
    fn what_is_not_stated_has_a_default_that_can_be_listed() {
        let request = request("btc-usdt --tick 0.01 --lot 0.0001 --reference-price 60000").unwrap();
        assert_eq!(
            (request.base_asset_id, request.quote_asset_id),
            (AssetId(1), AssetId(2))
        );
        assert_eq!((request.collar, request.taker_fee), (Ppm(100_000), Ppm(0)));
        let spec = listed(&request).instrument.spec;
        assert_eq!((spec.min_qty.0, spec.max_qty.0), (1, MAX_QTY_LOTS));
        assert_eq!(
            (spec.min_notional, spec.max_notional),
            (Amount(0), Amount::MAX)
        );
    }

    #[test]
    fn the_largest_order_of_a_huge_lot_can_be_represented() {
        let line = "BTC/USDT --tick 0.01 --lot 90000000000 --reference-price 1";
        let request = request(line).unwrap();
        let spec = listed(&request).instrument.spec;
        assert_eq!(spec.max_qty.0, 1, "two such lots exceed 64 bits of satoshi");
    }

    #[test]
    fn what_is_stated_is_kept() {
        let line = "X --base btc --quote USDT --tick 1 --lot 1 --reference-price 5 --min-qty 2 \
                    --max-qty 9 --min-notional 3 --max-notional 4 --collar 50% --maker-fee 1ppm";
        let request = request(line).unwrap();
        assert_eq!(request.symbol.to_string(), "X");
        let text = [
            request.min_quantity,
            request.max_quantity,
            request.min_notional,
            request.max_notional,
        ]
        .map(|amount| amount.to_string());
        assert_eq!(text, ["2", "9", "3", "4"]);
        assert_eq!((request.collar, request.maker_fee), (Ppm(500_000), Ppm(1)));
        let message: Message = request.into();
        assert_eq!(message.name(), "ListInstrument");
    }

    #[test]
    fn missing_assets_and_numbers_are_named() {
        let common = "--tick 1 --lot 1 --reference-price 5";
        let error = |line: String| format!("{:#}", request(&line).unwrap_err());
        let no_asset = error(format!("BTC-EUR {common}"));
        assert!(no_asset.contains("asset add EUR"), "{no_asset}");
        let no_parts = error(format!("BTCUSDT {common}"));
        assert!(no_parts.contains("--base ASSET"), "{no_parts}");
        let no_tick = error("BTC-USDT --lot 1 --reference-price 5".to_owned());
        assert!(no_tick.contains("--tick"), "{no_tick}");
        let bad = error("BTC-USDT --tick x --lot 1 --reference-price 5".to_owned());
        assert!(bad.contains("digits"), "{bad}");
        let zero = request("BTC-USDT --tick 0 --lot 0 --reference-price 5").unwrap();
        assert_eq!(zero.lot, Decimal(0), "that is for the exchange to refuse");
    }
}
