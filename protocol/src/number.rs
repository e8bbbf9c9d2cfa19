//! Decimal text: integers at a power of ten, written and read exactly.

/// The exact value of `mantissa` × 10^-`decimals`, without needless zeros: `100.005`.
pub(crate) fn decimal_text(mantissa: i128, decimals: u8) -> String {
    let one = 10_u128.pow(u32::from(decimals));
    let magnitude = mantissa.unsigned_abs();
    let sign = if mantissa < 0 { "-" } else { "" };
    let (whole, fraction) = (magnitude / one, magnitude % one);
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    let fraction = format!("{fraction:0width$}", width = usize::from(decimals));
    format!("{sign}{whole}.{}", fraction.trim_end_matches('0'))
}
