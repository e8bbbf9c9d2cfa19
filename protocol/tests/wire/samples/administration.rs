//! Samples of administration.

use rialto_protocol::{
    AccountDetails, AccountsRequest, AddAsset, AddKey, AdminReport, Balance, CancelOrders,
    CreateAccount, EngageKillSwitch, Group, KeyDetails, KeyFlags, KeysRequest, ListFlags,
    ListInstrument, Message, Permissions, ReleaseKillSwitch, RevokeKey, SetAccountState, SetFees,
    SetInstrumentState, Text, Transfer, TransferSource, TransferSourceRequest, network,
};
use rialto_types::{
    AccountId, AccountState, AssetId, ClientSeq, CommandKind, InstrumentId, InstrumentState, KeyId,
    Networks, Ppm, RejectReason, ReportSeq, Seq, Side, SourceId,
};

use super::{ACCOUNT, BTC_USDT, KEY, at, decimal, scaled};
use crate::logon;

/// Two networks: `10.0.0.0/8` and `2001:db8::/32`.
fn networks() -> [u8; network::NETWORKS_BYTES] {
    let networks = ["10.0.0.0/8", "2001:db8::/32"].map(|text| network::parse(text).unwrap());
    network::to_wire(&Networks::new(&networks).unwrap())
}

pub(super) fn all() -> Vec<Message> {
    let mut all = commands();
    all.extend(more_commands());
    all.extend(answers());
    all
}

fn commands() -> Vec<Message> {
    let listing = ListInstrument {
        client_seq: ClientSeq(4),
        tick: decimal("0.01"),
        lot: decimal("0.0001"),
        min_quantity: scaled("0.001"),
        max_quantity: scaled("100"),
        min_notional: scaled("5"),
        max_notional: scaled("10000000"),
        reference_price: decimal("60500"),
        collar: Ppm(100_000),
        maker_fee: Ppm(200),
        taker_fee: Ppm(1_000),
        base_asset_id: AssetId(1),
        quote_asset_id: AssetId(2),
        symbol: Text::cut("BTC-USDT"),
    };
    let state = SetInstrumentState {
        client_seq: ClientSeq(5),
        instrument_id: BTC_USDT,
        state: InstrumentState::CancelOnly.into(),
    };
    let fees = SetFees {
        client_seq: ClientSeq(6),
        instrument_id: BTC_USDT,
        maker_fee: Ppm(100),
        taker_fee: Ppm(800),
    };
    let restrict = SetAccountState {
        client_seq: ClientSeq(8),
        account_id: ACCOUNT,
        account_state: AccountState::CancelOnly.into(),
    };
    let key = AddKey {
        client_seq: ClientSeq(9),
        account_id: ACCOUNT,
        public_key: logon::public_key(),
        permissions: Permissions::READ.with(Permissions::TRADE),
        networks: networks(),
    };
    vec![
        AddAsset {
            client_seq: ClientSeq(3),
            decimals: 6,
            symbol: Text::cut("USDT"),
        }
        .into(),
        listing.into(),
        state.into(),
        fees.into(),
        CreateAccount {
            client_seq: ClientSeq(7),
        }
        .into(),
        restrict.into(),
        key.into(),
    ]
}

fn more_commands() -> Vec<Message> {
    let transfer = Transfer {
        client_seq: ClientSeq(11),
        transfer_seq: 88,
        account_id: ACCOUNT,
        amount: scaled("-250.5"),
        asset_id: AssetId(2),
        source_id: SourceId(4),
    };
    let cancels = CancelOrders {
        client_seq: ClientSeq(12),
        account_id: Some(ACCOUNT),
        instrument_id: None,
        side: Some(Side::Buy.into()),
    };
    vec![
        RevokeKey {
            client_seq: ClientSeq(10),
            key_id: KEY,
        }
        .into(),
        transfer.into(),
        cancels.into(),
        EngageKillSwitch {
            client_seq: ClientSeq(13),
            account_id: None,
        }
        .into(),
        ReleaseKillSwitch {
            client_seq: ClientSeq(14),
            account_id: Some(ACCOUNT),
        }
        .into(),
    ]
}

/// A refused transfer, with every field that a report can have.
fn report() -> AdminReport {
    AdminReport {
        core_seq: Seq(1_008),
        event_index: 0,
        transact_time: at(5_000),
        report_seq: Some(ReportSeq(33)),
        key_id: Some(KeyId(1)),
        client_seq: Some(ClientSeq(11)),
        command: CommandKind::Transfer.into(),
        account_id: Some(ACCOUNT),
        instrument_id: Some(InstrumentId(2)),
        affected_key_id: Some(KEY),
        transfer_seq: Some(88),
        cancelled_count: Some(5),
        asset_id: Some(AssetId(2)),
        source_id: Some(SourceId(4)),
        reject_reason: Some(RejectReason::TransferGap.into()),
        value: 88,
        limit: 86,
        text: "transfer 88 of the source leaves a gap: the next must be 86".into(),
    }
}

fn answers() -> Vec<Message> {
    let balances = vec![Balance {
        asset_id: AssetId(1),
        available: scaled("10.4995"),
        held: scaled("0.5"),
    }];
    let account = AccountDetails {
        request_id: 7,
        account_id: ACCOUNT,
        core_seq: Seq(1_009),
        open_order_count: 2,
        account_state: AccountState::Suspended.into(),
        list_flags: ListFlags::FOUND.with(ListFlags::LAST).with(ListFlags::MORE),
        balances: Group::try_from(balances).unwrap(),
    };
    let key = KeyDetails {
        request_id: 8,
        key_id: KEY,
        account_id: ACCOUNT,
        highest_client_seq: ClientSeq(22),
        permissions: Permissions::READ.with(Permissions::TRADE),
        key_flags: KeyFlags::CANCEL_ON_DISCONNECT_ARMED,
        list_flags: ListFlags::FOUND,
        public_key: logon::public_key(),
        networks: networks(),
    };
    vec![
        report().into(),
        AccountsRequest {
            request_id: 7,
            first_account_id: AccountId(6),
            max_count: Some(1),
        }
        .into(),
        account.into(),
        KeysRequest {
            request_id: 8,
            first_key_id: KeyId(2),
            account_id: Some(ACCOUNT),
            max_count: None,
        }
        .into(),
        key.into(),
        TransferSourceRequest {
            request_id: 9,
            source_id: SourceId(4),
        }
        .into(),
        TransferSource {
            request_id: 9,
            core_seq: Seq(1_010),
            last_transfer_seq: 85,
            source_id: SourceId(4),
        }
        .into(),
    ]
}
