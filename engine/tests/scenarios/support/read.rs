//! Reads the lines of a scenario: from words to commands.

use rialto_engine::StateImage;
use rialto_types::{
    AccountId, AccountState, AddKey, Amount, Asset, AssetId, CancelOrder, CancelOrders,
    ClientOrderId, ClientSeq, Command, Input, InstrumentId, InstrumentState, KeyId, KillScope,
    MassCancel, OrderId, OrderKind, OrderRef, Permissions, PlaceOrder, Price, PublicKey, Qty,
    ReplaceOrder, ShardId, Side, Size, SourceId, StpMode, TimeInForce, Timestamp, Transfer,
};

use super::world::{ASSETS, KEYS, ppm, set_size, symbol};

/// Splits off `at 50`.
pub(super) fn time(said: &str) -> (Option<u64>, &str) {
    let Some(rest) = said.strip_prefix("at ") else {
        return (None, said);
    };
    let (time, rest) = rest.split_once(' ').expect("a command follows the time");
    (Some(time.parse().expect("a time")), rest)
}

/// Reads a command with its sender.
pub(super) fn input(said: &str, image: &StateImage) -> Input {
    let mut words = Words(said.split_whitespace().collect());
    let who = words.0.remove(0);
    let key = key(who);
    let highest = (key.index().checked_sub(1))
        .and_then(|index| image.keys.get(index))
        .map_or(0, |key| key.client_seq.0);
    let client_seq = match words.option("seq=") {
        Some(text) => text.parse().expect("a client sequence"),
        None => highest + 1,
    };
    let command = command(&mut words, image);
    assert!(
        words.0.is_empty(),
        "what does {:?} mean in {said:?}",
        words.0
    );
    Input {
        key,
        client_seq: ClientSeq(client_seq),
        command,
    }
}

/// The words of a command that are not understood yet.
struct Words<'a>(Vec<&'a str>);

impl<'a> Words<'a> {
    /// Takes the next word.
    fn next(&mut self) -> &'a str {
        assert!(!self.0.is_empty(), "a word is missing");
        self.0.remove(0)
    }

    /// Takes the next word, if there is one.
    fn maybe(&mut self) -> Option<&'a str> {
        (!self.0.is_empty()).then(|| self.0.remove(0))
    }

    /// Takes a word, wherever it stands.
    fn flag(&mut self, word: &str) -> bool {
        let index = self.0.iter().position(|it| *it == word);
        index.map(|index| self.0.remove(index)).is_some()
    }

    /// Takes the word behind `word`, wherever the two stand.
    fn after(&mut self, word: &str) -> Option<&'a str> {
        let index = self.0.iter().position(|it| *it == word)?;
        self.0.remove(index);
        Some(self.0.remove(index))
    }

    /// Takes `name=value`, wherever it stands; gives the value.
    fn option(&mut self, name: &str) -> Option<&'a str> {
        let index = self.0.iter().position(|it| it.starts_with(name))?;
        self.0.remove(index).strip_prefix(name)
    }

    /// Takes `on GOLD`.
    fn maybe_instrument(&mut self) -> Option<InstrumentId> {
        self.after("on").map(|name| match name {
            "COIN" => InstrumentId(1),
            "GOLD" => InstrumentId(2),
            _ => InstrumentId(name.parse().expect("an instrument")),
        })
    }

    /// The same; COIN when it is not there.
    fn instrument(&mut self) -> InstrumentId {
        self.maybe_instrument().unwrap_or(InstrumentId(1))
    }

    /// Takes `buy` or `sell`.
    fn side(&mut self) -> Option<Side> {
        if self.flag("buy") {
            Some(Side::Buy)
        } else {
            self.flag("sell").then_some(Side::Sell)
        }
    }

    /// Takes `#3` or `id=x`.
    fn order(&mut self) -> OrderRef {
        match self.option("id=") {
            Some(name) => OrderRef::Client(client_id(name)),
            None => OrderRef::Id(order_id(self.next())),
        }
    }
}

