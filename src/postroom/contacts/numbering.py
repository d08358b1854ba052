"""A country's numbering plan in patterns, by which its numbers are read a column at a time.

What `addresses.phone` leaves to phonenumbers is told here by that library's own metadata, in the words of
its parser, so that `ingest` can do the same with whole columns. Every pattern is for digits alone and means
the same to Python's and to Rust's regular expressions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from phonenumbers import (
    PhoneMetadata,
    PhoneNumberType,
    region_code_for_country_code,
    region_codes_for_country_code,
    supported_calling_codes,
)

NOT_MOBILE = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.UAN,
    }
)
"""A number known as one of these is nobody's mobile: a fixed line, or a service."""


@dataclass(frozen=True, slots=True)
class Line:
    """The numbers of some type: digits that match `pattern` as a whole and have one of these lengths."""

    pattern: str
    lengths: tuple[int, ...]
    mobile: bool


@dataclass(frozen=True, slots=True)
class NumberingPlan:
    """How the numbers of one region are dialled there, and which of them exist.

    `international_prefix` and `trunk_prefix` are patterns for the beginning of what is dialled; the trunk
    prefix is None where there is none, and not `plain` where what is removed depends on more than the prefix
    itself. `number` is the pattern of every number that exists. A trunk prefix is removed when what remains
    has one of `lengths`, or more digits than any; a number is possible with one of `possible_lengths`, which
    are those of the main region of the country code.

    What does not match `not_mobile` can be a mobile. Of what matches it and begins with `leading`, the first
    of `lines` that a `number` is on tells whether it can; a number on none of them may belong to another
    region of the country code.
    """

    country_code: str
    international_prefix: str
    trunk_prefix: str | None
    plain: bool
    number: str
    lengths: tuple[int, ...]
    possible_lengths: tuple[int, ...]
    not_mobile: str
    lines: tuple[Line, ...]
    leading: str


COUNTRY_CODE = "(?:" + "|".join(sorted(map(str, supported_calling_codes()))) + ")"
"""Every country code; none of them begins another."""


@cache
def numbering_plan(region: str) -> NumberingPlan | None:
    """Return the plan of `region` (two letters); None when phonenumbers does not know it."""
    metadata = PhoneMetadata.metadata_for_region(region)
    if metadata is None or metadata.country_code is None:
        return None
    main = PhoneMetadata.metadata_for_region(region_code_for_country_code(metadata.country_code))
    general = metadata.general_desc
    if main is None or general is None or main.general_desc is None:
        return None
    trunk = metadata.national_prefix_for_parsing
    return NumberingPlan(
        country_code=str(metadata.country_code),
        international_prefix=metadata.international_prefix or "",
        trunk_prefix=trunk,
        plain=trunk is None or "(" not in trunk,
        number=general.national_number_pattern or "",
        lengths=tuple(general.possible_length),
        possible_lengths=tuple(main.general_desc.possible_length),
        not_mobile="|".join(
            line.pattern
            for each in _sharing(metadata.country_code)
            for line in _lines(each)
            if not line.mobile
        ),
        lines=tuple(_lines(main)),
        leading=main.leading_digits or "",
    )


def plan_of_country(country_code: str) -> NumberingPlan | None:
    """Return the plan of the country code's main region; None when it belongs to none."""
    return numbering_plan(region_code_for_country_code(int(country_code)))


def _sharing(country_code: int) -> list[PhoneMetadata]:
    regions = map(PhoneMetadata.metadata_for_region, region_codes_for_country_code(country_code))
    return [region for region in regions if region]


def _lines(metadata: PhoneMetadata) -> list[Line]:
    """List the types in the order in which phonenumbers tries them."""
    # Where fixed and mobile numbers look the same, nobody can tell that one is fixed.
    fixed_is_mobile = bool(metadata.same_mobile_and_fixed_line_pattern)
    types = (
        (metadata.premium_rate, False),
        (metadata.toll_free, False),
        (metadata.shared_cost, False),
        (metadata.voip, True),
        (metadata.personal_number, True),
        (metadata.pager, True),
        (metadata.uan, False),
        (metadata.voicemail, True),
        (None if fixed_is_mobile else metadata.mobile, True),
        (metadata.fixed_line, fixed_is_mobile),
    )
    return [
        Line(each.national_number_pattern, tuple(each.possible_length), mobile)
        for each, mobile in types
        if each and each.national_number_pattern
    ]
