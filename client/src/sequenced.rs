//! Messages that change state and therefore carry the key's own number.

use rialto_protocol::{
    AddAsset, AddKey, ArmCancelOnDisconnect, CancelOrder, CancelOrders, CreateAccount,
    EngageKillSwitch, ListInstrument, MassCancel, NewOrder, ReleaseKillSwitch, ReplaceOrder,
    RevokeKey, SetAccountState, SetFees, SetInstrumentState, Transfer, WireMessage,
};
use rialto_types::ClientSeq;

/// A message with a client sequence, which the session gives it.
pub trait Sequenced: WireMessage {
    /// Sets the number.
    fn set_client_seq(&mut self, client_seq: ClientSeq);
}

macro_rules! sequenced {
    ($($message:ident),* $(,)?) => {
        $(impl Sequenced for $message {
            #[inline]
            fn set_client_seq(&mut self, client_seq: ClientSeq) {
                self.client_seq = client_seq;
            }
        })*
    };
}

sequenced!(
    NewOrder,
    CancelOrder,
    ReplaceOrder,
    MassCancel,
    ArmCancelOnDisconnect,
    AddAsset,
    ListInstrument,
    SetInstrumentState,
    SetFees,
    CreateAccount,
    SetAccountState,
    AddKey,
    RevokeKey,
    Transfer,
    CancelOrders,
    EngageKillSwitch,
    ReleaseKillSwitch,
);
