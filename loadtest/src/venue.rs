//! Setting up: an instrument, accounts and funds on an exchange, for a test of its own.
//!
//! Everything is found again by the next run instead of being made twice: instruments by their symbol, keys
//! because their secrets are derived from the administrator's key, funds by topping balances up. So a
//! thousand runs against one exchange leave the same few accounts behind.

use anyhow::{Context, Result, bail, ensure};
use rialto_client::{
    ApiKey, Connection, Directory, ListedInstrument, LogonOptions, Session, TransferRequest, order,
};
use rialto_protocol::{
    AddAsset, AddKey, Channel, CreateAccount, KeyDetails, KeyFlags, ListInstrument, Message,
    Permissions, Scaled, SymbolText, convert,
};
use rialto_types::{
    AccountId, Amount, Asset, AssetId, InstrumentState, KeyId, Ppm, SourceId, Symbol,
};

use crate::connect::ConnectOptions;

/// The source of the transfers that fund accounts, far from those of people and services.
const TRANSFER_SOURCE: SourceId = SourceId(59_000);
/// Symbols that are tried before giving up: each stands for a book that somebody else has left orders in.
const SYMBOLS_TRIED_MAX: u32 = 100;
/// The widest collar that can be listed: prices of a recorded day are not to be refused.
const COLLAR: Ppm = Ppm(1_000_000);

/// The instrument that a test needs: one cent as tick, one whole unit as lot, no fees.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// The asset that is bought and sold.
    pub(crate) base: Symbol,
    /// The asset that it is paid with.
    pub(crate) quote: Symbol,
    /// The reference of the collar until the first trade, as a decimal.
    pub(crate) reference_price: &'static str,
}

/// What each account of a test is to have at least.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Funds {
    /// In whole units of the base asset.
    pub(crate) base: i64,
    /// In cents of the quote asset.
    pub(crate) quote_cents: i64,
}

/// A venue made ready.
pub(crate) struct Venue {
    /// The instrument, open, with an empty book.
    pub(crate) instrument: ListedInstrument,
    /// One session for each account asked for.
    pub(crate) sessions: Vec<Session>,
    /// The keys that they logged on with.
    pub(crate) keys: Vec<ApiKey>,
}

/// A venue made ready for connections that are opened elsewhere.
pub(crate) struct Prepared {
    /// The instrument, open, with an empty book.
    pub(crate) instrument: ListedInstrument,
    /// The key of each account asked for.
    pub(crate) keys: Vec<ApiKey>,
}

/// As [`prepare`], and leaves the sessions to the caller.
///
/// # Errors
/// As [`prepare`].
pub(crate) async fn prepare_keys(
    options: &ConnectOptions,
    wanted: &Wanted,
    funds: Funds,
    purposes: &[String],
) -> Result<Prepared> {
    let purposes: Vec<&str> = purposes.iter().map(String::as_str).collect();
    let Venue {
        instrument,
        sessions,
        keys,
    } = prepare(options, wanted, funds, &purposes).await?;
    for session in sessions {
        session.log_out().await?;
    }
    Ok(Prepared { instrument, keys })
}

/// Makes a venue ready: one account for each purpose, funded, and an instrument whose book is empty.
///
/// # Errors
/// When the administrator's key is not accepted, or the exchange refuses what is needed.
pub(crate) async fn prepare(
    options: &ConnectOptions,
    wanted: &Wanted,
    funds: Funds,
    purposes: &[&str],
) -> Result<Venue> {
    let key = options.admin_key()?;
    let connection = options.open().await?;
    let mut admin = Admin::log_on(connection, key).await?;
    let base = admin.asset(wanted.base, 0).await?;
    let quote = admin.asset(wanted.quote, 2).await?;
    let (mut sessions, mut keys) = (Vec::new(), Vec::new());
    let known = admin.session.keys(None).await?;
    for purpose in purposes {
        let key = admin.account_key(purpose, &known).await?;
        admin.fund(key.account(), base, funds.base).await?;
        admin
            .fund_cents(key.account(), quote, funds.quote_cents)
            .await?;
        let connection = options.open().await?;
        let session = connection.log_on(&key, LogonOptions::default()).await?;
        sessions.push(session);
        keys.push(key);
    }
    let instrument = admin
        .empty_instrument(wanted, (base, quote), &mut sessions)
        .await?;
    admin.session.log_out().await?;
    Ok(Venue {
        instrument,
        sessions,
        keys,
    })
}

/// An administrator's session with what its exchange lists.
struct Admin {
    key: ApiKey,
    session: Session,
    directory: Directory,
}

