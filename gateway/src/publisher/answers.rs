//! Answers to questions: order status, open orders, balances, and what administrators ask.
//!
//! A long answer is told a few messages a turn, and only while its receiver keeps up, so that neither the
//! publisher nor other sessions wait for it. Each message is as of the command that it names. A session
//! has a bounded number of answers under way.

use std::collections::{HashSet, VecDeque};

use rialto_protocol::{
    AccountDetails, Balance as WireBalance, Balances, Group, KeyDetails, KeyFlags, ListFlags,
    OrderFlags, OrderStatus, Permissions as WirePermissions, Refused, TransferSource, VarText,
    network,
};
use rialto_types::{AccountId, InstrumentId, KeyId, OrderId, OrderRef, Refusal, RejectReason};

use super::desk::{Desk, Place};
use super::reports;
use crate::models::{Account, Directory, Key, Listing, OpenOrder, ReadModels};
use crate::request::Question;
use crate::terms::OrderFacts;

/// Messages of one answer in one turn.
const MESSAGES_PER_TURN: usize = 32;
/// A receiver with more queued than this is not sent more of its answer.
const BACKLOG_BYTES_MAX: usize = 64 * 1024;
/// Answers under way for one session.
const ANSWERS_PER_SESSION_MAX: usize = 8;
/// The most accounts or keys that one answer lists.
pub(crate) const LISTED_COUNT_MAX: u16 = 1_000;

/// A question, as the publisher was asked it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) place: Place,
    /// 0 when nobody asked: it ends what was missed.
    pub(super) template_id: u16,
    pub(super) request_id: u64,
}

/// An answer of several messages, under way.
#[derive(Debug)]
struct Answer {
    place: Place,
    request_id: u64,
    /// Whether nobody asked: see [`Asked::template_id`].
    is_unasked: bool,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    OpenOrders {
        account: AccountId,
        instrument: Option<InstrumentId>,
        listing: Listing,
        /// The next order to be told, once it is known whether another follows.
        pending: Option<OrderId>,
    },
    Accounts {
        next: AccountId,
        left: u16,
    },
    Keys {
        next: KeyId,
        account: Option<AccountId>,
        left: u16,
    },
}

/// The answers under way.
#[derive(Debug, Default)]
pub(super) struct Answers {
    under_way: VecDeque<Answer>,
    /// Who is being told what nobody asked for: at a start it may be all sessions at once, each of which asks each turn.
    unasked: HashSet<Place>,
}

impl Answers {
    /// Answers a question at once, or begins to.
    pub(super) fn ask(
        &mut self,
        models: &mut ReadModels,
        desk: &mut Desk,
        asked: Asked,
        question: Question,
    ) {
        let Asked {
            place, request_id, ..
        } = asked;
        if let Some(account) = unknown_account(models, question) {
            let refusal = Refusal::new(RejectReason::UnknownAccount, i64::from(account.0), 0);
            let text = format!("there is no account {account}");
            desk.tell(place, &refused(asked, refusal, text));
            return;
        }
        match question {
            Question::OrderStatus(order) => {
                order_status(models, desk, asked, order);
            }
            Question::Balances { account } => balances(models, desk, asked, account),
            Question::TransferSource(source) => desk.tell(
                place,
                &TransferSource {
                    request_id,
                    core_seq: models.seq(),
                    last_transfer_seq: models.last_transfer(source),
                    source_id: source,
                },
            ),
            Question::OpenOrders {
                account,
                instrument,
            } => {
                let listing = models.begin_listing(account);
                self.begin(
                    models,
                    desk,
                    asked,
                    Kind::OpenOrders {
                        account,
                        instrument,
                        listing,
                        pending: None,
                    },
                );
            }
            Question::Accounts { first, count } => {
                let left = count.clamp(1, LISTED_COUNT_MAX);
                self.begin(models, desk, asked, Kind::Accounts { next: first, left });
            }
            Question::Keys {
                first,
                account,
                count,
            } => {
                let left = count.clamp(1, LISTED_COUNT_MAX);
                self.begin(
                    models,
                    desk,
                    asked,
                    Kind::Keys {
                        next: first,
                        account,
                        left,
                    },
                );
            }
        }
    }

    fn begin(&mut self, models: &mut ReadModels, desk: &mut Desk, asked: Asked, kind: Kind) {
        let Asked {
            place, request_id, ..
        } = asked;
        let is_unasked = asked.template_id == 0;
        let answer = Answer {
            place,
            request_id,
            is_unasked,
            kind,
        };
        let under_way = self.under_way.iter().filter(|other| other.place == place);
        // What is told unasked comes once in a session.
        if !is_unasked && under_way.count() >= ANSWERS_PER_SESSION_MAX {
            end(models, answer);
            let text = format!(
                "{ANSWERS_PER_SESSION_MAX} questions of this session are being answered: ask again when one is done"
            );
            desk.tell(place, &refused(asked, RejectReason::Busy.into(), text));
            return;
        }
        if is_unasked {
            self.unasked.insert(place);
        }
        self.under_way.push_back(answer);
    }

