from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.sending.phone.smpp.names import answered, receipted


@pytest.mark.parametrize(("answer", "receipt"), [("ab12", "43794"), ("00AB12", "0000043794"), ("0", "0")])
def test_hexadecimal_answers_meet_decimal_receipts(answer: str, receipt: str) -> None:
    assert answered(answer, "decimal") == receipted(receipt, "decimal")


@pytest.mark.parametrize(("answer", "receipt"), [("43794", "AB12"), ("0043794", "0000ab12")])
def test_decimal_answers_meet_hexadecimal_receipts(answer: str, receipt: str) -> None:
    assert answered(answer, "hexadecimal") == receipted(receipt, "hexadecimal")


@pytest.mark.parametrize("name", ["", "x1", "a-b", "1_000", "é", "+5", " 5", "1" * 65])
def test_what_is_no_number_is_left_as_it_is(name: str) -> None:
    assert answered(name, "decimal") == receipted(name, "decimal") == name


@given(st.text(max_size=70))
def test_names_are_the_same_unless_said(name: str) -> None:
    assert answered(name, "same") == receipted(name, "same") == name


@given(st.integers(0, 2**200))
def test_every_number_is_met_in_both_bases(number: int) -> None:
    assert answered(f"{number:X}", "decimal") == receipted(f"{number:070}"[-64:], "decimal")
    assert answered(str(number), "hexadecimal") == receipted(f"{number:x}", "hexadecimal")
