//! What the window shows: a pure function from what is known to the cells of a terminal.
//!
//! ```text
//! BTC-USDT  mid 60000.00  last 60000.01                           1,204 msg/s  ● live
//!     price  quantity  orders                    │ time (UTC)       price  quantity
//!  60000.50    0.0001       1  ▏                 │ 00:00:02.002  60000.01    0.2500
//!  60000.01    2.0000       1  █████████████████ │ 00:00:01.001  59999.99    0.2500
//!  60000.01 ▲  spread 0.02 (0.00 bp)             │
//!  59999.99    1.0000       1  ████████▌         │
//! ```
//!
//! Draws whatever fits and never outside its area. Linear in the cells.

use std::collections::VecDeque;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use rialto_client::{ListedInstrument, LocalBook, PriceLevel};
use rialto_protocol::TradeTick;
use rialto_types::{InstrumentState, Price, Side};

use super::depth::bar;
use super::follow::Link;
use super::numbers::Numbers;
use crate::cli::{moment, words};

/// The tape is shown when this many cells are left for it beside the ladder.
const LADDER_WIDTH_MIN: u16 = 46;
/// Time, price and quantity of a trade.
const TAPE_WIDTH: u16 = 40;
/// Head, titles, spread and foot: what is not a level.
const ROWS_BESIDE_LEVELS: u16 = 4;

/// Everything that a frame shows.
pub(super) struct Picture<'a> {
    /// What is wanted.
    pub(super) symbol: &'a str,
    /// Where from: the exchange's name, or its address.
    pub(super) from: &'a str,
    /// The instrument, once it is known.
    pub(super) listed: Option<&'a ListedInstrument>,
    /// Its book, when it is whole.
    pub(super) book: Option<&'a LocalBook>,
    /// Its trades, the newest first.
    pub(super) trades: &'a VecDeque<TradeTick>,
    /// How the connection stands.
    pub(super) link: Link<'a>,
    /// Messages a second.
    pub(super) rate: u64,
    /// Levels a side; `None` for as many as fit.
    pub(super) levels: Option<usize>,
}

const FAINT: Style = Style::new().fg(Color::DarkGray);
const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);

/// The colour of a side.
const fn side_style(side: Side) -> Style {
    match side {
        Side::Buy => Style::new().fg(Color::Green),
        Side::Sell => Style::new().fg(Color::Red),
    }
}

/// How many levels of each side fit in a window of this height.
pub(super) fn levels_that_fit(height: u16) -> usize {
    usize::from(height.saturating_sub(ROWS_BESIDE_LEVELS) / 2)
}

/// Draws a frame.
pub(super) fn draw(picture: &Picture<'_>, area: Rect, buffer: &mut Buffer) {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return;
    }
    let mut canvas = Canvas { area, buffer };
    head(picture, &mut canvas);
    if area.height > ROWS_BESIDE_LEVELS {
        let has_tape = area.width >= LADDER_WIDTH_MIN + TAPE_WIDTH;
        let ladder_width = if has_tape {
            area.width - TAPE_WIDTH
        } else {
            area.width
        };
        ladder(picture, ladder_width, &mut canvas);
        if has_tape {
            tape(picture, ladder_width, &mut canvas);
        }
    }
    if area.height > 1 {
        foot(picture, &mut canvas);
    }
}

/// A part of a buffer, in coordinates of its own.
struct Canvas<'a> {
    area: Rect,
    buffer: &'a mut Buffer,
}

impl Canvas<'_> {
    /// Writes at `x`, `y` as far as there is room; returns where the text ends.
    fn text(&mut self, x: u16, y: u16, text: &str, style: Style) -> u16 {
        if x >= self.area.width || y >= self.area.height {
            return x;
        }
        let room = usize::from(self.area.width - x);
        let (left, top) = (self.area.x + x, self.area.y + y);
        let (end, _) = self.buffer.set_stringn(left, top, text, room, style);
        end - self.area.x
    }

    /// Writes so that the text ends at `end`.
    fn text_to(&mut self, end: u16, y: u16, text: &str, style: Style) {
        let width = cells(text);
        if let Some(x) = end.checked_sub(width) {
            self.text(x, y, text, style);
        }
    }
}

