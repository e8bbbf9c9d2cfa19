//! The directory: which assets and instruments the exchange has, and exact numbers for them.
//!
//! Loaded once and then kept current by showing it every message ([`Directory::apply`]). Text becomes
//! ticks, lots and units exactly or is refused here, before it travels. Lookups are logarithmic in the
//! count of instruments.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use rialto_protocol::definition::Listed;
use rialto_protocol::refusal::Pair;
use rialto_protocol::text::{self, Context, Units};
use rialto_protocol::{
    AssetDefinition, Channel, Decimal, InstrumentDefinition, InstrumentStatus, InvalidDecimal,
    Message, Scaled, Subscribe, convert,
};
use rialto_types::{
    Amount, Asset, AssetId, Instrument, InstrumentId, InstrumentState, Price, Qty, Refusal, Symbol,
};

use crate::connection::Sorted;
use crate::questions::LIST_ENTRIES_MAX;
use crate::{ClientError, Connection, Rejection};

/// An instrument that the exchange lists, with its two assets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedInstrument {
    listed: Listed,
}

impl ListedInstrument {
    /// Its id.
    pub const fn id(&self) -> InstrumentId {
        self.listed.instrument.id
    }

    /// Its name.
    pub const fn symbol(&self) -> Symbol {
        self.listed.instrument.spec.symbol
    }

    /// Its steps, limits and fees, in ticks, lots and units.
    pub const fn instrument(&self) -> &Instrument {
        &self.listed.instrument
    }

    /// Whether it trades, as last heard.
    pub const fn state(&self) -> InstrumentState {
        self.listed.instrument.state
    }

    /// What is bought and sold.
    pub const fn base(&self) -> &Asset {
        &self.listed.base
    }

    /// What it is paid with.
    pub const fn quote(&self) -> &Asset {
        &self.listed.quote
    }

    /// For the protocol's conversions and texts.
    pub const fn pair(&self) -> Pair<'_> {
        self.listed.pair()
    }

    /// Reads a price such as `60000.01`.
    ///
    /// # Errors
    /// [`ClientError::InvalidNumber`] when it is no positive multiple of the tick.
    pub fn price(&self, text: &str) -> Result<Price, ClientError> {
        self.number("price", text, |price| {
            convert::price(self.instrument(), price)
        })
    }

    /// Reads a quantity of the base asset such as `0.5`.
    ///
    /// # Errors
    /// [`ClientError::InvalidNumber`] when it is no positive multiple of the lot.
    pub fn qty(&self, text: &str) -> Result<Qty, ClientError> {
        self.number("quantity", text, |qty| convert::qty(self.instrument(), qty))
    }

    /// Reads an amount of the quote asset such as `250.00`.
    ///
    /// # Errors
    /// [`ClientError::InvalidNumber`] when it is not positive or finer than the asset's smallest unit.
    pub fn quote_amount(&self, text: &str) -> Result<Amount, ClientError> {
        self.number("amount", text, |amount| {
            convert::amount(self.quote(), amount)
        })
    }

    /// A price as text, exact.
    pub fn price_text(&self, price: Price) -> String {
        convert::price_decimal(self.instrument(), price).to_string()
    }

    /// A quantity as text, exact.
    pub fn qty_text(&self, qty: Qty) -> String {
        convert::qty_scaled(self.instrument(), qty).to_string()
    }

    fn number<T>(
        &self,
        what: &'static str,
        text: &str,
        convert: impl FnOnce(Decimal) -> Result<T, Refusal>,
    ) -> Result<T, ClientError> {
        let context = Context {
            units: Units::Mantissas,
            pair: Some(self.pair()),
            asset: Some(self.quote()),
        };
        let value = parsed(what, text)?;
        convert(value).map_err(|refusal| invalid(text, text::refusal(&refusal, &context)))
    }
}

/// Reads a decimal number.
fn parsed<T: FromStr<Err = InvalidDecimal>>(
    what: &'static str,
    text: &str,
) -> Result<T, ClientError> {
    text.parse()
        .map_err(|error: InvalidDecimal| invalid(text, format!("{what} {text:?}: {error}")))
}

fn invalid(text: &str, reason: String) -> ClientError {
    ClientError::InvalidNumber {
        text: text.to_owned(),
        reason,
    }
}