fn command(words: &mut Words<'_>, image: &StateImage) -> Command {
    match words.next() {
        "buy" => place(Side::Buy, words),
        "sell" => place(Side::Sell, words),
        "cancel" if words.flag("orders") => Command::CancelOrders(CancelOrders {
            account: words.after("of").map(account),
            instrument: words.maybe_instrument(),
            side: words.side(),
        }),
        "cancel" => Command::Cancel(CancelOrder {
            instrument: words.instrument(),
            order: words.order(),
        }),
        "replace" => {
            let (instrument, order) = (words.instrument(), words.order());
            let (qty, price) = at_price(words.next());
            Command::Replace(ReplaceOrder {
                instrument,
                order,
                price: price.expect("a replace states a price"),
                qty: Qty(number(qty)),
            })
        }
        "masscancel" => Command::MassCancel(MassCancel {
            instrument: words.maybe_instrument(),
            side: words.side(),
        }),
        "arm" => Command::ArmCancelOnDisconnect { armed: true },
        "disarm" => Command::ArmCancelOnDisconnect { armed: false },
        "tick" => Command::Tick,
        "disconnected" => Command::Disconnected {
            key: key(words.next()),
        },
        other => administration(other, words, image),
    }
}

fn administration(verb: &str, words: &mut Words<'_>, image: &StateImage) -> Command {
    match verb {
        "capacity" => {
            let mut capacity = image.capacity;
            while let Some(size) = words.maybe() {
                set_size(&mut capacity, size);
            }
            Command::SetCapacity(capacity)
        }
        "asset" => Command::AddAsset(Asset {
            symbol: symbol(words.next()),
            decimals: words.next().parse().expect("decimals"),
        }),
        "list" => {
            let mut spec = image.instruments[0].instrument.spec;
            spec.symbol = symbol(words.next());
            spec.base = asset(words.next());
            spec.quote = asset(words.next());
            Command::ListInstrument(spec)
        }
        "state" => Command::SetInstrumentState {
            instrument: words.instrument(),
            state: instrument_state(words.next()),
        },
        "fees" => Command::SetFees {
            instrument: words.instrument(),
            maker: ppm(words.next()),
            taker: ppm(words.next()),
        },
        "create" => Command::CreateAccount,
        "account" => Command::SetAccountState {
            account: account(words.next()),
            state: account_state(words.next()),
        },
        "key" => Command::AddKey(AddKey {
            account: account(words.next()),
            public_key: PublicKey([0; 32]),
            permissions: match words.next() {
                "read" => Permissions::READ,
                "trade" => Permissions::TRADE,
                "admin" => Permissions::ADMIN,
                other => panic!("no such permission: {other}"),
            },
            networks: rialto_types::Networks::ANY,
        }),
        "revoke" => Command::RevokeKey {
            key: key(words.next()),
        },
        "deposit" => transfer(words, 1, image),
        "withdraw" => transfer(words, -1, image),
        "kill" => Command::EngageKillSwitch(scope(words.next())),
        "release" => Command::ReleaseKillSwitch(scope(words.next())),
        _ => panic!("no such command: {verb}"),
    }
}

/// `5@100 gtc`, `5 market`, `$500 stop 110`, with `stp=`, `id=` and `on` anywhere.
fn place(side: Side, words: &mut Words<'_>) -> Command {
    let instrument = words.instrument();
    let stp = mode(words);
    let client_order_id = words.option("id=").map(client_id);
    Command::Place(PlaceOrder {
        instrument,
        side,
        stp,
        kind: kind(words),
        client_order_id,
    })
}

fn mode(words: &mut Words<'_>) -> StpMode {
    match words.option("stp=") {
        None | Some("taker") => StpMode::CancelTaker,
        Some("none") => StpMode::None,
        Some("maker") => StpMode::CancelMaker,
        Some("both") => StpMode::CancelBoth,
        Some("dec") => StpMode::Decrement,
        Some(other) => panic!("no such mode: {other}"),
    }
}

fn kind(words: &mut Words<'_>) -> OrderKind {
    let (amount, price) = at_price(words.next());
    let size = match amount.strip_prefix('$') {
        Some(quote) => Size::Quote(Amount(number(quote))),
        None => Size::Qty(Qty(number(amount))),
    };
    let trigger = words.after("stop").map(|price| Price(number(price)));
    let market = words.flag("market");
    let post_only = words.flag("post");
    let tif = tif(words);
    match (trigger, price, size) {
        (None, Some(price), Size::Qty(qty)) => OrderKind::Limit {
            price,
            qty,
            tif,
            post_only,
        },
        (Some(stop), Some(price), Size::Qty(qty)) => OrderKind::StopLimit {
            stop,
            price,
            qty,
            tif,
        },
        (Some(stop), None, size) => OrderKind::StopMarket { stop, size },
        (None, None, size) if market => OrderKind::Market { size },
        _ => panic!("no such order"),
    }
}

