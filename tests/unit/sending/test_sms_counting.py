from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.sending.phone import alphabet
from postroom.sending.phone.counting import Encoding, encoded, encoding_of, size_of, split

EMOJI = "\N{PARTY POPPER}"
TEXTS = st.text(st.sampled_from([*alphabet.SEPTETS, "ê", "’", EMOJI, "日"]), max_size=900)


@pytest.mark.parametrize(
    ("text", "units", "parts"),
    [
        ("", 0, 1),
        ("Bonjour Alice", 13, 1),
        ("a" * 160, 160, 1),
        ("a" * 161, 161, 2),
        ("a" * 306, 306, 2),
        ("a" * 307, 307, 3),
        ("€" * 80, 160, 1),
        ("€" * 81, 162, 2),
        ("Ça coûte 5 € à Noël".replace("û", "u").replace("ë", "e"), 20, 1),
    ],
)
def test_a_text_of_the_gsm_alphabet_has_160_septets_in_one_part_and_153_in_each_of_several(
    text: str, units: int, parts: int
) -> None:
    size = size_of(text)

    assert (size.encoding, size.units, size.parts) == (Encoding.GSM7, units, parts)


@pytest.mark.parametrize(
    ("text", "units", "parts"),
    [
        ("Fête", 4, 1),
        ("ê" * 70, 70, 1),
        ("ê" * 71, 71, 2),
        ("ê" * 134, 134, 2),
        ("ê" * 135, 135, 3),
        (EMOJI * 35, 70, 1),
        (EMOJI * 36, 72, 2),
        ("`", 1, 1),
    ],
)
def test_one_character_outside_of_it_makes_the_whole_text_ucs2_of_70_units_or_67(
    text: str, units: int, parts: int
) -> None:
    size = size_of(text)

    assert (size.encoding, size.units, size.parts) == (Encoding.UCS2, units, parts)


def test_the_two_septets_of_a_euro_sign_are_never_in_two_parts() -> None:
    first, second = split("a" * 152 + "€" + "b" * 20)

    assert first == "a" * 152
    assert second.startswith("€b")


def test_a_euro_sign_that_moves_on_can_cost_a_part_more_than_dividing_says() -> None:
    text = ("a" * 152 + "€") * 2  # 308 septets: three parts, as 2 x 153 is 306
    padded = "a" * 152 + "€" + "a" * 152  # 306 septets, which two full parts would hold

    assert size_of(text).parts == 3
    assert (size_of(padded).units, size_of(padded).parts) == (306, 3)


def test_the_two_halves_of_an_emoji_are_never_in_two_parts() -> None:
    first, second = split("ê" * 66 + EMOJI + "ê" * 10)

    assert first == "ê" * 66
    assert second.startswith(EMOJI)


@given(TEXTS)
def test_parts_make_up_the_text_and_each_of_them_fits(text: str) -> None:
    encoding = encoding_of(text)
    parts = split(text)

    assert "".join(parts) == text
    assert len(parts) == size_of(text).parts
    octet = 1 if encoding is Encoding.GSM7 else 2
    limit = encoding.alone if len(parts) == 1 else encoding.each
    assert all(len(encoded(part, encoding)) <= limit * octet for part in parts)
    if encoding is Encoding.UCS2:
        assert "".join(encoded(part, encoding).decode("utf-16-be") for part in parts) == text


@given(st.text(st.sampled_from([*alphabet.SEPTETS])))
def test_what_the_alphabet_writes_it_reads_again(text: str) -> None:
    septets = alphabet.encode(text)

    assert septets is not None
    assert alphabet.decode(septets) == text
    assert max(septets, default=0) < 128


@given(st.binary(max_size=200))
def test_whatever_a_provider_calls_text_can_be_read(data: bytes) -> None:
    assert len(alphabet.decode(data)) <= len(data)


def test_the_alphabet_has_its_128_places_but_the_escape_and_ten_more() -> None:
    assert len(alphabet.SEPTETS) == 127 + 10
    assert alphabet.SEPTETS["§"] == b"\x5f"
    assert alphabet.encode("`") is None


def test_an_unknown_extension_shows_what_the_plain_table_has() -> None:
    assert alphabet.decode(b"\x1bA\x1b") == "A?"


def test_a_text_that_is_not_in_the_alphabet_is_not_written_in_it() -> None:
    with pytest.raises(UnicodeError, match="alphabet"):
        encoded("日", Encoding.GSM7)
