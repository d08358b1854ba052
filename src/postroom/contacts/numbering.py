"""The part of a country's numbering plan by which most of its numbers can be settled without the library."""

from __future__ import annotations

from dataclasses import dataclass

from phonenumbers import PhoneMetadata, region_code_for_country_code, region_codes_for_country_code

TRUNK_ZERO = {"0", "0|180020"}
"""Trunk prefixes, as phonenumbers writes them, that are removed only where a 0 was dialled. (180020, of the
United Kingdom, would leave four digits, too few to be believed.)"""


@dataclass(frozen=True, slots=True)
class NumberingPlan:
    """What settles `addresses.phone` for most numbers of one country; the others need the law.

    A number N that matches `number` is written +`country_code` N when it came as that, as 0 N (if
    `has_trunk_zero`, and N matches `national` too), or as N alone (if not `has_trunk_zero`, and N does not
    start with the country code). It can be a mobile when it does not match `fixed`. All patterns are for the
    whole of N.

    This equals the law because such a number leaves phonenumbers' parser by its shortest way: neither an
    international prefix nor a carrier code can match, the trunk 0 is removed exactly when it was there, and
    possible means a possible length.
    """

    country_code: str
    has_trunk_zero: bool
    number: str
    national: str
    fixed: str


def numbering_plan(region: str) -> NumberingPlan | None:
    """Return the plan of `region`; None when trunk prefixes or carrier codes need the library."""
    metadata = PhoneMetadata.metadata_for_region(region)
    if metadata is None or metadata.country_code is None or metadata.international_prefix != "00":
        return None
    if metadata.national_prefix_for_parsing not in {None, *TRUNK_ZERO}:
        return None
    # Regions that share a country code are judged by the lengths of the main one; only that one is simple.
    if region_code_for_country_code(metadata.country_code) != region:
        return None
    general = metadata.general_desc
    if general is None or general.national_number_pattern is None:
        return None
    lengths = "|".join(f"[1-9][0-9]{{{length - 1}}}" for length in general.possible_length)
    return NumberingPlan(
        country_code=str(metadata.country_code),
        has_trunk_zero=metadata.national_prefix_for_parsing in TRUNK_ZERO,
        number=lengths,
        national=general.national_number_pattern,
        fixed=_fixed_lines(metadata.country_code),
    )


def _fixed_lines(country_code: int) -> str:
    shared = map(PhoneMetadata.metadata_for_region, region_codes_for_country_code(country_code))
    fixed = [region.fixed_line.national_number_pattern for region in shared if region and region.fixed_line]
    return "|".join(pattern for pattern in fixed if pattern) or r"[0-9]+"
