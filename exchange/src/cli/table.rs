//! Plain tables: columns as wide as their widest cell, two blanks between them. Linear in the cells.

/// Which end of a column its cells stand at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A table being filled.
#[derive(Debug)]
pub(crate) struct Table<const N: usize> {
    columns: [(&'static str, Align); N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// A table without rows.
    pub(crate) fn new(columns: [(&'static str, Align); N]) -> Self {
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, row: [String; N]) {
        self.rows.push(row);
    }

    /// The text, without a newline at its end. Cells must not be coloured: their length is counted.
    pub(crate) fn text(&self) -> String {
        let titles = self.columns.map(|(title, _)| title.to_owned());
        let rows = || std::iter::once(&titles).chain(&self.rows);
        let widths: [usize; N] = std::array::from_fn(|column| {
            let lengths = rows().map(|row| row[column].chars().count());
            lengths.max().unwrap_or(0)
        });
        let lines: Vec<String> = rows().map(|row| self.line(row, widths)).collect();
        lines.join("\n")
    }

    fn line(&self, row: &[String; N], widths: [usize; N]) -> String {
        let cells: [String; N] = std::array::from_fn(|column| {
            let (cell, width) = (&row[column], widths[column]);
            match self.columns[column].1 {
                Align::Left => format!("{cell:<width$}"),
                Align::Right => format!("{cell:>width$}"),
            }
        });
        cells.join("  ").trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new([("asset", Align::Left), ("available", Align::Right)]);
        table.push(["BTC".to_owned(), "1.5".to_owned()]);
        table.push(["USDT".to_owned(), "1000000.25".to_owned()]);
        assert_eq!(
            table.text(),
            "asset   available\nBTC           1.5\nUSDT   1000000.25"
        );
    }

    #[test]
    fn a_table_without_rows_is_its_head() {
        let table = Table::new([("id", Align::Right), ("name", Align::Left)]);
        assert_eq!(table.text(), "id  name");
    }
}