impl Admin {
    async fn log_on(connection: Connection, key: ApiKey) -> Result<Self> {
        let mut session = connection.log_on(&key, LogonOptions::default()).await?;
        ensure!(
            session.permissions().contains(Permissions::ADMIN),
            "key {} of account {} is not an administrator's",
            key.key_id(),
            key.account()
        );
        let directory = Directory::load(session.connection()).await?;
        Ok(Self {
            key,
            session,
            directory,
        })
    }

    /// Takes note of definitions that have arrived since.
    fn listen(&mut self) -> Result<()> {
        while let Some(message) = self.session.try_next()? {
            self.directory.apply(&message)?;
        }
        Ok(())
    }

    /// The asset of this name, with at least these decimals; made if there is none.
    async fn asset(&mut self, symbol: Symbol, decimals: u8) -> Result<(AssetId, Asset)> {
        let known = self.directory.assets();
        let known = known.map(|(id, asset)| (id, *asset));
        if let Some((id, asset)) = known.into_iter().find(|(_, asset)| asset.symbol == symbol) {
            ensure!(
                asset.decimals >= decimals,
                "asset {symbol} has {} decimals, but {decimals} are needed: name another with --symbol",
                asset.decimals
            );
            return Ok((id, asset));
        }
        let request = AddAsset {
            decimals,
            symbol: SymbolText::from(symbol),
            ..AddAsset::default()
        };
        let report = self.session.administer(request).await?;
        let id = report
            .asset_id
            .context("the exchange gave the asset no id")?;
        Ok((id, Asset { symbol, decimals }))
    }

    /// The key of the account for a purpose; account and key are made if there are none.
    async fn account_key(&mut self, purpose: &str, known: &[KeyDetails]) -> Result<ApiKey> {
        let secret = self.key.derive_secret(purpose);
        let public_key = ApiKey::public_key_of(&secret).0;
        let usable = |key: &&KeyDetails| {
            key.public_key == public_key && !key.key_flags.contains(KeyFlags::REVOKED)
        };
        if let Some(key) = known.iter().find(usable) {
            return Ok(ApiKey::from_secret(key.account_id, key.key_id, &secret));
        }
        let report = self.session.administer(CreateAccount::default()).await?;
        let account = report
            .account_id
            .context("the exchange gave the account no id")?;
        let request = AddKey {
            account_id: account,
            public_key,
            permissions: Permissions::READ.with(Permissions::TRADE),
            ..AddKey::default()
        };
        let report = self.session.administer(request).await?;
        let key: KeyId = report
            .affected_key_id
            .context("the exchange gave the key no id")?;
        Ok(ApiKey::from_secret(account, key, &secret))
    }

    async fn fund_cents(
        &mut self,
        account: AccountId,
        asset: (AssetId, Asset),
        cents: i64,
    ) -> Result<()> {
        let units_per_cent = asset.1.units_per_one() / 100;
        self.top_up(account, asset, cents.checked_mul(units_per_cent))
            .await
    }

    async fn fund(
        &mut self,
        account: AccountId,
        asset: (AssetId, Asset),
        whole: i64,
    ) -> Result<()> {
        let units = whole.checked_mul(asset.1.units_per_one());
        self.top_up(account, asset, units).await
    }

    /// Deposits what an account lacks of an asset, held funds counted in.
    async fn top_up(
        &mut self,
        account: AccountId,
        (id, asset): (AssetId, Asset),
        units: Option<i64>,
    ) -> Result<()> {
        let needed = units.with_context(|| {
            format!(
                "the funds needed do not fit in {} at its decimals",
                asset.symbol
            )
        })?;
        let balance = self.session.balance_of(account, id).await?;
        let units = |amount: Scaled| -> Result<i64> {
            let amount = convert::signed_amount(&asset, amount);
            Ok(amount
                .context("the exchange states a balance that cannot be")?
                .0)
        };
        let has = units(balance.available)?.saturating_add(units(balance.held)?);
        if has >= needed {
            return Ok(());
        }
        let request = TransferRequest {
            account,
            asset: id,
            amount: convert::amount_scaled(&asset, Amount(needed - has)),
            source: TRANSFER_SOURCE,
        };
        self.session.transfer(request).await?;
        Ok(())
    }

    /// The first instrument named after the assets that is as wanted, open, and empty once the test's own
    /// accounts have cancelled what they left there; listed if there is none.
    async fn empty_instrument(
        &mut self,
        wanted: &Wanted,
        assets: ((AssetId, Asset), (AssetId, Asset)),
        sessions: &mut [Session],
    ) -> Result<ListedInstrument> {
        for number in 1..=SYMBOLS_TRIED_MAX {
            let symbol = symbol(wanted, number)?;
            self.listen()?;
            let Ok(listed) = self.directory.by_symbol(symbol.as_str()).copied() else {
                return self.list(symbol, wanted, assets).await;
            };
            if !is_as_wanted(&listed) {
                continue;
            }
            for session in &mut *sessions {
                let request = order::mass_cancel(Some(listed.id()), None);
                session.mass_cancel(request).await?;
                while session.try_next()?.is_some() {}
            }
            if self.is_empty(&listed).await? {
                return Ok(listed);
            }
        }
        bail!(
            "the first {SYMBOLS_TRIED_MAX} books of this name are all in use: choose another with --symbol"
        )
    }