fn tif(words: &mut Words<'_>) -> TimeInForce {
    if words.flag("ioc") {
        TimeInForce::Ioc
    } else if words.flag("fok") {
        TimeInForce::Fok
    } else if let Some(expiry) = words.after("gtd") {
        TimeInForce::Gtd(Timestamp(expiry.parse().expect("an expiry")))
    } else {
        TimeInForce::Gtc
    }
}

/// `A COIN 5`, numbered after the last of source 1, or as `from 2/7` says.
fn transfer(words: &mut Words<'_>, sign: i64, image: &StateImage) -> Command {
    let (source, sequence) = if let Some(text) = words.after("from") {
        let (source, sequence) = text.split_once('/').expect("source/sequence");
        let source = SourceId(source.parse().expect("a source"));
        (source, sequence.parse().expect("a sequence"))
    } else {
        let source = SourceId(1);
        let last = image.sources.iter().find(|it| it.source == source);
        (source, last.map_or(0, |it| it.sequence) + 1)
    };
    Command::Transfer(Transfer {
        source,
        sequence,
        account: account(words.next()),
        asset: asset(words.next()),
        amount: Amount(sign * number(words.next())),
    })
}

fn at_price(text: &str) -> (&str, Option<Price>) {
    match text.split_once('@') {
        Some((size, price)) => (size, Some(Price(number(price)))),
        None => (text, None),
    }
}

/// `max` is the largest number.
pub(super) fn number(text: &str) -> i64 {
    match text {
        "max" => i64::MAX,
        _ => text.parse().expect("a number"),
    }
}

fn client_id(text: &str) -> ClientOrderId {
    ClientOrderId::new(text).expect("a client order id")
}

/// `#3`: the third order accepted.
fn order_id(text: &str) -> OrderId {
    let counter = text.strip_prefix('#').expect("an order is written #1");
    OrderId::new(ShardId(0), counter.parse().expect("an order's number"))
}

/// A key by its name; one that does not exist by its number.
fn key(name: &str) -> KeyId {
    if name == "venue" {
        return KeyId::VENUE;
    }
    match KEYS.iter().zip(1..).find(|((known, ..), _)| *known == name) {
        Some((_, id)) => KeyId(id),
        None => KeyId(
            name.strip_prefix("key")
                .unwrap_or(name)
                .parse()
                .expect("a key"),
        ),
    }
}

/// An account by the name of its first key, or by its number.
pub(super) fn account(name: &str) -> AccountId {
    match KEYS.iter().find(|(known, ..)| *known == name) {
        Some((_, id, _)) => AccountId(*id),
        None if name == "venue" => AccountId::VENUE,
        None => AccountId(name.parse().expect("an account")),
    }
}

pub(super) fn asset(name: &str) -> AssetId {
    match ASSETS
        .iter()
        .zip(1..)
        .find(|((known, _), _)| *known == name)
    {
        Some((_, id)) => AssetId(id),
        None => AssetId(name.parse().expect("an asset")),
    }
}

fn scope(name: &str) -> KillScope {
    match name {
        "everybody" => KillScope::Venue,
        _ => KillScope::Account(account(name)),
    }
}

fn instrument_state(name: &str) -> InstrumentState {
    match name {
        "open" => InstrumentState::Open,
        "post-only" => InstrumentState::PostOnly,
        "cancel-only" => InstrumentState::CancelOnly,
        "halted" => InstrumentState::Halted,
        "closed" => InstrumentState::Closed,
        _ => panic!("no such state: {name}"),
    }
}

fn account_state(name: &str) -> AccountState {
    match name {
        "active" => AccountState::Active,
        "cancel-only" => AccountState::CancelOnly,
        "suspended" => AccountState::Suspended,
        _ => panic!("no such state: {name}"),
    }
}
