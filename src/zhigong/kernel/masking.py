"""What may be shown of a value to people without the right to see it whole, and in public notices (PIPL 25)."""

from __future__ import annotations

STAR = "*"


def mask_id(value: str) -> str:
    """First three and last four of a long number (`110***********1234`); shorter documents keep one and two."""
    if len(value) >= 15:
        return value[:3] + STAR * (len(value) - 7) + value[-4:]
    return value[:1] + STAR * max(len(value) - 3, 3) + value[-2:] if len(value) > 5 else STAR * len(value)


def mask_phone(value: str) -> str:
    """`138****0000`; of a landline only the last two digits."""
    if len(value) == 11 and value.startswith("1"):
        return value[:3] + STAR * 4 + value[-4:]
    return STAR * (len(value) - 2) + value[-2:] if len(value) > 4 else STAR * len(value)


def mask_name(value: str) -> str:
    """For notices: 张*, 张*国, 欧**华, 买**（each hidden character one star; a name of one character is hidden）."""
    if len(value) < 2:
        return STAR * len(value)
    if len(value) == 2 or "·" in value:
        return value[0] + STAR * (len(value) - 1 if len(value) == 2 else 2)
    return value[0] + STAR * (len(value) - 2) + value[-1]


def mask_account(value: str) -> str:
    """The last four characters of a bank account."""
    return STAR * 4 + value[-4:] if len(value) > 8 else STAR * len(value)


def mask_address(value: str, *, keep: int = 6) -> str:
    """The first characters of an address: the district, not the door."""
    return value[:keep] + STAR * 3 if len(value) > keep else STAR * len(value)
