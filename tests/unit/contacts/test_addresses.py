from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from postroom.contacts.addresses import compact_phone, email, email_by_library, phone
from postroom.contacts.fields import PhoneKind

ADDRESS_CHARACTERS = "aZé0@@..--+_'\"<> \u00a0!~xn"


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        ("pierre.dupont@mygmail.com ", "pierre.dupont@mygmail.com"),
        ("\u00a0Alice@Example.COM", "alice@example.com"),
        ("bob+news@mail.test", "bob+news@mail.test"),
        ("o'neil@free.fr", "o'neil@free.fr"),
        ("charlie@société.fr", "charlie@société.fr"),
        ("charlie@XN--socit-esab.fr", "charlie@société.fr"),
        ("ÉLODIE@orange.fr", "élodie@orange.fr"),
        ("a@b.paris", "a@b.paris"),
        ("a" * 70 + "@free.fr", "a" * 70 + "@free.fr"),
    ],
)
def test_an_email_has_one_form(raw: str, address: str) -> None:
    assert email(raw) == address


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "nope",
        "@free.fr",
        "alice@",
        "alice@free",
        "alice@test",
        "alice@free..fr",
        ".alice@free.fr",
        "alice @free.fr",
        "alice@free.fr, bob@free.fr",
        "Alice <alice@free.fr>",
        '"alice"@free.fr',
        "alice@[127.0.0.1]",
        "alice@127.0.0.1",
        "alice@box.local",
        "alice@nowhere.invalid",
        "alice@-free.fr",
        "alice@ab--c.fr",
        "alice@xn--a.fr",
        "alice@free.fr\n.",
        "a" * 250 + "@free.fr",
        "alice@" + "a" * 64 + ".fr",
        "@" * 100_000,
    ],
)
def test_what_is_no_email_is_none(raw: str) -> None:
    assert email(raw) is None


@given(st.text(alphabet=ADDRESS_CHARACTERS, min_size=3, max_size=70))
@example("A.B@C-D.FR")
@example("a@b.ARPA")
def test_the_short_cut_says_what_the_library_says(text: str) -> None:
    stripped = text.strip()

    assert email(stripped) == email_by_library(stripped)


@given(
    st.from_regex(
        r"[A-Za-z0-9_!'+\-]{1,20}(\.[a-z]{1,9})?@([A-Za-z0-9]{1,9}-?\.?){1,4}[A-Za-z]{1,6}", fullmatch=True
    )
)
def test_the_short_cut_says_what_the_library_says_of_likely_addresses(text: str) -> None:
    assert email(text) == email_by_library(text)


@pytest.mark.parametrize(
    "domain", ["société.fr", "XN--SOCIT-ESAB.fr", "☃.net", "faß.de", "xn--a.fr", "société"]
)
def test_a_domain_seen_before_is_judged_as_the_first_time(domain: str) -> None:
    texts = [
        f"{local_part}@{domain}" for local_part in ("Alice", "bob+news", "o'neil", "a..b", ".a", "élodie")
    ]

    assert [email(text) for text in texts] == [email_by_library(text) for text in texts]


@pytest.mark.parametrize("count", range(1, 50))
def test_an_address_that_grows_too_long_in_ascii_is_none(count: int) -> None:
    texts = [
        f"{'a' * (62 - count)}@{'㍿.' * (count // 2)}fr",
        f"{'a' * (60 - count)}@{'ÿ日.' * (count // 3)}fr",
    ]

    assert [email(text) for text in texts] == [email_by_library(text) for text in texts]


@given(st.from_regex(r"[a-zA-Z.]{1,9}@[a-zA-Z.]{1,9}\.[a-z]{2,3}", fullmatch=True))
def test_a_normal_email_stays_as_it_is(text: str) -> None:
    address = email(text)

    assert address is None or email(address) == address


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("0286786589", "+33286786589"),
        ("05.80.99.90.68", "+33580999068"),
        ("336 90 78 56 90", "+33690785690"),
        ("+33 (0)6 12-34/56.78", "+33612345678"),
        ("0033612345678", "+33612345678"),
        ("612345678", "+33612345678"),
        ("06\u00a012\u00a034\u202f56\u201378", "+33612345678"),
        ("0712345678", "+33712345678"),
        ("0912345678", "+33912345678"),
        ("+32 475 12 34 56", "+32475123456"),
        ("0032 2 555 12 12", "+3225551212"),
    ],
)
def test_a_phone_has_one_form_in_france(raw: str, number: str) -> None:
    assert phone(raw, "FR", "phone") == number


