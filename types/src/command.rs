//! Commands: the inputs of the core, in the form in which they cross the ring and are journaled.
//!
//! Every command comes from an API key; the core finds the account by the key, so a trading command
//! cannot name another's. A command is plain, fixed-size and `Copy`.

use crate::{
    AccountId, AccountState, Amount, Asset, AssetId, ClientOrderId, ClientSeq, InstrumentId,
    InstrumentSpec, InstrumentState, KeyId, Networks, OrderKind, OrderRef, Permissions, Ppm, Price,
    PublicKey, Qty, Side, SourceId, StpMode,
};

/// One input of the core: who, the sender's own number for it, and what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input {
    /// The key that the session logged on with; [`KeyId::VENUE`] for the exchange's own commands.
    pub key: KeyId,
    /// The key's number for this command; not looked at for [`KeyId::VENUE`], nor when
    /// [`Input::is_unnumbered`].
    pub client_seq: ClientSeq,
    /// What to do.
    pub command: Command,
}

impl Input {
    /// Whether the gateway sends this on behalf of a key at its logon: arming or disarming under number
    /// 0, which uses up no number of the key. A client cannot send number 0: it is never above the
    /// highest.
    #[inline]
    pub const fn is_unnumbered(&self) -> bool {
        self.client_seq.0 == 0 && matches!(self.command, Command::ArmCancelOnDisconnect { .. })
    }
}

/// What the core can be told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Place an order for the key's account.
    Place(PlaceOrder),
    /// Cancel one order of the key's account.
    Cancel(CancelOrder),
    /// Change price and total quantity of one order of the key's account.
    Replace(ReplaceOrder),
    /// Cancel many orders of the key's account.
    MassCancel(MassCancel),
    /// Arm or disarm cancel-on-disconnect for the key.
    ArmCancelOnDisconnect {
        /// Whether a lost session cancels the orders that this key placed.
        armed: bool,
    },
    /// A session of this key was lost: if armed, cancel the orders it placed and disarm. From the
    /// exchange only.
    Disconnected {
        /// The key whose session was lost.
        key: KeyId,
    },
    /// Nothing but the passing of time. From the exchange only.
    Tick,

    /// Sets the size of the pools; the first command of every journal. From the exchange only.
    SetCapacity(Capacity),
    /// Make an asset known. The core gives the id.
    AddAsset(Asset),
    /// List an instrument. The core gives the id.
    ListInstrument(InstrumentSpec),
    /// Open, restrict, halt or close an instrument.
    SetInstrumentState {
        /// Which.
        instrument: InstrumentId,
        /// The new state.
        state: InstrumentState,
    },
    /// Change an instrument's fees, from the next trade on.
    SetFees {
        /// Which.
        instrument: InstrumentId,
        /// Charged to makers.
        maker: Ppm,
        /// Charged to takers.
        taker: Ppm,
    },
    /// Open an account. The core gives the id.
    CreateAccount,
    /// Restrict or restore an account; its orders stay.
    SetAccountState {
        /// Which.
        account: AccountId,
        /// The new state.
        state: AccountState,
    },
    /// Give an account an API key. The core gives the id.
    AddKey(AddKey),
    /// Take an API key away.
    RevokeKey {
        /// Which.
        key: KeyId,
    },
    /// Move funds into or out of an account.
    Transfer(Transfer),
    /// Cancel orders of others.
    CancelOrders(CancelOrders),
    /// Stop trading and cancel everything, for one account or for all.
    EngageKillSwitch(KillScope),
    /// Allow trading again. For one account: as setting it active.
    ReleaseKillSwitch(KillScope),
}

/// An order to be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaceOrder {
    /// Where.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// What happens when it meets an order of its own account.
    pub stp: StpMode,
    /// Kind and terms.
    pub kind: OrderKind,
    /// The client's name for it, if it gives one.
    pub client_order_id: Option<ClientOrderId>,
}

/// A request to cancel one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CancelOrder {
    /// The order's instrument.
    pub instrument: InstrumentId,
    /// Which order.
    pub order: OrderRef,
}

/// A request to change a limit or stop-limit order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplaceOrder {
    /// The order's instrument.
    pub instrument: InstrumentId,
    /// Which order.
    pub order: OrderRef,
    /// The new limit price.
    pub price: Price,
    /// The new total quantity, what is already filled included.
    pub qty: Qty,
}

/// A request to cancel all open orders of the key's account, or those of one instrument or side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MassCancel {
    /// Only this instrument's.
    pub instrument: Option<InstrumentId>,
    /// Only this side's.
    pub side: Option<Side>,
}

/// An administrator's request to cancel orders of one account, of one instrument, or both; with
/// neither, all orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CancelOrders {
    /// Only this account's.
    pub account: Option<AccountId>,
    /// Only this instrument's.
    pub instrument: Option<InstrumentId>,
    /// Only this side's.
    pub side: Option<Side>,
}

/// A new API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddKey {
    /// For whom it acts.
    pub account: AccountId,
    /// What its logon is verified with.
    pub public_key: PublicKey,
    /// What it may do.
    pub permissions: Permissions,
    /// Where it may be used from.
    pub networks: Networks,
}

/// Funds into (positive) or out of (negative) an account. Each source numbers its transfers without
/// gaps from 1, so that one sent twice is applied once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Who sends it.
    pub source: SourceId,
    /// The source's number for it.
    pub sequence: u64,
    /// Whose balance.
    pub account: AccountId,
    /// Of what.
    pub asset: AssetId,
    /// How much; not zero.
    pub amount: Amount,
}