/// The width of a text of ours: every character takes one cell.
fn cells(text: &str) -> u16 {
    u16::try_from(text.chars().count()).unwrap_or(u16::MAX)
}

/// The line at the top.
fn head(picture: &Picture<'_>, canvas: &mut Canvas<'_>) {
    let (sign, style) = match picture.link {
        Link::Live => ("● live", Style::new().fg(Color::Green)),
        Link::Connecting => ("◌ connecting", Style::new().fg(Color::Yellow)),
        Link::Away(_) => ("○ reconnecting", Style::new().fg(Color::Red)),
    };
    let end = canvas.area.width;
    canvas.text_to(end, 0, sign, style);
    let rate = format!("{} msg/s  ", grouped(picture.rate));
    let right = end.saturating_sub(cells(sign) + cells(&rate));
    let mut x = canvas.text(0, 0, picture.symbol, STRONG);
    for (label, value) in facts(picture) {
        let text_width = cells(label) + cells(&value) + 3;
        if x + text_width > right {
            break;
        }
        x = canvas.text(x + 2, 0, label, FAINT);
        x = canvas.text(x + 1, 0, &value, Style::new());
    }
    if x + 2 <= right {
        canvas.text(right, 0, &rate, FAINT);
    }
}

/// What the head says of the instrument, the most important first.
fn facts(picture: &Picture<'_>) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let Some(listed) = picture.listed else {
        return facts;
    };
    let numbers = Numbers::of(listed);
    if listed.state() != InstrumentState::Open {
        facts.push(("is", words(&format!("{:?}", listed.state()))));
    }
    if let Some((bid, ask)) = best(picture.book) {
        facts.push(("mid", numbers.mid(bid, ask)));
    }
    if let Some(trade) = picture.trades.front() {
        facts.push(("last", numbers.price_decimal(trade.price)));
    }
    facts
}

/// The best bid and ask, when there are both.
fn best(book: Option<&LocalBook>) -> Option<(Price, Price)> {
    let book = book?;
    let (bid, _) = book.best(Side::Buy)?;
    let (ask, _) = book.best(Side::Sell)?;
    Some((bid, ask))
}

/// The line at the bottom: what is wrong, or which keys there are.
fn foot(picture: &Picture<'_>, canvas: &mut Canvas<'_>) {
    let y = canvas.area.height - 1;
    if let Link::Away(reason) = picture.link {
        canvas.text(0, y, reason, Style::new().fg(Color::Red));
        return;
    }
    let levels = match picture.levels {
        Some(levels) => format!("+ - levels ({levels})  0 fit"),
        None => "+ - levels (fit)".to_owned(),
    };
    let keys = format!("q quit  Tab next instrument  {levels}");
    let end = canvas.text(0, y, &keys, FAINT);
    let width = canvas.area.width;
    if end + 2 + cells(picture.from) <= width {
        canvas.text_to(width, y, picture.from, FAINT);
    }
}

/// Where the columns of the ladder end.
struct Columns {
    price: u16,
    qty: u16,
    orders: u16,
    /// Where the bars begin, and how many cells they may take.
    bars: u16,
    bar_width: usize,
}

impl Columns {
    /// As wide as what stands in them; `last` is the last price.
    fn new(
        numbers: &Numbers<'_>,
        rows: &[(Side, Price, PriceLevel)],
        last: Option<&TradeTick>,
        width: u16,
    ) -> Self {
        let widest = |texts: &mut dyn Iterator<Item = String>, title: &str| {
            let widths = texts.map(|text| cells(&text));
            widths.max().unwrap_or(0).max(cells(title))
        };
        let last = last.map(|trade| numbers.price_decimal(trade.price));
        let prices = rows.iter().map(|(_, price, _)| numbers.price(*price));
        let price = 1 + widest(&mut prices.chain(last), "price");
        let quantities = &mut rows.iter().map(|(_, _, level)| numbers.qty(level.qty));
        let qty = price + 2 + widest(quantities, "quantity");
        let counts = &mut rows
            .iter()
            .map(|(_, _, level)| level.order_count.to_string());
        let orders = qty + 2 + widest(counts, "orders");
        let bars = orders + 2;
        Self {
            price,
            qty,
            orders,
            bars,
            bar_width: usize::from(width.saturating_sub(bars + 1)),
        }
    }
}