@pytest.mark.parametrize("kind", ["phone", "mobile"])
@pytest.mark.parametrize(
    "raw",
    [
        "",
        "+",
        "n/c",
        "0",
        "3615",
        "0812345678",
        "0700123456",
        "+332000000001",
        "06 12 34 56 78 poste 12",
        "0612345678 / 0698765432",
        "06 12 34 56 7O",
        "1-800-FLOWERS",
        "++33612345678",
        "6,12E+08",
        "+0612345678",
        "+999123456789",
        "32475123456",
        "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669",
        "0" * 100_000,
        "06 12 34 56 78" + "." * 30,
    ],
)
def test_what_is_no_phone_is_none(raw: str, kind: PhoneKind) -> None:
    assert phone(raw, "FR", kind) is None


@pytest.mark.parametrize("raw", ["0605040302", "+33600000000", "336 90 78 56 90", "0712345678"])
def test_a_mobile_may_stand_in_both_columns(raw: str) -> None:
    assert phone(raw, "FR", "mobile") == phone(raw, "FR", "phone") is not None


@pytest.mark.parametrize("raw", ["0286786589", "+33912345678", "286786589", "+32 2 555 12 12"])
def test_a_fixed_phone_is_no_mobile(raw: str) -> None:
    assert phone(raw, "FR", "phone") is not None
    assert phone(raw, "FR", "mobile") is None


@pytest.mark.parametrize(
    ("raw", "region", "number"),
    [
        ("0475 12 34 56", "BE", "+32475123456"),
        ("612 345 678", "ES", "+34612345678"),
        ("(202) 555-0123", "US", "+12025550123"),
        ("01133612345678", "US", "+33612345678"),
        ("06 1234 5678", "IT", "+390612345678"),
        ("06 12 34 56 78 90", "BE", None),
        ("555-0123", "US", None),
    ],
)
def test_other_countries_follow_their_plan(raw: str, region: str, number: str | None) -> None:
    assert phone(raw, region, "phone") == number


@pytest.mark.parametrize("region", ["FR", "BE", "ES", "US"])
def test_french_numbers_are_judged_alike_from_everywhere(region: str) -> None:
    assert phone("+33 6 12 34 56 78", region, "mobile") == "+33612345678"
    assert phone("+33 8 12 34 56 78", region, "phone") is None
    assert phone("+33 2 12 34 56 78", region, "mobile") is None


@pytest.mark.parametrize(
    "raw",
    [
        "+44 20 7946 0958",  # fixed, in London
        "+49 800 123 4567",  # free of charge
        "+1 900 234 5678",  # premium rate
        "+44 844 555 1234",  # shared cost
        "+41 58 123 45 67",  # a company's own
    ],
)
def test_a_fixed_line_or_a_service_of_another_country_is_no_mobile(raw: str) -> None:
    assert phone(raw, "FR", "phone") is not None
    assert phone(raw, "FR", "mobile") is None


@pytest.mark.parametrize("raw", ["+1 202 555 0123", "+44 7911 123456", "+39 347 123 4567", "+44 7624 123456"])
def test_what_can_be_a_mobile_is_one(raw: str) -> None:
    assert phone(raw, "FR", "mobile") == phone(raw, "FR", "phone") is not None


@given(st.text(alphabet="+0123456789 .-()/x\u00a0", max_size=45), st.sampled_from(["FR", "BE", "DE", "US"]))
def test_a_normal_phone_stays_as_it_is(raw: str, region: str) -> None:
    number = phone(raw, region, "phone")

    assert number is None or (number.startswith("+") and number[1:].isdecimal())
    assert number is None or phone(number, region, "phone") == number
    assert number is None or phone(compact_phone(raw) or "", region, "phone") == number
