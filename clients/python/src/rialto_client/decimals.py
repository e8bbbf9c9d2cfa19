"""Decimals as the wire carries them: an integer mantissa at a power of ten, exactly.

Used by `wiretypes` alone. Nothing here depends on the decimal context of the caller, whose
precision (28 digits by default) is less than some amounts need, and nothing rounds.
"""

from decimal import Decimal, InvalidOperation
from functools import lru_cache

from .errors import EncodeError

DIGITS_MAX = 60
"""More digits than any field can hold: what is longer is refused before it is computed with."""

INTEGER_BITS_MAX = 256
"""The same for integers."""


@lru_cache(maxsize=65_536)
def decimal(mantissa: int, exponent: int) -> Decimal:
    """Mantissa × 10^exponent, exactly, without trailing zeros after the point.

    Cached: the prices and quantities of a book repeat.
    """
    if exponent >= 0:
        return Decimal(mantissa * 10**exponent)
    while exponent < 0 and mantissa % 10 == 0:
        mantissa //= 10
        exponent += 1
        if mantissa == 0:
            return Decimal(0)
    return Decimal(f"{mantissa}E{exponent}")


def exact(value: object, where: str) -> tuple[int, int]:
    """A number as an integer without trailing zeros and the power of ten that it counts in.

    Takes a `Decimal`, an `int` or a text. Anything else is an `EncodeError` that names `where`; so
    is a float, which could not be exact, and a number of more digits than any field can hold.
    """
    if isinstance(value, str):
        try:
            value = Decimal(value)
        except InvalidOperation:
            raise EncodeError(f"{where} = {value!r} is no number") from None
    if isinstance(value, int) and not isinstance(value, bool):
        if value.bit_length() > INTEGER_BITS_MAX:
            raise EncodeError(f"{where} is an integer of {value.bit_length()} bits: too large")
        value = Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite():
        raise EncodeError(f"{where} is a Decimal, an int or a text, not {value!r}")
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int), "a finite number has an exponent"
    written = "".join(map(str, digits)).lstrip("0")
    significant = written.rstrip("0")
    if not significant:
        return 0, 0
    exponent += len(written) - len(significant)
    if len(significant) > DIGITS_MAX or abs(exponent) > DIGITS_MAX:
        raise EncodeError(f"{where} = {value} is too large or too fine for its field")
    return (-1) ** sign * int(significant), exponent


def shift(number: int, exponent: int) -> int | None:
    """Number × 10^exponent as an integer, or None when it is none."""
    if exponent >= 0:
        return int(number * 10**exponent)
    shifted, rest = divmod(number, 10**-exponent)
    return None if rest else shifted
