//! Commands: what a client sends to change something, on its way through the gate into the ring.
//!
//! Each goes the same way: is the session logged on; does the gate admit the message; do its terms make
//! sense in the instrument's ticks and lots; do the limits allow them; is there room in the ring. The
//! first "no" is the answer. No allocation but for a refusal's text, no lock, no wait.

use rialto_protocol::refusal::{Problem, WireRefusal};
use rialto_protocol::text::{self, Context, Units};
use rialto_protocol::{
    ArmCancelOnDisconnect, Boolean, CancelOrder, ClientOrderIdText, Coded, MassCancel, Message,
    NewOrder, Refused, ReplaceOrder, VarText, WireMessage, admin, order,
};
use rialto_risk::{Arrival, Market as MarketView, check_limits};
use rialto_types::{
    ClientSeq, Command, CommandKind, Input, InstrumentId, OrderId, Refusal, RejectReason, Timestamp,
};

use super::{Session, Stage};
use crate::floor::Phase;
use crate::models::Directory;

/// What a refusal tells of the message that it refuses.
#[derive(Clone, Copy)]
struct About {
    template_id: u16,
    kind: CommandKind,
    client_seq: ClientSeq,
    instrument: Option<InstrumentId>,
    order_id: Option<OrderId>,
    client_order_id: ClientOrderIdText,
    arrived: Timestamp,
}

impl About {
    fn new(template_id: u16, kind: CommandKind, client_seq: ClientSeq, arrived: Timestamp) -> Self {
        Self {
            template_id,
            kind,
            client_seq,
            instrument: None,
            order_id: None,
            client_order_id: ClientOrderIdText::NONE,
            arrived,
        }
    }
}

/// A refusal with the text that explains it.
struct Explained {
    refusal: Refusal,
    text: String,
}

impl Session {
    pub(super) fn new_order(&mut self, message: &NewOrder, arrived: Timestamp) {
        let id = NewOrder::TEMPLATE_ID;
        let about = About {
            instrument: Some(message.instrument_id),
            client_order_id: message.client_order_id,
            ..About::new(id, CommandKind::Place, message.client_seq, arrived)
        };
        self.command(about, |directory| {
            let pair = directory.pair(message.instrument_id);
            let pair = pair.expect("the gate admits known instruments only");
            order::place_order(message, pair).map(Command::Place)
        });
    }

    pub(super) fn cancel_order(&mut self, message: &CancelOrder, arrived: Timestamp) {
        let id = CancelOrder::TEMPLATE_ID;
        let about = About {
            instrument: Some(message.instrument_id),
            order_id: message.order_id,
            client_order_id: message.client_order_id,
            ..About::new(id, CommandKind::Cancel, message.client_seq, arrived)
        };
        self.command(about, |_| order::cancel_order(message).map(Command::Cancel));
    }

    pub(super) fn replace_order(&mut self, message: &ReplaceOrder, arrived: Timestamp) {
        let id = ReplaceOrder::TEMPLATE_ID;
        let about = About {
            instrument: Some(message.instrument_id),
            order_id: message.order_id,
            client_order_id: message.client_order_id,
            ..About::new(id, CommandKind::Replace, message.client_seq, arrived)
        };
        self.command(about, |directory| {
            let pair = directory.pair(message.instrument_id);
            let pair = pair.expect("the gate admits known instruments only");
            order::replace_order(message, pair).map(Command::Replace)
        });
    }

    pub(super) fn mass_cancel(&mut self, message: &MassCancel, arrived: Timestamp) {
        let id = MassCancel::TEMPLATE_ID;
        let about = About {
            instrument: message.instrument_id,
            ..About::new(id, CommandKind::MassCancel, message.client_seq, arrived)
        };
        self.command(about, |_| {
            order::mass_cancel(message).map(Command::MassCancel)
        });
    }

    pub(super) fn arm(&mut self, message: &ArmCancelOnDisconnect, arrived: Timestamp) {
        let id = ArmCancelOnDisconnect::TEMPLATE_ID;
        let kind = CommandKind::ArmCancelOnDisconnect;
        let about = About::new(id, kind, message.client_seq, arrived);
        let submitted = self.command(about, |_| armed(message));
        if let Stage::Trader(trader) = &mut self.stage
            && submitted
            && message.armed == Boolean::True
        {
            trader.is_armed = true;
        }
    }

    /// Hands in an administrative command; `false` when the message is none.
    pub(super) fn administer(&mut self, message: &Message, arrived: Timestamp) -> bool {
        let Some(kind) = administrative_kind(message) else {
            return false;
        };
        let directory = self.directory.get();
        let command = admin::command(message, |id| directory.asset(id));
        let (client_seq, command) = command.expect("a message of such a kind is a command");
        let about = About::new(message.template_id(), kind, client_seq, arrived);
        self.command(about, |_| command);
        true
    }

    /// Takes a command through the gate into the ring, or refuses it. Returns whether the core has it.
    fn command(
        &mut self,
        about: About,
        convert: impl FnOnce(&Directory) -> Result<Command, WireRefusal>,
    ) -> bool {
        match self.stage {
            Stage::Trader(_) => {}
            Stage::Copy(_) => {
                self.refuse_of_copy(about.kind, &refused(about));
                return false;
            }
            Stage::Entering(_) | Stage::Public => {
                self.refuse_before_logon(&refused(about));
                return false;
            }
        }
        match self.submit(about, convert) {
            Ok(()) => {
                self.floor.metrics.commands_submitted.inc();
                true
            }
            Err(explained) => {
                self.refuse(about, explained);
                false
            }
        }
    }