/// All assets and instruments of an exchange, as last heard.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    assets: BTreeMap<AssetId, Asset>,
    instruments: BTreeMap<InstrumentId, ListedInstrument>,
}

impl Directory {
    /// Subscribes to the definitions and collects those that there are. Changes that come later are
    /// handed out by [`Connection::next`]: show them to [`Directory::apply`]. Once a connection.
    ///
    /// # Errors
    /// [`ClientError::Refused`] when the connection has this subscription already,
    /// [`ClientError::Inconsistent`] when a definition makes no sense, and as [`Connection::next`].
    pub async fn load(connection: &mut Connection) -> Result<Self, ClientError> {
        let first = connection.request_id();
        let second = connection.request_id();
        // The exchange answers in order and refuses the second subscription, which repeats the first: by
        // then all definitions have come.
        for request_id in [first, second] {
            connection.queue(&Subscribe {
                request_id,
                instrument_id: None,
                channel: Channel::Instruments.into(),
            })?;
        }
        let mut directory = Self::default();
        connection
            .answer("the subscription to instruments", |message| match message {
                Message::SubscriptionAccepted(accepted) if accepted.request_id == first => {
                    Ok(Sorted::Part)
                }
                Message::SubscriptionRefused(refused) if refused.request_id == first => {
                    Err(Rejection::from(&refused).into())
                }
                Message::SubscriptionRefused(refused) if refused.request_id == second => {
                    Ok(Sorted::Answer(()))
                }
                Message::SubscriptionAccepted(accepted) if accepted.request_id == second => {
                    Ok(Sorted::Answer(()))
                }
                Message::Refused(refused)
                    if [Some(first), Some(second)].contains(&refused.request_id) =>
                {
                    Err(Rejection::from(&refused).into())
                }
                other if directory.apply(&other)? => Ok(Sorted::Part),
                other => Ok(Sorted::Other(other)),
            })
            .await?;
        Ok(directory)
    }

