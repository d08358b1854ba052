from __future__ import annotations

import re

import pytest
from phonenumbers import SUPPORTED_REGIONS, PhoneMetadata

from postroom.contacts.numbering import COUNTRY_CODE, numbering_plan, plan_of_country

REGIONS = sorted(SUPPORTED_REGIONS)


def test_every_region_has_a_plan_and_nowhere_has_none() -> None:
    assert all(numbering_plan(region) for region in REGIONS)
    assert numbering_plan("ZZ") is None
    assert plan_of_country("800") is None


def test_a_plan_says_what_the_library_says() -> None:
    plan = numbering_plan("BE")

    assert plan
    assert (plan.country_code, plan.international_prefix, plan.trunk_prefix) == ("32", "00", "0")
    assert plan.plain
    assert plan.lengths == plan.possible_lengths == (8, 9)
    assert re.fullmatch(plan.number, "475123456")
    assert not re.fullmatch(plan.not_mobile, "475123456")
    assert re.fullmatch(plan.not_mobile, "25551212")


def test_regions_that_share_a_country_code_have_their_own_prefixes_and_the_lengths_of_the_main_one() -> None:
    jersey, britain = numbering_plan("JE"), numbering_plan("GB")

    assert jersey
    assert britain
    assert jersey.trunk_prefix != britain.trunk_prefix
    assert jersey.possible_lengths == britain.lengths
    assert plan_of_country("44") == britain


def test_where_fixed_and_mobile_numbers_look_alike_both_can_be_mobiles() -> None:
    plan = numbering_plan("US")

    assert plan
    assert not re.fullmatch(plan.not_mobile, "2025550123")
    assert re.fullmatch(plan.not_mobile, "8002345678")


def test_no_country_code_begins_another() -> None:
    codes = COUNTRY_CODE.strip("(?:)").split("|")

    assert not [code for code in codes if re.match(COUNTRY_CODE + r"[0-9]", code)]


@pytest.mark.parametrize("region", REGIONS)
def test_the_metadata_is_as_the_plans_take_it(region: str) -> None:
    metadata = PhoneMetadata.metadata_for_region(region)

    assert metadata
    assert metadata.general_desc
    assert list(metadata.general_desc.possible_length) == sorted(metadata.general_desc.possible_length)
    local = metadata.general_desc.possible_length_local_only
    assert all(length < metadata.general_desc.possible_length[-1] for length in local)
    lines = (metadata.fixed_line, metadata.mobile, metadata.toll_free, metadata.uan, metadata.voip)
    assert all(line.possible_length for line in lines if line and line.national_number_pattern)