/// Whom a kill switch stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KillScope {
    /// One account.
    Account(AccountId),
    /// Everybody.
    Venue,
}

/// Sizes of the core's pools. Journaled, because a full pool refuses orders and a replay must refuse
/// the same ones. They can grow, never shrink.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Capacity {
    /// Open orders, stops included.
    pub orders: u32,
    /// Open orders of one account.
    pub orders_per_account: u32,
    /// Accounts besides the venue's.
    pub accounts: u32,
    /// Balances: pairs of account and asset that ever held something.
    pub balances: u32,
    /// API keys, revoked ones included.
    pub keys: u32,
    /// Instruments, closed ones included.
    pub instruments: u32,
    /// Assets.
    pub assets: u16,
}

impl Default for Capacity {
    /// Room for a venue of moderate size: a million open orders, ten thousand of them of one account,
    /// and a hundred thousand accounts.
    fn default() -> Self {
        Self {
            orders: 1 << 20,
            orders_per_account: 10_000,
            accounts: 100_000,
            balances: 400_000,
            keys: 200_000,
            instruments: 1_024,
            assets: 1_024,
        }
    }
}

/// A command without its terms: what metrics, journals and refusals name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[expect(
    missing_docs,
    reason = "each is documented at the variant of `Command` of the same name"
)]
pub enum CommandKind {
    Place = 1,
    Cancel = 2,
    Replace = 3,
    MassCancel = 4,
    ArmCancelOnDisconnect = 5,
    Disconnected = 6,
    Tick = 7,
    SetCapacity = 8,
    AddAsset = 9,
    ListInstrument = 10,
    SetInstrumentState = 11,
    SetFees = 12,
    CreateAccount = 13,
    SetAccountState = 14,
    AddKey = 15,
    RevokeKey = 16,
    Transfer = 17,
    CancelOrders = 18,
    EngageKillSwitch = 19,
    ReleaseKillSwitch = 20,
}

impl Command {
    /// The kind of this command.
    pub const fn kind(&self) -> CommandKind {
        match self {
            Self::Place(_) => CommandKind::Place,
            Self::Cancel(_) => CommandKind::Cancel,
            Self::Replace(_) => CommandKind::Replace,
            Self::MassCancel(_) => CommandKind::MassCancel,
            Self::ArmCancelOnDisconnect { .. } => CommandKind::ArmCancelOnDisconnect,
            Self::Disconnected { .. } => CommandKind::Disconnected,
            Self::Tick => CommandKind::Tick,
            Self::SetCapacity(_) => CommandKind::SetCapacity,
            Self::AddAsset(_) => CommandKind::AddAsset,
            Self::ListInstrument(_) => CommandKind::ListInstrument,
            Self::SetInstrumentState { .. } => CommandKind::SetInstrumentState,
            Self::SetFees { .. } => CommandKind::SetFees,
            Self::CreateAccount => CommandKind::CreateAccount,
            Self::SetAccountState { .. } => CommandKind::SetAccountState,
            Self::AddKey(_) => CommandKind::AddKey,
            Self::RevokeKey { .. } => CommandKind::RevokeKey,
            Self::Transfer(_) => CommandKind::Transfer,
            Self::CancelOrders(_) => CommandKind::CancelOrders,
            Self::EngageKillSwitch(_) => CommandKind::EngageKillSwitch,
            Self::ReleaseKillSwitch(_) => CommandKind::ReleaseKillSwitch,
        }
    }
}

impl CommandKind {
    /// Every kind, in the order of their codes.
    pub const ALL: [Self; 20] = [
        Self::Place,
        Self::Cancel,
        Self::Replace,
        Self::MassCancel,
        Self::ArmCancelOnDisconnect,
        Self::Disconnected,
        Self::Tick,
        Self::SetCapacity,
        Self::AddAsset,
        Self::ListInstrument,
        Self::SetInstrumentState,
        Self::SetFees,
        Self::CreateAccount,
        Self::SetAccountState,
        Self::AddKey,
        Self::RevokeKey,
        Self::Transfer,
        Self::CancelOrders,
        Self::EngageKillSwitch,
        Self::ReleaseKillSwitch,
    ];

    /// Reads the byte that the journal carries.
    #[inline]
    pub const fn from_u8(byte: u8) -> Option<Self> {
        if byte == 0 || byte as usize > Self::ALL.len() {
            return None;
        }
        Some(Self::ALL[byte as usize - 1])
    }

    /// Who may send such a command.
    pub const fn needs(self) -> Needs {
        match self {
            Self::Place
            | Self::Cancel
            | Self::Replace
            | Self::MassCancel
            | Self::ArmCancelOnDisconnect => Needs::Trade,
            Self::Disconnected | Self::Tick | Self::SetCapacity => Needs::Venue,
            _ => Needs::Admin,
        }
    }

    /// Whether the command only takes risk away: these may use the last tenth of the command ring.
    pub const fn is_cancel(self) -> bool {
        matches!(self, Self::Cancel | Self::MassCancel)
    }
}

/// Who may send a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// A key with the trade permission.
    Trade,
    /// A key with the admin permission, or the exchange itself.
    Admin,
    /// Only the exchange itself.
    Venue,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_back_from_their_codes() {
        for kind in CommandKind::ALL {
            assert_eq!(CommandKind::from_u8(kind as u8), Some(kind));
        }
        let known = (0..=u8::MAX).filter_map(CommandKind::from_u8).count();
        assert_eq!(known, CommandKind::ALL.len());
    }

    #[test]
    fn an_input_crosses_the_ring_in_two_cache_lines() {
        assert!(size_of::<Input>() <= 128, "{}", size_of::<Input>());
    }
}
