//! The slab of open orders: the room it takes, and that what is open is found after it has grown.

use super::*;

const ACCOUNT: AccountId = AccountId(2);

fn placed() -> PlaceOrder {
    PlaceOrder {
        instrument: InstrumentId(1),
        side: Side::Buy,
        stp: StpMode::CancelTaker,
        kind: OrderKind::Limit {
            price: Price(100),
            qty: Qty(5),
            tif: TimeInForce::Gtc,
            post_only: false,
        },
        client_order_id: None,
    }
}

fn insert(orders: &mut Orders, id: u64, order: &PlaceOrder) -> u32 {
    let terms = Terms {
        price: Price(100),
        leaves: 5,
        form: Form::Limit,
        tif: Tif::Gtc,
        post_only: false,
    };
    let new = NewOrder {
        id: OrderId(id),
        account: ACCOUNT,
        key: KeyId(1),
        terms,
        order,
    };
    orders.insert(&new)
}

#[test]
fn it_takes_room_for_so_many_orders_and_not_for_more() {
    let mut orders = Orders::new(HashSeed::KNOWN);
    orders.reserve(10, 2);
    let order = placed();
    let slots: Vec<u32> = (1..=8).map(|id| insert(&mut orders, id, &order)).collect();
    orders.reserve(100, 2);
    // Eight more would be room for those that are open already.
    for room in [orders.slots.capacity(), orders.records.capacity()] {
        assert!((100..108).contains(&room), "{room}");
    }
    for (id, slot) in (1..).zip(slots) {
        assert_eq!(orders.find(OrderId(id)), Some(slot));
    }
    assert_eq!(orders.find(OrderId(9)), None);
    while !orders.is_full() {
        let id = orders.count() as u64 + 1;
        insert(&mut orders, id, &order);
    }
    assert_eq!(orders.count_of(ACCOUNT), 100);
}

#[test]
fn less_room_than_there_is_changes_nothing() {
    let mut orders = Orders::new(HashSeed::KNOWN);
    orders.reserve(10, 2);
    orders.reserve(1, 1);
    let order = placed();
    for id in 1..=10 {
        insert(&mut orders, id, &order);
    }
    assert!(orders.is_full());
}