/// Both sides of the book with the spread between them.
fn ladder(picture: &Picture<'_>, width: u16, canvas: &mut Canvas<'_>) {
    let fit = levels_that_fit(canvas.area.height);
    let count = picture.levels.map_or(fit, |levels| levels.min(fit));
    // A row for the spread, below as many asks as fit.
    let middle = 2 + u16::try_from(fit).unwrap_or(u16::MAX);
    let (Some(book), Some(listed)) = (picture.book, picture.listed) else {
        let text = match picture.link {
            Link::Live => "waiting for the book …",
            Link::Connecting | Link::Away(_) => "no book yet",
        };
        canvas.text(1, middle, text, FAINT);
        return;
    };
    let numbers = Numbers::of(listed);
    let side_rows = |side| book.levels(side).take(count);
    let tagged = |side| side_rows(side).map(move |(price, level)| (side, price, level));
    let rows: Vec<_> = tagged(Side::Sell).chain(tagged(Side::Buy)).collect();
    let columns = Columns::new(&numbers, &rows, picture.trades.front(), width);
    canvas.text_to(columns.price, 1, "price", FAINT);
    canvas.text_to(columns.qty, 1, "quantity", FAINT);
    canvas.text_to(columns.orders, 1, "orders", FAINT);
    middle_row(picture, &numbers, (columns.price, middle), canvas);
    let largest = rows.iter().map(|(_, _, level)| level.qty.0).max();
    let mut rank = [0_u16; 2];
    for (side, price, level) in &rows {
        let place = &mut rank[usize::from(*side == Side::Sell)];
        *place += 1;
        let y = match side {
            Side::Buy => middle + *place,
            Side::Sell => middle - *place,
        };
        let style = side_style(*side);
        canvas.text_to(columns.price, y, &numbers.price(*price), style);
        canvas.text_to(columns.qty, y, &numbers.qty(level.qty), Style::new());
        let orders = level.order_count.to_string();
        canvas.text_to(columns.orders, y, &orders, FAINT);
        let bar = bar(level.qty.0, largest.unwrap_or(0), columns.bar_width);
        canvas.text(columns.bars, y, &bar, style);
    }
}

/// Between the sides: the last price, in the colour of the side that took it, and the spread.
fn middle_row(
    picture: &Picture<'_>,
    numbers: &Numbers<'_>,
    (price_end, y): (u16, u16),
    canvas: &mut Canvas<'_>,
) {
    if let Some(trade) = picture.trades.front() {
        let (arrow, style) = match trade.taker_side.known() {
            Some(side @ Side::Buy) => (" ▲", side_style(side)),
            Some(side @ Side::Sell) => (" ▼", side_style(side)),
            None => ("", Style::new()),
        };
        let last = numbers.price_decimal(trade.price);
        canvas.text_to(price_end, y, &last, style.patch(STRONG));
        canvas.text(price_end, y, arrow, style);
    }
    let spread = match best(picture.book) {
        Some((bid, ask)) => format!("spread {}", numbers.spread(bid, ask)),
        None => "one side is empty".to_owned(),
    };
    canvas.text(price_end + 4, y, &spread, FAINT);
}

/// The newest trades, beside the ladder.
fn tape(picture: &Picture<'_>, left: u16, canvas: &mut Canvas<'_>) {
    let bottom = canvas.area.height - 1;
    for y in 1..bottom {
        canvas.text(left, y, "│", FAINT);
    }
    canvas.text(left + 2, 1, "time (UTC)", FAINT);
    let (price_end, qty_end) = (left + TAPE_WIDTH - 13, left + TAPE_WIDTH);
    canvas.text_to(price_end, 1, "price", FAINT);
    canvas.text_to(qty_end, 1, "quantity", FAINT);
    let Some(listed) = picture.listed else { return };
    let numbers = Numbers::of(listed);
    for (trade, y) in picture.trades.iter().zip(2..bottom) {
        let style = trade.taker_side.known().map_or(Style::new(), side_style);
        let time = moment::clock_text(trade.transact_time);
        canvas.text(left + 2, y, &time, FAINT);
        canvas.text_to(price_end, y, &numbers.price_decimal(trade.price), style);
        let qty = numbers.qty_decimal(trade.quantity);
        canvas.text_to(qty_end, y, &qty, Style::new());
    }
}

/// A count with a comma between thousands.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
