//! Any message, told apart by its template id.
//!
//! Generated from `schema/rialto.xml` by `cargo xtask codegen`; changes here are lost.

use super::{
    AccountDetails, AccountsRequest, AddAsset, AddKey, AdminReport, ArmCancelOnDisconnect,
    AssetDefinition, BalanceUpdate, Balances, BalancesRequest, BookChecksum,
    CancelOnDisconnectReport, CancelOrder, CancelOrders, CandleSnapshot, CandleUpdate, CaughtUp,
    Challenge, CreateAccount, EngageKillSwitch, ExecutionReport, Heartbeat, InstrumentDefinition,
    InstrumentStatus, KeyDetails, KeysRequest, L2ConflatedSnapshot, L2ConflatedUpdate, L2Snapshot,
    L2Update, L3Snapshot, L3Update, ListInstrument, Logon, LogonAccepted, LogonRefused, Logout,
    MassCancel, MassCancelReport, NewOrder, OpenOrdersRequest, OrderStatus, OrderStatusRequest,
    Refused, ReleaseKillSwitch, ReplaceOrder, ReportGap, RevokeKey, SetAccountState, SetFees,
    SetInstrumentState, StageTimes, Statistics, Subscribe, SubscriptionAccepted,
    SubscriptionRefused, TestRequest, TopOfBook, TradeTick, Transfer, TransferReport,
    TransferSource, TransferSourceRequest, Unsubscribe,
};
use crate::codec::Header;
use crate::error::DecodeError;
use crate::message::WireMessage;

/// Runs one expression for whichever message it is.
macro_rules! with_message {
    ($message:expr, $inner:ident => $then:expr) => {
        match $message {
            Message::Challenge($inner) => $then,
            Message::Logon($inner) => $then,
            Message::LogonAccepted($inner) => $then,
            Message::LogonRefused($inner) => $then,
            Message::Logout($inner) => $then,
            Message::Heartbeat($inner) => $then,
            Message::TestRequest($inner) => $then,
            Message::Refused($inner) => $then,
            Message::ReportGap($inner) => $then,
            Message::CaughtUp($inner) => $then,
            Message::NewOrder($inner) => $then,
            Message::CancelOrder($inner) => $then,
            Message::ReplaceOrder($inner) => $then,
            Message::MassCancel($inner) => $then,
            Message::ArmCancelOnDisconnect($inner) => $then,
            Message::OrderStatusRequest($inner) => $then,
            Message::OpenOrdersRequest($inner) => $then,
            Message::BalancesRequest($inner) => $then,
            Message::ExecutionReport($inner) => $then,
            Message::OrderStatus($inner) => $then,
            Message::Balances($inner) => $then,
            Message::BalanceUpdate($inner) => $then,
            Message::MassCancelReport($inner) => $then,
            Message::TransferReport($inner) => $then,
            Message::CancelOnDisconnectReport($inner) => $then,
            Message::StageTimes($inner) => $then,
            Message::Subscribe($inner) => $then,
            Message::Unsubscribe($inner) => $then,
            Message::SubscriptionAccepted($inner) => $then,
            Message::SubscriptionRefused($inner) => $then,
            Message::AssetDefinition($inner) => $then,
            Message::InstrumentDefinition($inner) => $then,
            Message::InstrumentStatus($inner) => $then,
            Message::TradeTick($inner) => $then,
            Message::TopOfBook($inner) => $then,
            Message::L2Snapshot($inner) => $then,
            Message::L2Update($inner) => $then,
            Message::L2ConflatedSnapshot($inner) => $then,
            Message::L2ConflatedUpdate($inner) => $then,
            Message::BookChecksum($inner) => $then,
            Message::L3Snapshot($inner) => $then,
            Message::L3Update($inner) => $then,
            Message::Statistics($inner) => $then,
            Message::CandleSnapshot($inner) => $then,
            Message::CandleUpdate($inner) => $then,
            Message::AddAsset($inner) => $then,
            Message::ListInstrument($inner) => $then,
            Message::SetInstrumentState($inner) => $then,
            Message::SetFees($inner) => $then,
            Message::CreateAccount($inner) => $then,
            Message::SetAccountState($inner) => $then,
            Message::AddKey($inner) => $then,
            Message::RevokeKey($inner) => $then,
            Message::Transfer($inner) => $then,
            Message::CancelOrders($inner) => $then,
            Message::EngageKillSwitch($inner) => $then,
            Message::ReleaseKillSwitch($inner) => $then,
            Message::AdminReport($inner) => $then,
            Message::AccountsRequest($inner) => $then,
            Message::AccountDetails($inner) => $then,
            Message::KeysRequest($inner) => $then,
            Message::KeyDetails($inner) => $then,
            Message::TransferSourceRequest($inner) => $then,
            Message::TransferSource($inner) => $then,
        }
    };
}

