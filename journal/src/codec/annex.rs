//! The annex of a snapshot: what the publisher knows and the core does not, and its bytes.
//!
//! The core forgets what it needs no more: when an order was accepted, by which stop it was elected, how
//! often a book has changed. Clients are told these, so a snapshot that replaces the events of the past
//! has to carry them. The annex goes along the state image: book by book, order by order in the order of
//! the image, account by account. It is not part of the state hash, because no core depends on it.
//! Cost: linear; 9 or 17 bytes an order.

use std::io::{self, Write};

use bincode::{Decode, Encode};
use rialto_engine::image::StateImage;
use rialto_types::{AssetId, Price, Seq, Timestamp};

use super::image::{read_all, write, write_all};
use super::{PayloadError, end, take};

/// What goes along a state image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Annex {
    /// By id of their instruments, from 1.
    pub books: Vec<BookAnnex>,
    /// By id, from 0: the assets of which the account once had something and has nothing now,
    /// ascending.
    pub emptied: Vec<Vec<AssetId>>,
}

/// What goes along a book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BookAnnex {
    /// Count of commands that have changed the book.
    pub change_count: u64,
    /// The last of them; 0 before the first.
    pub changed_at: Seq,
    /// Bids, asks, stop buys, stop sells, each in the order of the image.
    pub orders: Vec<OrderAnnex>,
}

/// What goes along an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderAnnex {
    /// When it was accepted.
    pub accepted: Timestamp,
    /// The stop by which it was elected.
    pub elected_at: Option<Price>,
}

/// Mirrors [`OrderAnnex`].
#[derive(Encode, Decode)]
struct OrderMirror {
    accepted: u64,
    elected_at: Option<i64>,
}

/// Writes the bytes of an annex.
pub(crate) fn encode_annex(annex: &Annex, out: &mut impl Write) -> io::Result<()> {
    write(out, annex.books.len() as u64)?;
    for book in &annex.books {
        write(out, (book.change_count, book.changed_at.0))?;
        write_all(out, &book.orders, |order| OrderMirror {
            accepted: order.accepted.0,
            elected_at: order.elected_at.map(Price::get),
        })?;
    }
    write(out, annex.emptied.len() as u64)?;
    let mut accounts = annex.emptied.iter();
    accounts.try_for_each(|assets| write_all(out, assets, |asset| asset.0))
}

/// Reads an annex from its bytes. Call it only with bytes whose checksum is right.
pub(crate) fn decode_annex(bytes: &[u8], image: &StateImage) -> Result<Annex, PayloadError> {
    let mut rest = bytes;
    let annex = Annex {
        books: read_all(&mut rest, |bytes| {
            let (change_count, changed_at) = take(bytes)?;
            Ok(BookAnnex {
                change_count,
                changed_at: Seq(changed_at),
                orders: read_all(bytes, |bytes| {
                    let order = take::<OrderMirror>(bytes)?;
                    Ok(OrderAnnex {
                        accepted: Timestamp(order.accepted),
                        elected_at: order.elected_at.map(Price),
                    })
                })?,
            })
        })?,
        emptied: read_all(&mut rest, |bytes| {
            read_all(bytes, |bytes| take(bytes).map(AssetId))
        })?,
    };
    end(rest)?;
    check(&annex, image)?;
    Ok(annex)
}

/// Refuses an annex that does not go along this image.
fn check(annex: &Annex, image: &StateImage) -> Result<(), PayloadError> {
    let differs = |what, found: usize, expected: usize| {
        if found == expected {
            return Ok(());
        }
        Err(PayloadError::Annex {
            what,
            found,
            expected,
        })
    };
    differs("books", annex.books.len(), image.instruments.len())?;
    differs("accounts", annex.emptied.len(), image.accounts.len())?;
    for (book, image) in annex.books.iter().zip(&image.instruments) {
        let queues = [
            &image.bids,
            &image.asks,
            &image.stop_buys,
            &image.stop_sells,
        ];
        let orders = queues.into_iter().map(Vec::len).sum();
        differs("orders of a book", book.orders.len(), orders)?;
    }
    let known = 1..=image.assets.len();
    let mut emptied = annex.emptied.iter().flatten();
    match emptied.find(|asset| !known.contains(&asset.index())) {
        Some(asset) => Err(PayloadError::code("emptied asset", asset.0)()),
        None => Ok(()),
    }
}