    async fn list(
        &mut self,
        symbol: Symbol,
        wanted: &Wanted,
        (base, quote): ((AssetId, Asset), (AssetId, Asset)),
    ) -> Result<ListedInstrument> {
        let largest = |asset: &Asset| i64::MAX / asset.units_per_one();
        // A quarter of the largest amounts, so that sums of a few stay within range.
        let most_base = largest(&base.1) / 4;
        let most_quote = largest(&quote.1) / 4;
        let request = ListInstrument {
            tick: "0.01".parse().context("a cent is a decimal")?,
            lot: "1".parse().context("one is a decimal")?,
            min_quantity: Scaled {
                mantissa: 1,
                exponent: 0,
            },
            max_quantity: Scaled {
                mantissa: most_base,
                exponent: 0,
            },
            min_notional: Scaled::ZERO,
            max_notional: Scaled {
                mantissa: most_quote,
                exponent: 0,
            },
            reference_price: wanted
                .reference_price
                .parse()
                .context("the reference price is a decimal")?,
            collar: COLLAR,
            base_asset_id: base.0,
            quote_asset_id: quote.0,
            symbol: SymbolText::from(symbol),
            ..ListInstrument::default()
        };
        let report = self.session.administer(request).await?;
        let id = report
            .instrument_id
            .context("the exchange gave the instrument no id")?;
        // Its definition comes by the subscription, before or after the report.
        loop {
            if let Some(listed) = self.directory.instrument(id) {
                return Ok(*listed);
            }
            let message = self.session.next().await?;
            self.directory.apply(&message)?;
        }
    }

    /// Whether nothing rests in a book.
    async fn is_empty(&mut self, listed: &ListedInstrument) -> Result<bool> {
        let id = Some(listed.id());
        let connection = self.session.connection();
        connection.subscribe(Channel::TopOfBook, id).await?;
        let top = loop {
            match connection.next().await? {
                Message::TopOfBook(top) if Some(top.instrument_id) == id => break top,
                other => {
                    self.directory.apply(&other)?;
                }
            }
        };
        connection.unsubscribe(Channel::TopOfBook, id).await?;
        Ok(top.bid_price.is_none() && top.ask_price.is_none())
    }
}

/// `AAPL-USD`, then `AAPL2-USD` and so on.
fn symbol(wanted: &Wanted, number: u32) -> Result<Symbol> {
    let Wanted { base, quote, .. } = wanted;
    let text = match number {
        1 => format!("{base}-{quote}"),
        _ => format!("{base}{number}-{quote}"),
    };
    Symbol::new(&text).with_context(|| format!("{text:?} is no symbol"))
}

/// Whether an instrument that was there already serves as well as one of our own.
fn is_as_wanted(listed: &ListedInstrument) -> bool {
    let spec = &listed.instrument().spec;
    let steps = (spec.tick_mantissa, spec.lot_mantissa);
    let fees = (spec.maker_fee, spec.taker_fee);
    listed.state() == InstrumentState::Open
        && steps == (1_000_000, 100_000_000)
        && fees == (Ppm(0), Ppm(0))
        && spec.collar == COLLAR
        && spec.min_qty.0 == 1
        && spec.min_notional == Amount::ZERO
}

/// Divides `AAPL-USD` into its two assets.
///
/// # Errors
/// When it has no hyphen or a part is no symbol.
pub(crate) fn assets(symbol: &str) -> Result<(Symbol, Symbol)> {
    let (base, quote) = symbol
        .split_once('-')
        .with_context(|| format!("{symbol:?} does not name two assets: write it as in AAPL-USD"))?;
    let read = |text: &str| Symbol::new(text).with_context(|| format!("{text:?} is no asset"));
    Ok((read(base)?, read(quote)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_counted_up() {
        let (base, quote) = assets("AAPL-USD").unwrap();
        let wanted = Wanted {
            base,
            quote,
            reference_price: "1",
        };
        assert_eq!(symbol(&wanted, 1).unwrap().as_str(), "AAPL-USD");
        assert_eq!(symbol(&wanted, 12).unwrap().as_str(), "AAPL12-USD");
    }

    #[test]
    fn what_does_not_name_two_assets_is_refused() {
        for bad in ["AAPL", "aapl-USD", "-USD", "AAPL-"] {
            assert!(assets(bad).is_err(), "{bad}");
        }
    }
}