/// Any message of the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// See [`Challenge`].
    Challenge(Challenge),
    /// See [`Logon`].
    Logon(Logon),
    /// See [`LogonAccepted`].
    LogonAccepted(LogonAccepted),
    /// See [`LogonRefused`].
    LogonRefused(LogonRefused),
    /// See [`Logout`].
    Logout(Logout),
    /// See [`Heartbeat`].
    Heartbeat(Heartbeat),
    /// See [`TestRequest`].
    TestRequest(TestRequest),
    /// See [`Refused`].
    Refused(Refused),
    /// See [`ReportGap`].
    ReportGap(ReportGap),
    /// See [`CaughtUp`].
    CaughtUp(CaughtUp),
    /// See [`NewOrder`].
    NewOrder(NewOrder),
    /// See [`CancelOrder`].
    CancelOrder(CancelOrder),
    /// See [`ReplaceOrder`].
    ReplaceOrder(ReplaceOrder),
    /// See [`MassCancel`].
    MassCancel(MassCancel),
    /// See [`ArmCancelOnDisconnect`].
    ArmCancelOnDisconnect(ArmCancelOnDisconnect),
    /// See [`OrderStatusRequest`].
    OrderStatusRequest(OrderStatusRequest),
    /// See [`OpenOrdersRequest`].
    OpenOrdersRequest(OpenOrdersRequest),
    /// See [`BalancesRequest`].
    BalancesRequest(BalancesRequest),
    /// See [`ExecutionReport`].
    ExecutionReport(ExecutionReport),
    /// See [`OrderStatus`].
    OrderStatus(OrderStatus),
    /// See [`Balances`].
    Balances(Balances),
    /// See [`BalanceUpdate`].
    BalanceUpdate(BalanceUpdate),
    /// See [`MassCancelReport`].
    MassCancelReport(MassCancelReport),
    /// See [`TransferReport`].
    TransferReport(TransferReport),
    /// See [`CancelOnDisconnectReport`].
    CancelOnDisconnectReport(CancelOnDisconnectReport),
    /// See [`StageTimes`].
    StageTimes(StageTimes),
    /// See [`Subscribe`].
    Subscribe(Subscribe),
    /// See [`Unsubscribe`].
    Unsubscribe(Unsubscribe),
    /// See [`SubscriptionAccepted`].
    SubscriptionAccepted(SubscriptionAccepted),
    /// See [`SubscriptionRefused`].
    SubscriptionRefused(SubscriptionRefused),
    /// See [`AssetDefinition`].
    AssetDefinition(AssetDefinition),
    /// See [`InstrumentDefinition`].
    InstrumentDefinition(InstrumentDefinition),
    /// See [`InstrumentStatus`].
    InstrumentStatus(InstrumentStatus),
    /// See [`TradeTick`].
    TradeTick(TradeTick),
    /// See [`TopOfBook`].
    TopOfBook(TopOfBook),
    /// See [`L2Snapshot`].
    L2Snapshot(L2Snapshot),
    /// See [`L2Update`].
    L2Update(L2Update),
    /// See [`L2ConflatedSnapshot`].
    L2ConflatedSnapshot(L2ConflatedSnapshot),
    /// See [`L2ConflatedUpdate`].
    L2ConflatedUpdate(L2ConflatedUpdate),
    /// See [`BookChecksum`].
    BookChecksum(BookChecksum),
    /// See [`L3Snapshot`].
    L3Snapshot(L3Snapshot),
    /// See [`L3Update`].
    L3Update(L3Update),
    /// See [`Statistics`].
    Statistics(Statistics),
    /// See [`CandleSnapshot`].
    CandleSnapshot(CandleSnapshot),
    /// See [`CandleUpdate`].
    CandleUpdate(CandleUpdate),
    /// See [`AddAsset`].
    AddAsset(AddAsset),
    /// See [`ListInstrument`].
    ListInstrument(ListInstrument),
    /// See [`SetInstrumentState`].
    SetInstrumentState(SetInstrumentState),
    /// See [`SetFees`].
    SetFees(SetFees),
    /// See [`CreateAccount`].
    CreateAccount(CreateAccount),
    /// See [`SetAccountState`].
    SetAccountState(SetAccountState),
    /// See [`AddKey`].
    AddKey(AddKey),
    /// See [`RevokeKey`].
    RevokeKey(RevokeKey),
    /// See [`Transfer`].
    Transfer(Transfer),
    /// See [`CancelOrders`].
    CancelOrders(CancelOrders),
    /// See [`EngageKillSwitch`].
    EngageKillSwitch(EngageKillSwitch),
    /// See [`ReleaseKillSwitch`].
    ReleaseKillSwitch(ReleaseKillSwitch),
    /// See [`AdminReport`].
    AdminReport(AdminReport),
    /// See [`AccountsRequest`].
    AccountsRequest(AccountsRequest),
    /// See [`AccountDetails`].
    AccountDetails(AccountDetails),
    /// See [`KeysRequest`].
    KeysRequest(KeysRequest),
    /// See [`KeyDetails`].
    KeyDetails(KeyDetails),
    /// See [`TransferSourceRequest`].
    TransferSourceRequest(TransferSourceRequest),
    /// See [`TransferSource`].
    TransferSource(TransferSource),
}