    /// Takes note of a message; `false` when it is none about assets and instruments.
    ///
    /// # Errors
    /// [`ClientError::Inconsistent`] when a definition makes no sense.
    pub fn apply(&mut self, message: &Message) -> Result<bool, ClientError> {
        match message {
            Message::AssetDefinition(definition) => self.define_asset(definition)?,
            Message::InstrumentDefinition(definition) => self.define_instrument(definition)?,
            Message::InstrumentStatus(status) => self.set_state(status)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn define_asset(&mut self, definition: &AssetDefinition) -> Result<(), ClientError> {
        let refuse = |reason: &dyn fmt::Display| inconsistent("AssetDefinition", reason);
        let asset = Asset {
            symbol: definition.symbol.symbol().map_err(|error| refuse(&error))?,
            decimals: definition.decimals,
        };
        asset.check().map_err(|error| refuse(&error))?;
        self.assets.insert(definition.asset_id, asset);
        Ok(())
    }

    fn define_instrument(&mut self, definition: &InstrumentDefinition) -> Result<(), ClientError> {
        let refuse = |reason: &dyn fmt::Display| inconsistent("InstrumentDefinition", reason);
        let listed = Listed::new(definition).map_err(|error| refuse(&error))?;
        let id = definition.instrument_id;
        if self.instruments.len() >= LIST_ENTRIES_MAX && !self.instruments.contains_key(&id) {
            let what = "the subscription to instruments";
            return Err(ClientError::ListTooLong { what });
        }
        self.instruments.insert(id, ListedInstrument { listed });
        Ok(())
    }

    fn set_state(&mut self, status: &InstrumentStatus) -> Result<(), ClientError> {
        let refuse = |reason: &dyn fmt::Display| inconsistent("InstrumentStatus", reason);
        let state = status.state.known();
        let state = state.ok_or_else(|| refuse(&format_args!("{} is unknown", status.state)))?;
        let id = status.instrument_id;
        let known = self.instruments.get_mut(&id);
        let known = known.ok_or_else(|| refuse(&format_args!("instrument {id} is undefined")))?;
        known.listed.instrument.state = state;
        Ok(())
    }

    /// All instruments, in the order of their ids.
    pub fn instruments(&self) -> impl Iterator<Item = &ListedInstrument> {
        self.instruments.values()
    }

    /// All assets, in the order of their ids.
    pub fn assets(&self) -> impl Iterator<Item = (AssetId, &Asset)> {
        self.assets.iter().map(|(id, asset)| (*id, asset))
    }

    /// An instrument by its id.
    pub fn instrument(&self, id: InstrumentId) -> Option<&ListedInstrument> {
        self.instruments.get(&id)
    }

    /// An asset by its id.
    pub fn asset(&self, id: AssetId) -> Option<&Asset> {
        self.assets.get(&id)
    }

    /// An instrument by its symbol, written as the exchange does: `BTC-USDT`.
    ///
    /// # Errors
    /// [`ClientError::UnknownSymbol`], which lists those that there are. Linear in their count.
    pub fn by_symbol(&self, symbol: &str) -> Result<&ListedInstrument, ClientError> {
        let mut all = self.instruments();
        all.find(|listed| listed.symbol().as_str() == symbol)
            .ok_or_else(|| ClientError::UnknownSymbol {
                symbol: symbol.to_owned(),
                listed: names(self.instruments().map(ListedInstrument::symbol)),
            })
    }

    /// An asset by its symbol.
    ///
    /// # Errors
    /// [`ClientError::UnknownAsset`], which lists those that there are. Linear in their count.
    pub fn asset_by_symbol(&self, symbol: &str) -> Result<(AssetId, &Asset), ClientError> {
        let mut all = self.assets();
        all.find(|(_, asset)| asset.symbol.as_str() == symbol)
            .ok_or_else(|| ClientError::UnknownAsset {
                symbol: symbol.to_owned(),
                known: names(self.assets().map(|(_, asset)| asset.symbol)),
            })
    }

    /// Reads an amount of an asset, of any sign, such as `-12.5`.
    ///
    /// # Errors
    /// [`ClientError::InvalidNumber`] when it is no number or finer than the asset's smallest unit.
    pub fn amount(&self, asset: &Asset, text: &str) -> Result<Scaled, ClientError> {
        let amount: Scaled = parsed("amount", text)?;
        let context = Context {
            units: Units::Mantissas,
            pair: None,
            asset: Some(asset),
        };
        match convert::signed_amount(asset, amount) {
            Ok(_) => Ok(amount),
            Err(refusal) => Err(invalid(text, text::refusal(&refusal, &context))),
        }
    }
}

/// At most twenty names, so that a message stays readable.
fn names(symbols: impl Iterator<Item = Symbol>) -> String {
    const SHOWN: usize = 20;
    let all: Vec<String> = symbols.map(|symbol| symbol.to_string()).collect();
    match all.len() {
        0 => "none".to_owned(),
        count if count > SHOWN => {
            format!("{} and {} more", all[..SHOWN].join(", "), count - SHOWN)
        }
        _ => all.join(", "),
    }
}

fn inconsistent(message: &'static str, reason: &dyn fmt::Display) -> ClientError {
    ClientError::Inconsistent {
        message,
        reason: reason.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{btc_usdt, btc_usdt_definition, number, usdt_definition};
    use proptest::prelude::*;
    use rialto_types::Ppm;

    fn directory() -> Directory {
        let mut directory = Directory::default();
        let known = [
            Message::AssetDefinition(usdt_definition()),
            Message::InstrumentDefinition(btc_usdt_definition()),
        ];
        for message in known {
            assert!(directory.apply(&message).unwrap());
        }
        directory
    }

    #[test]
    fn text_becomes_ticks_lots_and_units_exactly() {
        let listed = btc_usdt();
        assert_eq!(listed.price("60000.01").unwrap(), Price(6_000_001));
        assert_eq!(listed.qty("0.5").unwrap(), Qty(5_000));
        assert_eq!(listed.quote_amount("12.5").unwrap(), Amount(12_500_000));
        assert_eq!(listed.price_text(Price(6_000_001)), "60000.01");
        assert_eq!(listed.qty_text(Qty(5_000)), "0.5");
    }

    #[test]
    fn numbers_off_the_grid_are_refused_with_value_and_step() {
        let listed = btc_usdt();
        for (text, reason) in [
            ("100.005", "0.01"),
            ("0", "0"),
            ("-1", "-1"),
            ("1e3", "digits"),
            ("0.000000001", "8 decimals"),
        ] {
            let error = listed.price(text).unwrap_err().to_string();
            assert!(error.starts_with("price "), "{text} gives {error}");
            assert!(
                error.contains(text) && error.contains(reason),
                "{text} gives {error}"
            );
        }
        let error = listed.qty("0.00005").unwrap_err().to_string();
        assert!(error.contains("0.0001"), "{error}");
    }

    #[test]
    fn amounts_of_an_asset_may_have_any_sign() {
        let directory = directory();
        let (id, usdt) = directory.asset_by_symbol("USDT").unwrap();
        assert_eq!(id, AssetId(2));
        let amount = directory.amount(usdt, "-1.5").unwrap();
        assert_eq!(convert::signed_amount(usdt, amount), Ok(Amount(-1_500_000)));
        assert!(directory.amount(usdt, "0.0000001").is_err());
        let unknown = directory.asset_by_symbol("EUR").unwrap_err().to_string();
        assert!(unknown.contains("USDT"), "{unknown}");
    }

    #[test]
    fn states_change_and_unknown_ones_are_errors() {
        let mut directory = directory();
        let mut status = InstrumentStatus {
            instrument_id: InstrumentId(1),
            state: InstrumentState::Halted.into(),
            ..InstrumentStatus::default()
        };
        directory.apply(&Message::InstrumentStatus(status)).unwrap();
        let listed = directory.by_symbol("BTC-USDT").unwrap();
        assert_eq!(listed.state(), InstrumentState::Halted);
        status.instrument_id = InstrumentId(2);
        assert!(directory.apply(&Message::InstrumentStatus(status)).is_err());
        let unknown = directory.by_symbol("ETH-USDT").unwrap_err().to_string();
        assert!(unknown.contains("BTC-USDT"), "{unknown}");
    }

    #[test]
    fn definitions_that_make_no_sense_are_errors() {
        let mut directory = Directory::default();
        let no_tick = InstrumentDefinition {
            tick: Decimal::ZERO,
            ..btc_usdt_definition()
        };
        let error = directory.apply(&Message::InstrumentDefinition(no_tick));
        assert!(matches!(error, Err(ClientError::Inconsistent { .. })));
        let nameless = Message::AssetDefinition(AssetDefinition::default());
        assert!(directory.apply(&nameless).is_err());
    }

    proptest! {
        #[test]
        fn no_definition_and_no_text_makes_it_panic(
            numbers in prop::array::uniform8(number()),
            exponents in prop::array::uniform4(-9_i8..20),
            decimals in prop::array::uniform2(0_u8..10),
            ppm in prop::array::uniform3(0_u32..1_100_000),
            text: String,
        ) {
            let scaled = |index: usize| Scaled {
                mantissa: numbers[index],
                exponent: exponents[index],
            };
            let definition = InstrumentDefinition {
                tick: Decimal(numbers[4]),
                lot: Decimal(numbers[5]),
                min_quantity: scaled(0),
                max_quantity: scaled(1),
                min_notional: scaled(2),
                max_notional: scaled(3),
                reference_price: Decimal(numbers[6]),
                collar: Ppm(ppm[0]),
                maker_fee: Ppm(ppm[1]),
                taker_fee: Ppm(ppm[2]),
                base_decimals: decimals[0],
                quote_decimals: decimals[1],
                ..btc_usdt_definition()
            };
            let mut directory = Directory::default();
            let message = Message::InstrumentDefinition(definition);
            if directory.apply(&message).is_ok() {
                let listed = directory.by_symbol("BTC-USDT").unwrap();
                listed.price_text(Price(numbers[7]));
                listed.qty_text(Qty(numbers[7]));
            }
            let is_number = btc_usdt().price(&("x".to_owned() + &text)).is_ok();
            prop_assert!(!is_number);
            for number in [Decimal(numbers[7]), Decimal(numbers[7].saturating_mul(1_000_000))] {
                if let Ok(price) = btc_usdt().price(&number.to_string()) {
                    prop_assert_eq!(btc_usdt().price_text(price), number.to_string());
                }
            }
        }
    }
}