    /// Forgets the answers to a member that has left.
    pub(super) fn forget(&mut self, models: &mut ReadModels, place: Place) {
        self.unasked.remove(&place);
        for _ in 0..self.under_way.len() {
            match self.under_way.pop_front() {
                Some(answer) if answer.place == place => end(models, answer),
                Some(answer) => self.under_way.push_back(answer),
                None => return,
            }
        }
    }

    /// Tells a little more of each answer. The models are between two commands.
    pub(super) fn go_on(&mut self, models: &mut ReadModels, desk: &mut Desk) {
        for _ in 0..self.under_way.len() {
            let Some(mut answer) = self.under_way.pop_front() else {
                return;
            };
            let mut done = false;
            for _ in 0..MESSAGES_PER_TURN {
                if done || !keeps_up(desk, answer.place) {
                    break;
                }
                done = answer.tell_next(models, desk);
            }
            if done {
                if answer.is_unasked {
                    self.unasked.remove(&answer.place);
                }
                end(models, answer);
            } else {
                self.under_way.push_back(answer);
            }
        }
    }

    /// Whether some answer can go on at once.
    pub(super) fn can_go_on(&self, desk: &Desk) -> bool {
        self.under_way
            .iter()
            .any(|answer| keeps_up(desk, answer.place))
    }

    /// Whether a receiver is being told something that it did not ask for.
    pub(super) fn is_telling_unasked(&self, place: Place) -> bool {
        self.unasked.contains(&place)
    }

    /// Whether an answer waits for its receiver.
    pub(super) fn is_empty(&self) -> bool {
        self.under_way.is_empty()
    }
}

/// The account that a question names, if there is none of that id.
fn unknown_account(models: &ReadModels, question: Question) -> Option<AccountId> {
    let (Question::OpenOrders { account, .. }
    | Question::Balances { account }
    | Question::Keys {
        account: Some(account),
        ..
    }) = question
    else {
        return None;
    };
    models.accounts().get(account).is_none().then_some(account)
}

/// Whether a receiver reads fast enough to be sent more of an answer.
pub(super) fn keeps_up(desk: &Desk, place: Place) -> bool {
    desk.get(place)
        .is_some_and(|member| member.queued_bytes() <= BACKLOG_BYTES_MAX)
}

fn end(models: &mut ReadModels, answer: Answer) {
    if let Kind::OpenOrders { listing, .. } = answer.kind {
        models.end_listing(listing);
    }
}

/// A question that cannot be answered.
fn refused(asked: Asked, refusal: Refusal, text: String) -> Refused {
    Refused {
        ref_template_id: asked.template_id,
        request_id: Some(asked.request_id),
        reject_reason: Some(refusal.reason.into()),
        value: refusal.value,
        limit: refusal.limit,
        text: VarText::from(text),
        ..Refused::default()
    }
}

impl Answer {
    /// Tells the next message. Returns whether it was the last.
    fn tell_next(&mut self, models: &mut ReadModels, desk: &mut Desk) -> bool {
        let Self {
            place,
            request_id,
            kind,
            is_unasked: _,
        } = self;
        match kind {
            Kind::OpenOrders {
                account,
                instrument,
                listing,
                pending,
            } => {
                let next = match models.next_listed(listing) {
                    // Of another instrument: a step without a message.
                    Some(order) if instrument.is_some_and(|i| i != order.instrument) => {
                        return false;
                    }
                    order => order.map(|order| order.order_id),
                };
                let last = next.is_none();
                let told = std::mem::replace(pending, next);
                let order = told.and_then(|id| models.orders().get(id));
                if order.is_some() || last {
                    let mut message = status_of(models, *request_id, *account, order);
                    message.list_flags = message.list_flags.with(ListFlags::LAST.when(last));
                    desk.tell(*place, &message);
                }
                last
            }
            Kind::Accounts { next, left } => {
                let mut accounts = models.accounts().from(*next);
                let account = accounts.next();
                let more = accounts.next();
                let last = more.is_none() || *left == 1;
                let flags = ListFlags::LAST
                    .when(last)
                    .with(ListFlags::MORE.when(last && more.is_some()));
                tell_account(models, desk, (*place, *request_id), account, flags);
                *left -= 1;
                next.0 += 1;
                last
            }
            Kind::Keys {
                next,
                account,
                left,
            } => {
                let belongs = |key: &Key| account.is_none_or(|account| account == key.account);
                let mut keys = models.keys().from(*next).filter(|(_, key)| belongs(key));
                let key = keys.next();
                let more = keys.next();
                let last = more.is_none() || *left == 1;
                let flags = ListFlags::LAST
                    .when(last)
                    .with(ListFlags::MORE.when(last && more.is_some()));
                desk.tell(*place, &key_details(*request_id, key, flags));
                *left -= 1;
                if let Some((id, _)) = more {
                    *next = id;
                }
                last
            }
        }
    }
}