impl Message {
    /// Reads the first message of `bytes`. Returns it with its length in bytes; more may follow.
    ///
    /// # Errors
    /// Whatever is wrong with the bytes.
    pub fn decode_first(bytes: &[u8]) -> Result<(Self, usize), DecodeError> {
        let mut len = 0;
        let message = Self::decode_at_start(bytes, &mut len)?;
        Ok((message, len))
    }

    /// As [`Message::decode_first`], with the length by reference: see [`WireMessage::decode_body`].
    #[inline]
    #[expect(
        clippy::too_many_lines,
        reason = "a line for each message of the schema"
    )]
    pub(crate) fn decode_at_start(bytes: &[u8], len: &mut usize) -> Result<Self, DecodeError> {
        let header = Header::decode(bytes)?;
        match header.template_id {
            Challenge::TEMPLATE_ID => read_apart(header, bytes, len, Self::Challenge),
            Logon::TEMPLATE_ID => read_apart(header, bytes, len, Self::Logon),
            LogonAccepted::TEMPLATE_ID => read_apart(header, bytes, len, Self::LogonAccepted),
            LogonRefused::TEMPLATE_ID => read_apart(header, bytes, len, Self::LogonRefused),
            Logout::TEMPLATE_ID => read_apart(header, bytes, len, Self::Logout),
            Heartbeat::TEMPLATE_ID => read_apart(header, bytes, len, Self::Heartbeat),
            TestRequest::TEMPLATE_ID => read_apart(header, bytes, len, Self::TestRequest),
            Refused::TEMPLATE_ID => read_apart(header, bytes, len, Self::Refused),
            ReportGap::TEMPLATE_ID => read_apart(header, bytes, len, Self::ReportGap),
            CaughtUp::TEMPLATE_ID => read_apart(header, bytes, len, Self::CaughtUp),
            NewOrder::TEMPLATE_ID => read(header, bytes, len, Self::NewOrder),
            CancelOrder::TEMPLATE_ID => read(header, bytes, len, Self::CancelOrder),
            ReplaceOrder::TEMPLATE_ID => read(header, bytes, len, Self::ReplaceOrder),
            MassCancel::TEMPLATE_ID => read_apart(header, bytes, len, Self::MassCancel),
            ArmCancelOnDisconnect::TEMPLATE_ID => {
                read_apart(header, bytes, len, Self::ArmCancelOnDisconnect)
            }
            OrderStatusRequest::TEMPLATE_ID => {
                read_apart(header, bytes, len, Self::OrderStatusRequest)
            }
            OpenOrdersRequest::TEMPLATE_ID => {
                read_apart(header, bytes, len, Self::OpenOrdersRequest)
            }
            BalancesRequest::TEMPLATE_ID => read_apart(header, bytes, len, Self::BalancesRequest),
            ExecutionReport::TEMPLATE_ID => read_apart(header, bytes, len, Self::ExecutionReport),
            OrderStatus::TEMPLATE_ID => read_apart(header, bytes, len, Self::OrderStatus),
            Balances::TEMPLATE_ID => read_apart(header, bytes, len, Self::Balances),
            BalanceUpdate::TEMPLATE_ID => read_apart(header, bytes, len, Self::BalanceUpdate),
            MassCancelReport::TEMPLATE_ID => read_apart(header, bytes, len, Self::MassCancelReport),
            TransferReport::TEMPLATE_ID => read_apart(header, bytes, len, Self::TransferReport),
            CancelOnDisconnectReport::TEMPLATE_ID => {
                read_apart(header, bytes, len, Self::CancelOnDisconnectReport)
            }
            StageTimes::TEMPLATE_ID => read_apart(header, bytes, len, Self::StageTimes),
            Subscribe::TEMPLATE_ID => read_apart(header, bytes, len, Self::Subscribe),
            Unsubscribe::TEMPLATE_ID => read_apart(header, bytes, len, Self::Unsubscribe),
            SubscriptionAccepted::TEMPLATE_ID => {
                read_apart(header, bytes, len, Self::SubscriptionAccepted)
            }
            SubscriptionRefused::TEMPLATE_ID => {
                read_apart(header, bytes, len, Self::SubscriptionRefused)
            }
            AssetDefinition::TEMPLATE_ID => read_apart(header, bytes, len, Self::AssetDefinition),
            InstrumentDefinition::TEMPLATE_ID => {
                read_apart(header, bytes, len, Self::InstrumentDefinition)
            }
            InstrumentStatus::TEMPLATE_ID => read_apart(header, bytes, len, Self::InstrumentStatus),
            TradeTick::TEMPLATE_ID => read_apart(header, bytes, len, Self::TradeTick),
            TopOfBook::TEMPLATE_ID => read_apart(header, bytes, len, Self::TopOfBook),
            L2Snapshot::TEMPLATE_ID => read_apart(header, bytes, len, Self::L2Snapshot),
            L2Update::TEMPLATE_ID => read_apart(header, bytes, len, Self::L2Update),
            L2ConflatedSnapshot::TEMPLATE_ID => {
                read_apart(header, bytes, len, Self::L2ConflatedSnapshot)
            }
            L2ConflatedUpdate::TEMPLATE_ID => {
                read_apart(header, bytes, len, Self::L2ConflatedUpdate)
            }
            BookChecksum::TEMPLATE_ID => read_apart(header, bytes, len, Self::BookChecksum),
            L3Snapshot::TEMPLATE_ID => read_apart(header, bytes, len, Self::L3Snapshot),
            L3Update::TEMPLATE_ID => read_apart(header, bytes, len, Self::L3Update),
            Statistics::TEMPLATE_ID => read_apart(header, bytes, len, Self::Statistics),
            CandleSnapshot::TEMPLATE_ID => read_apart(header, bytes, len, Self::CandleSnapshot),
            CandleUpdate::TEMPLATE_ID => read_apart(header, bytes, len, Self::CandleUpdate),
            AddAsset::TEMPLATE_ID => read_apart(header, bytes, len, Self::AddAsset),
            ListInstrument::TEMPLATE_ID => read_apart(header, bytes, len, Self::ListInstrument),
            SetInstrumentState::TEMPLATE_ID => {
                read_apart(header, bytes, len, Self::SetInstrumentState)
            }
            SetFees::TEMPLATE_ID => read_apart(header, bytes, len, Self::SetFees),
            CreateAccount::TEMPLATE_ID => read_apart(header, bytes, len, Self::CreateAccount),
            SetAccountState::TEMPLATE_ID => read_apart(header, bytes, len, Self::SetAccountState),
            AddKey::TEMPLATE_ID => read_apart(header, bytes, len, Self::AddKey),
            RevokeKey::TEMPLATE_ID => read_apart(header, bytes, len, Self::RevokeKey),
            Transfer::TEMPLATE_ID => read_apart(header, bytes, len, Self::Transfer),
            CancelOrders::TEMPLATE_ID => read_apart(header, bytes, len, Self::CancelOrders),
            EngageKillSwitch::TEMPLATE_ID => read_apart(header, bytes, len, Self::EngageKillSwitch),
            ReleaseKillSwitch::TEMPLATE_ID => {
                read_apart(header, bytes, len, Self::ReleaseKillSwitch)
            }
            AdminReport::TEMPLATE_ID => read_apart(header, bytes, len, Self::AdminReport),
            AccountsRequest::TEMPLATE_ID => read_apart(header, bytes, len, Self::AccountsRequest),
            AccountDetails::TEMPLATE_ID => read_apart(header, bytes, len, Self::AccountDetails),
            KeysRequest::TEMPLATE_ID => read_apart(header, bytes, len, Self::KeysRequest),
            KeyDetails::TEMPLATE_ID => read_apart(header, bytes, len, Self::KeyDetails),
            TransferSourceRequest::TEMPLATE_ID => {
                read_apart(header, bytes, len, Self::TransferSourceRequest)
            }
            TransferSource::TEMPLATE_ID => read_apart(header, bytes, len, Self::TransferSource),

            found => Err(DecodeError::UnknownTemplate { found }),
        }
    }

    /// Appends the message to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        with_message!(self, message => message.encode(out));
    }

    /// Bytes of the whole message, header included.
    pub fn encoded_len(&self) -> usize {
        with_message!(self, message => message.encoded_len())
    }

    /// The template id in the header.
    pub fn template_id(&self) -> u16 {
        fn id<M: WireMessage>(_: &M) -> u16 {
            M::TEMPLATE_ID
        }
        with_message!(self, message => id(message))
    }

    /// The name in the schema.
    pub fn name(&self) -> &'static str {
        fn name<M: WireMessage>(_: &M) -> &'static str {
            M::NAME
        }
        with_message!(self, message => name(message))
    }
}

