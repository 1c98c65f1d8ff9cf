"""Identity numbers (GB 11643) and credit codes (GB 32100, GB 11714) with valid check digits, a column at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zhigong.generator.draw import rank_within

if TYPE_CHECKING:
    from zhigong.generator.draw import Column

_ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int32)
_ID_CHECKS = np.frombuffer(b"10X98765432", dtype=np.uint8)
_CODE_ALPHABET = np.frombuffer(b"0123456789ABCDEFGHJKLMNPQRTUWXY", dtype=np.uint8)
_CODE_WEIGHTS = np.array([1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28], dtype=np.int32)
_BODY_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int32)
_CODE_VALUE = np.zeros(128, dtype=np.int32)
_CODE_VALUE[_CODE_ALPHABET] = np.arange(31)
_BODY_VALUE = np.zeros(128, dtype=np.int32)
_BODY_VALUE[np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype=np.uint8)] = np.arange(36)
_BODIES = 31**6


def digit_matrix(numbers: Column, width: int) -> Column:
    """ASCII digits of non-negative integers, zero-padded: shape (n, width), uint8."""
    rest = np.asarray(numbers, dtype=np.int64).copy()
    out = np.empty((len(rest), width), dtype=np.uint8)
    for place in range(width - 1, -1, -1):
        rest, last = np.divmod(rest, 10)
        out[:, place] = last + 48
    return out


def id_check(body: Column) -> Column:
    """The 18th character for rows of 17 ASCII digits (MOD 11-2)."""
    total = (body.astype(np.int32) - 48) @ _ID_WEIGHTS
    check: Column = _ID_CHECKS[total % 11]
    return check


def identity_numbers(place: Column, ymd: Column, sex: Column) -> Column:
    """Distinct 18-character numbers, shape (n, 18), uint8.

    place: six-digit codes. ymd: births as yyyymmdd. sex: 1 male, 2 female. Sequence numbers ending in 00 are left out,
    so that a number ending in 000 can only be one that a spreadsheet has cut.
    """
    rank = rank_within(place, ymd, sex)
    start = (place * 31 + ymd * 7) % 400
    slot = (start + rank * 151) % 400
    spaced = slot + slot // 49 + 1  # skips 0, 50, 100 …: twice it never ends in 00
    sequence = np.where(sex == 1, 2 * spaced - 1, 2 * spaced)
    if len(rank) and rank.max() >= 400:
        raise ValueError("more than 400 births of one sex in one place on one day")
    body = np.concatenate([digit_matrix(place, 6), digit_matrix(ymd, 8), digit_matrix(sequence, 3)], axis=1)
    return np.concatenate([body, id_check(body)[:, None]], axis=1)


def credit_codes(kind: Column, place: Column, serial: Column) -> Column:
    """Credit codes, shape (n, 18), uint8. kind: the first two digits (91, 81 …). serial: makes each distinct."""
    body = np.empty((len(serial), 8), dtype=np.uint8)
    body[:, 0], body[:, 1] = ord("M"), ord("A")
    rest = (np.asarray(serial, dtype=np.int64) * 48_271_003 + 12_345) % _BODIES  # coprime to 31: a permutation
    for column in range(7, 1, -1):
        rest, last = np.divmod(rest, 31)
        body[:, column] = _CODE_ALPHABET[last]
    check = 11 - (_BODY_VALUE[body] @ _BODY_WEIGHTS) % 11
    ninth = np.where(check == 10, ord("X"), np.where(check == 11, ord("0"), check + 48)).astype(np.uint8)
    head = np.concatenate([digit_matrix(kind, 2), digit_matrix(place, 6), body, ninth[:, None]], axis=1)
    last_value = (31 - (_CODE_VALUE[head] @ _CODE_WEIGHTS) % 31) % 31
    return np.concatenate([head, _CODE_ALPHABET[last_value][:, None]], axis=1)