    fn submit(
        &mut self,
        about: About,
        convert: impl FnOnce(&Directory) -> Result<Command, WireRefusal>,
    ) -> Result<(), Explained> {
        let Self {
            floor,
            stage,
            directory,
            sampler,
            ..
        } = self;
        let Stage::Trader(trader) = stage else {
            unreachable!("only traders submit commands");
        };
        let market = floor.market().expect("a session begins on an open floor");
        let directory = directory.get();
        let listed = about.instrument.and_then(|id| directory.instrument(id));
        let context = Context {
            units: Units::Native,
            pair: about.instrument.and_then(|id| directory.pair(id)),
            asset: None,
        };
        let native = |refusal: Refusal| Explained {
            refusal,
            text: text::refusal(&refusal, &context),
        };
        let gate = trader.lease.state.gate.as_mut();
        let gate = gate.expect("a logon makes the gate");
        gate.admit(&Arrival {
            kind: about.kind,
            key: trader.key,
            client_seq: about.client_seq,
            permissions: Some(trader.permissions),
            kill_switch: directory.kill_switch(),
            instrument: about.instrument.map(|id| (id, listed)),
            now: about.arrived,
        })
        .map_err(native)?;
        if let Err(refusal) = trader.rates.take(about.kind, about.arrived) {
            gate.give_back(about.kind);
            return Err(native(refusal));
        }
        if floor.phase() != Phase::Open {
            return Err(native(RejectReason::ShuttingDown.into()));
        }
        let command = convert(directory).map_err(|refused| Explained {
            refusal: refused.refusal,
            text: text::wire_refusal(&refused, &context),
        })?;
        if let Some(listed) = listed {
            let view = MarketView {
                last_trade: market.prices.get(listed.id),
                time: about.arrived,
            };
            check_limits(&command, listed, &view).map_err(native)?;
        }
        let input = Input {
            key: trader.key,
            client_seq: about.client_seq,
            command,
        };
        let probe = sampler.sample(trader.key, about.client_seq, about.arrived);
        let submitted = market.commands.submit(input);
        sampler.submitted(probe, (about.client_seq, about.arrived), submitted.is_ok());
        submitted.map_err(|_| native(RejectReason::Busy.into()))?;
        gate.set_submitted(about.client_seq);
        Ok(())
    }

    fn refuse(&mut self, about: About, explained: Explained) {
        let Explained { refusal, text } = explained;
        self.floor.metrics.gate_refusal(refusal.reason);
        tracing::debug!(
            session = self.id.0,
            client_seq = about.client_seq.0,
            reason = refusal.reason.name(),
            value = refusal.value,
            limit = refusal.limit,
            "refused"
        );
        self.answer(&Refused {
            reject_reason: Some(refusal.reason.into()),
            value: refusal.value,
            limit: refusal.limit,
            retry_after_ns: retry_after_ns(&refusal),
            text: VarText::from(text),
            ..refused(about)
        });
    }
}

/// How long to wait before the same may come again, where waiting is what helps.
fn retry_after_ns(refusal: &Refusal) -> Option<u64> {
    match refusal.reason {
        RejectReason::RateExceeded
        | RejectReason::AccountRateExceeded
        | RejectReason::AddressRateExceeded => u64::try_from(refusal.value).ok(),
        _ => None,
    }
}

/// The part of a refusal that says what it refuses.
fn refused(about: About) -> Refused {
    Refused {
        ref_template_id: about.template_id,
        client_seq: Some(about.client_seq),
        order_id: about.order_id,
        instrument_id: about.instrument,
        client_order_id: about.client_order_id,
        ..Refused::default()
    }
}

/// The choice of an `ArmCancelOnDisconnect`.
fn armed(message: &ArmCancelOnDisconnect) -> Result<Command, WireRefusal> {
    let code = message.armed;
    let armed = code.known().ok_or_else(|| WireRefusal {
        refusal: Refusal::new(RejectReason::InvalidField, i64::from(code.raw()), 0),
        problem: Some(Problem::UnknownCode {
            field: "armed",
            found: code.raw(),
            known: Boolean::VALUES,
        }),
    })?;
    Ok(Command::ArmCancelOnDisconnect {
        armed: armed == Boolean::True,
    })
}

/// The kind of an administrative command; `None` of any other message.
fn administrative_kind(message: &Message) -> Option<CommandKind> {
    Some(match message {
        Message::AddAsset(_) => CommandKind::AddAsset,
        Message::ListInstrument(_) => CommandKind::ListInstrument,
        Message::SetInstrumentState(_) => CommandKind::SetInstrumentState,
        Message::SetFees(_) => CommandKind::SetFees,
        Message::CreateAccount(_) => CommandKind::CreateAccount,
        Message::SetAccountState(_) => CommandKind::SetAccountState,
        Message::AddKey(_) => CommandKind::AddKey,
        Message::RevokeKey(_) => CommandKind::RevokeKey,
        Message::Transfer(_) => CommandKind::Transfer,
        Message::CancelOrders(_) => CommandKind::CancelOrders,
        Message::EngageKillSwitch(_) => CommandKind::EngageKillSwitch,
        Message::ReleaseKillSwitch(_) => CommandKind::ReleaseKillSwitch,
        _ => return None,
    })
}