/// Reads a message of a known kind and wraps it.
#[inline]
fn read<M: WireMessage>(
    header: Header,
    bytes: &[u8],
    len: &mut usize,
    wrap: fn(M) -> Message,
) -> Result<Message, DecodeError> {
    M::decode_body(header, bytes, len).map(wrap)
}

/// As [`read`], of a message whose fields need not be decoded where all are told apart: that function stays so
/// small that orders are decoded in it.
#[inline(never)]
fn read_apart<M: WireMessage>(
    header: Header,
    bytes: &[u8],
    len: &mut usize,
    wrap: fn(M) -> Message,
) -> Result<Message, DecodeError> {
    read(header, bytes, len, wrap)
}

/// The name of the message with this template id.
pub fn template_name(template_id: u16) -> Option<&'static str> {
    Some(match template_id {
        Challenge::TEMPLATE_ID => Challenge::NAME,
        Logon::TEMPLATE_ID => Logon::NAME,
        LogonAccepted::TEMPLATE_ID => LogonAccepted::NAME,
        LogonRefused::TEMPLATE_ID => LogonRefused::NAME,
        Logout::TEMPLATE_ID => Logout::NAME,
        Heartbeat::TEMPLATE_ID => Heartbeat::NAME,
        TestRequest::TEMPLATE_ID => TestRequest::NAME,
        Refused::TEMPLATE_ID => Refused::NAME,
        ReportGap::TEMPLATE_ID => ReportGap::NAME,
        CaughtUp::TEMPLATE_ID => CaughtUp::NAME,
        NewOrder::TEMPLATE_ID => NewOrder::NAME,
        CancelOrder::TEMPLATE_ID => CancelOrder::NAME,
        ReplaceOrder::TEMPLATE_ID => ReplaceOrder::NAME,
        MassCancel::TEMPLATE_ID => MassCancel::NAME,
        ArmCancelOnDisconnect::TEMPLATE_ID => ArmCancelOnDisconnect::NAME,
        OrderStatusRequest::TEMPLATE_ID => OrderStatusRequest::NAME,
        OpenOrdersRequest::TEMPLATE_ID => OpenOrdersRequest::NAME,
        BalancesRequest::TEMPLATE_ID => BalancesRequest::NAME,
        ExecutionReport::TEMPLATE_ID => ExecutionReport::NAME,
        OrderStatus::TEMPLATE_ID => OrderStatus::NAME,
        Balances::TEMPLATE_ID => Balances::NAME,
        BalanceUpdate::TEMPLATE_ID => BalanceUpdate::NAME,
        MassCancelReport::TEMPLATE_ID => MassCancelReport::NAME,
        TransferReport::TEMPLATE_ID => TransferReport::NAME,
        CancelOnDisconnectReport::TEMPLATE_ID => CancelOnDisconnectReport::NAME,
        StageTimes::TEMPLATE_ID => StageTimes::NAME,
        Subscribe::TEMPLATE_ID => Subscribe::NAME,
        Unsubscribe::TEMPLATE_ID => Unsubscribe::NAME,
        SubscriptionAccepted::TEMPLATE_ID => SubscriptionAccepted::NAME,
        SubscriptionRefused::TEMPLATE_ID => SubscriptionRefused::NAME,
        AssetDefinition::TEMPLATE_ID => AssetDefinition::NAME,
        InstrumentDefinition::TEMPLATE_ID => InstrumentDefinition::NAME,
        InstrumentStatus::TEMPLATE_ID => InstrumentStatus::NAME,
        TradeTick::TEMPLATE_ID => TradeTick::NAME,
        TopOfBook::TEMPLATE_ID => TopOfBook::NAME,
        L2Snapshot::TEMPLATE_ID => L2Snapshot::NAME,
        L2Update::TEMPLATE_ID => L2Update::NAME,
        L2ConflatedSnapshot::TEMPLATE_ID => L2ConflatedSnapshot::NAME,
        L2ConflatedUpdate::TEMPLATE_ID => L2ConflatedUpdate::NAME,
        BookChecksum::TEMPLATE_ID => BookChecksum::NAME,
        L3Snapshot::TEMPLATE_ID => L3Snapshot::NAME,
        L3Update::TEMPLATE_ID => L3Update::NAME,
        Statistics::TEMPLATE_ID => Statistics::NAME,
        CandleSnapshot::TEMPLATE_ID => CandleSnapshot::NAME,
        CandleUpdate::TEMPLATE_ID => CandleUpdate::NAME,
        AddAsset::TEMPLATE_ID => AddAsset::NAME,
        ListInstrument::TEMPLATE_ID => ListInstrument::NAME,
        SetInstrumentState::TEMPLATE_ID => SetInstrumentState::NAME,
        SetFees::TEMPLATE_ID => SetFees::NAME,
        CreateAccount::TEMPLATE_ID => CreateAccount::NAME,
        SetAccountState::TEMPLATE_ID => SetAccountState::NAME,
        AddKey::TEMPLATE_ID => AddKey::NAME,
        RevokeKey::TEMPLATE_ID => RevokeKey::NAME,
        Transfer::TEMPLATE_ID => Transfer::NAME,
        CancelOrders::TEMPLATE_ID => CancelOrders::NAME,
        EngageKillSwitch::TEMPLATE_ID => EngageKillSwitch::NAME,
        ReleaseKillSwitch::TEMPLATE_ID => ReleaseKillSwitch::NAME,
        AdminReport::TEMPLATE_ID => AdminReport::NAME,
        AccountsRequest::TEMPLATE_ID => AccountsRequest::NAME,
        AccountDetails::TEMPLATE_ID => AccountDetails::NAME,
        KeysRequest::TEMPLATE_ID => KeysRequest::NAME,
        KeyDetails::TEMPLATE_ID => KeyDetails::NAME,
        TransferSourceRequest::TEMPLATE_ID => TransferSourceRequest::NAME,
        TransferSource::TEMPLATE_ID => TransferSource::NAME,

        _ => return None,
    })
}

