"""Whether a number is what it looks like: check digits, dates, prefixes and areas. Each takes strings, gives booleans.

Sources: GB 11643-1999 (resident identity number), GB 32100-2015 (unified social credit code), ISO/IEC 7812-1 (Luhn),
RFC 1918, 5735 and 6890 (addresses that are not public), the rules of the United States' Social Security Administration.
They are asked of candidates only, a handful in a thousand texts.
"""

from __future__ import annotations

import datetime
import re

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_PROVINCES = frozenset(
    f"{tens}{unit}"
    for tens, last in enumerate(("", "5", "3", "7", "6", "4", "5", "1", "3"))
    if last
    for unit in range(0 if tens == 5 else 1, int(last) + 1)
)
_USCC_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))

_COUNTRY = r"(?:\(?(?:\+|00)?86\)?[- ]?)?"
MOBILE = rf"^{_COUNTRY}1(?:3\d|4[5-9]|5[0-35-9]|6[2567]|7[0-8]|8\d|9[0-35-9])([-. ]?)\d{{4}}[-. ]?\d{{4}}$"
_AREAS = {
    "1": "0", "2": "0-57-9", "31": "0-9", "33": "5", "34": "9", "35": "0-9", "37": "0-9", "39": "1-68", "41": "0-9",
    "42": "179", "43": "1-9", "45": "1-9", "46": "4789", "47": "0-9", "48": "23", "51": "0-9", "52": "37", "53": "0-9",
    "54": "36", "55": "0-9", "56": "1-6", "57": "0-9", "58": "0", "59": "1-9", "63": "1-5", "66": "0238", "69": "12",
    "70": "1", "71": "0-9", "72": "248", "73": "0-9", "74": "3-6", "75": "0-9", "76": "023689", "77": "0-9",
    "79": "0-9", "81": "2367-8", "82": "567", "83": "0-9", "85": "1-9", "87": "0-9", "88": "3678", "89": "0-9",
    "90": "123689", "91": "0-79", "93": "0-9", "94": "13", "95": "1-5", "97": "0-79", "99": "0-9",
}  # fmt: skip
"""Area codes of mainland China: what they begin with, and the last digits there are. Codes that were joined to another
city's in the last thirty years (0413, 0733, 0910...) are in it, because older texts have them."""
AREA = "(?:" + "|".join(f"{begin}[{last}]" for begin, last in _AREAS.items()) + ")"
_LOCAL = r"[2-8]\d{2,3}[- ]?\d{4}"
_OUTSIDE = rf"(?:\+|00)?86[- ]?(?:0|\(0\))?{AREA}[- ]{_LOCAL}"
LANDLINE = rf"^(?:{_OUTSIDE}|\(0{AREA}\)[- ]?{_LOCAL}|0{AREA}[- ]{_LOCAL})(?:-\d{{1,5}})?$"
TOGETHER = rf"^0{AREA}[2-8]\d{{6,7}}$"
"""An area code and a number with nothing between: ten to twelve digits, a phone only where a word says so."""

ISSUERS = (
    (r"^62", (16, 17, 18, 19)),
    (r"^4", (13, 16, 19)),
    (r"^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)", (16,)),
    (r"^3[47]", (15,)),
    (r"^35(?:2[89]|[3-8])", (16,)),
    (r"^(?:30[0-5]|36|3[89])", (14, 16)),
    (r"^(?:6011|64[4-9]|65)", (16, 19)),
    (r"^220[0-4]", (16, 17, 18, 19)),
    (r"^(?:95599|95588|60(?:1382|3367)|9(?:558|559|843)|68(?:7|858)|69(?:0755|075))", (16, 17, 18, 19)),
    (r"^(?:50[0-9]|5[6-8])", (16, 17, 18, 19)),
)
"""How numbers of each issuer begin, and how long they are (ISO/IEC 7812-1, and the published ranges of UnionPay, Visa,
Mastercard, American Express, JCB, Diners Club, Discover, Mir, mainland banks before UnionPay, and Maestro)."""


def bank_card(value: str) -> bool:
    """A card number of an issuer that there is, as long as its numbers are, whose digits add up."""
    digits = "".join(sign for sign in value if sign.isdigit())
    known = any(len(digits) in lengths and re.match(begin, digits) for begin, lengths in ISSUERS)
    return known and luhn(digits)


def id_card(value: str) -> bool:
    """An 18-digit resident identity number: a province, a day that was, and the check digit."""
    if len(value) != 18 or not value[:17].isdigit() or value[:2] not in _PROVINCES:
        return False
    try:
        born = datetime.date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, value, strict=False))
    return 1850 <= born.year <= 2100 and _ID_CHECKS[total % 11] == value[17].upper()


def credit_code(value: str) -> bool:
    """An 18-character unified social credit code with its check character, and at least one digit run of a region."""
    if len(value) != 18 or any(sign not in _USCC_SIGNS for sign in value) or not value[2:8].isdigit():
        return False
    if value[0] not in "123456789ANY" or value[2:4] not in _PROVINCES | {"10", "00"}:
        return False
    total = sum(weight * _USCC_SIGNS.index(sign) for weight, sign in zip(_USCC_WEIGHTS, value, strict=False))
    return _USCC_SIGNS[(31 - total % 31) % 31] == value[17]


def luhn(value: str) -> bool:
    """Whether the digits of a card number add up (modulus 10, every second one doubled)."""
    digits = [int(sign) for sign in value if sign.isdigit()]
    doubled = [2 * digit - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 and len(set(digits)) > 1


def public_ipv4(value: str) -> bool:
    """Four octets of an address that the net routes."""
    parts = value.split(".")
    if len(parts) != 4 or any(len(part) > 1 and part[0] == "0" for part in parts):
        return False
    octets = [int(part) for part in parts]
    if max(octets) > 255 or octets[0] in (0, 10, 127) or octets[0] >= 224:
        return False
    private = octets[:2] in ([192, 168], [169, 254]) or (octets[0] == 172 and 16 <= octets[1] < 32)
    return not private


def social_security(value: str) -> bool:
    """Area, group and serial that have been or may be given out."""
    area, group, serial = value.split("-")
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"
