//! Bars of depth: a quantity as a length in eighths of a cell.

/// A full cell, and those that are filled by one to seven eighths from the left.
const FULL: char = '█';
const EIGHTHS: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// A bar for `value` of at most `cells` cells, which `max` fills. A value above zero shows.
pub(super) fn bar(value: i64, max: i64, cells: usize) -> String {
    if value <= 0 || max <= 0 || cells == 0 {
        return String::new();
    }
    let whole = cells as u128 * 8;
    let value = u128::from(value.min(max).unsigned_abs());
    let eighths = (whole * value / u128::from(max.unsigned_abs())).max(1);
    let full = usize::try_from(eighths / 8).unwrap_or(cells);
    let rest = usize::try_from(eighths % 8).unwrap_or(0);
    let mut text: String = std::iter::repeat_n(FULL, full).collect();
    if rest > 0 {
        text.push(EIGHTHS[rest - 1]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        assert_eq!(bar(10, 10, 4), "████");
        assert_eq!(bar(5, 10, 4), "██");
        assert_eq!(bar(9, 32, 4), "█▏");
        assert_eq!(bar(31, 32, 4), "███▉");
    }

    #[test]
    fn what_is_there_shows_and_nothing_overflows() {
        assert_eq!(bar(1, i64::MAX, 20), "▏");
        assert_eq!(bar(i64::MAX, i64::MAX, 3), "███");
        assert_eq!(bar(20, 10, 3), "███", "never longer than its room");
        for (value, max, cells) in [(0, 10, 4), (-1, 10, 4), (1, 0, 4), (1, 10, 0)] {
            assert_eq!(bar(value, max, cells), "");
        }
    }
}