macro_rules! from_messages {
    ($($name:ident),* $(,)?) => {
        $(impl From<$name> for Message {
            fn from(message: $name) -> Self {
                Self::$name(message)
            }
        })*
    };
}

from_messages!(
    AccountDetails,
    AccountsRequest,
    AddAsset,
    AddKey,
    AdminReport,
    ArmCancelOnDisconnect,
    AssetDefinition,
    BalanceUpdate,
    Balances,
    BalancesRequest,
    BookChecksum,
    CancelOnDisconnectReport,
    CancelOrder,
    CancelOrders,
    CandleSnapshot,
    CandleUpdate,
    CaughtUp,
    Challenge,
    CreateAccount,
    EngageKillSwitch,
    ExecutionReport,
    Heartbeat,
    InstrumentDefinition,
    InstrumentStatus,
    KeyDetails,
    KeysRequest,
    L2ConflatedSnapshot,
    L2ConflatedUpdate,
    L2Snapshot,
    L2Update,
    L3Snapshot,
    L3Update,
    ListInstrument,
    Logon,
    LogonAccepted,
    LogonRefused,
    Logout,
    MassCancel,
    MassCancelReport,
    NewOrder,
    OpenOrdersRequest,
    OrderStatus,
    OrderStatusRequest,
    Refused,
    ReleaseKillSwitch,
    ReplaceOrder,
    ReportGap,
    RevokeKey,
    SetAccountState,
    SetFees,
    SetInstrumentState,
    StageTimes,
    Statistics,
    Subscribe,
    SubscriptionAccepted,
    SubscriptionRefused,
    TestRequest,
    TopOfBook,
    TradeTick,
    Transfer,
    TransferReport,
    TransferSource,
    TransferSourceRequest,
    Unsubscribe
);