fn order_status(models: &ReadModels, desk: &mut Desk, asked: Asked, order: OrderRef) {
    let Some(trader) = desk.get(asked.place).and_then(|member| member.trader) else {
        return;
    };
    let found = models.find(trader.account, order);
    let mut message = status_of(models, asked.request_id, trader.account, found);
    message.list_flags = message.list_flags.with(ListFlags::LAST);
    if found.is_none() {
        // What was asked for is told back, so that the answer says what there is not.
        match order {
            OrderRef::Id(id) => message.order_id = Some(id),
            OrderRef::Client(name) => message.client_order_id = name.into(),
        }
    }
    desk.tell(asked.place, &message);
}

/// One open order, or that there is none.
fn status_of(
    models: &ReadModels,
    request_id: u64,
    account: AccountId,
    order: Option<&OpenOrder>,
) -> OrderStatus {
    let none = OrderStatus {
        request_id,
        account_id: account,
        last_report_seq: models.accounts()[account].report,
        core_seq: models.seq(),
        ..OrderStatus::default()
    };
    let Some(order) = order else {
        return none;
    };
    let pair = models.directory().pair(order.instrument);
    let facts = OrderFacts::new(order, pair.expect("an open order has a listed instrument"));
    OrderStatus {
        order_id: Some(order.order_id),
        instrument_id: Some(order.instrument),
        key_id: Some(order.key),
        accepted_time: Some(order.accepted),
        price: facts.terms.price,
        stop_price: facts.stop_price,
        order_quantity: facts.terms.quantity,
        quote_amount: facts.terms.quote_amount,
        expiry: facts.terms.expiry,
        cumulative_quantity: Some(facts.cumulative_quantity),
        cumulative_quote: Some(facts.cumulative_quote),
        average_price: facts.average_price,
        leaves_quantity: facts.leaves_quantity,
        leaves_quote: facts.leaves_quote,
        list_flags: ListFlags::FOUND,
        order_status: Some(reports::order_state(order).into()),
        side: Some(order.side.into()),
        order_type: Some(facts.terms.order_type.into()),
        time_in_force: Some(facts.terms.time_in_force.into()),
        stp_mode: Some(order.stp.into()),
        order_flags: OrderFlags::POST_ONLY.when(facts.terms.post_only),
        client_order_id: order.client_order_id.into(),
        ..none
    }
}

/// The balances of an account as the wire carries them.
pub(super) fn wire_balances(directory: &Directory, account: &Account) -> Vec<WireBalance> {
    let balances = account.balances().iter();
    balances
        .map(|(id, balance)| {
            let asset = directory.asset(*id).expect("a balance is of a known asset");
            reports::wire_balance(*id, asset, *balance)
        })
        .collect()
}

fn balances(models: &ReadModels, desk: &mut Desk, asked: Asked, account: AccountId) {
    let facts = &models.accounts()[account];
    let balances = wire_balances(models.directory(), facts);
    let mut groups = Group::chunks(&balances).peekable();
    while let Some(group) = groups.next() {
        let found = ListFlags::FOUND.when(!group.is_empty());
        let message = Balances {
            request_id: asked.request_id,
            account_id: account,
            last_report_seq: facts.report,
            core_seq: models.seq(),
            list_flags: found.with(ListFlags::LAST.when(groups.peek().is_none())),
            balances: group,
        };
        desk.tell(asked.place, &message);
    }
}

/// Tells one account, or that there is none, in as many messages as its balances take.
fn tell_account(
    models: &ReadModels,
    desk: &mut Desk,
    (place, request_id): (Place, u64),
    account: Option<(AccountId, &Account)>,
    flags: ListFlags,
) {
    let Some((id, account)) = account else {
        let message = AccountDetails {
            request_id,
            core_seq: models.seq(),
            list_flags: flags,
            ..AccountDetails::default()
        };
        desk.tell(place, &message);
        return;
    };
    let balances = wire_balances(models.directory(), account);
    let mut groups = Group::chunks(&balances).peekable();
    while let Some(group) = groups.next() {
        let last = groups.peek().is_none();
        let message = AccountDetails {
            request_id,
            account_id: id,
            core_seq: models.seq(),
            open_order_count: models.orders().count_of(id),
            account_state: account.state.into(),
            list_flags: if last {
                flags.with(ListFlags::FOUND)
            } else {
                ListFlags::FOUND
            },
            balances: group,
        };
        desk.tell(place, &message);
    }
}

fn key_details(request_id: u64, key: Option<(KeyId, &Key)>, flags: ListFlags) -> KeyDetails {
    let Some((id, key)) = key else {
        return KeyDetails {
            request_id,
            list_flags: flags,
            ..KeyDetails::default()
        };
    };
    KeyDetails {
        request_id,
        key_id: id,
        account_id: key.account,
        highest_client_seq: key.client_seq,
        permissions: WirePermissions(key.permissions.bits()),
        key_flags: KeyFlags::REVOKED
            .when(key.revoked)
            .with(KeyFlags::CANCEL_ON_DISCONNECT_ARMED.when(key.cancel_on_disconnect)),
        list_flags: flags.with(ListFlags::FOUND),
        public_key: key.public_key.0,
        networks: network::to_wire(&key.networks),
    }
}
