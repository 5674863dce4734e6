"""Whether a number is what it looks like: check digits, dates, prefixes and areas. Each takes strings, gives booleans.

Sources: GB 11643-1999 (resident identity number), GB 32100-2015 (unified social credit code), ISO/IEC 7812-1 (Luhn),
RFC 1918, 5735 and 6890 (addresses that are not public), the rules of the United States' Social Security Administration.
They are asked of candidates only, a handful in a thousand texts.
"""

from __future__ import annotations

import datetime

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_PROVINCES = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
        "83",
    ]
)
_USCC_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))

MOBILE = r"^(?:\+?86[- ]?)?1(?:3\d|4[5-9]|5[0-35-9]|6[2567]|7[0-8]|8\d|9[0-35-9])[- ]?\d{4}[- ]?\d{4}$"
AREA = (
    r"(?:10|2[0-57-9]|31\d|33[5]|349|35\d|37\d|39[1-68]|41[1-9]|42[179]|43[1-9]|45[1-9]|46[4789]|47\d|48[23]|51\d|"
    r"52[37]|53\d|54[36]|55\d|56[1-6]|57\d|58\d|59\d|63[1-5]|66[0238]|69[12]|70[1]|71\d|72[248]|73\d|74[3-6]|75\d|"
    r"76[023689]|77\d|79\d|81[236-8]|82[567]|83\d|84[0-9]|85[1-9]|86\d|87\d|88[36-8]|89\d|90[12369]|91\d|93\d|94[13]|"
    r"95[1-5]|97\d|99\d)"
)
LANDLINE = rf"^(?:\+?86[- ]?0?|\(?0){AREA}[-)] ?[2-8]\d{{6,7}}(?:-\d{{1,5}})?$|^0{AREA} [2-8]\d{{6,7}}$"


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
