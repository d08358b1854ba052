from __future__ import annotations

import pytest

from postroom.contacts.batches import FileRefused, Header
from postroom.contacts.criteria import Criterion
from postroom.contacts.custom_fields import CustomColumn, FieldType
from postroom.contacts.field_words import fold
from postroom.contacts.fields import CUSTOM_FIELDS, DOCUMENTED_FIELDS
from postroom.contacts.reasons import Reason
from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders.headers import MAX_HEADERS, field_of, map_columns, map_first_line

SETTINGS = AccountSettings()
# fmt: off
FRENCH = [
    "Civilité", "Prénom", "Nom", "Email", "Téléphone Fixe", "Mobile", "Fax", "Adresse 1", "Adresse 2",
    "Code postal", "Ville", "Etat", "Pays", "Date de naissance", "Société", "Référence",
]
ENGLISH = [
    "Civility", "First name", "Last name", "Email", "Fixed Telephone", "Mobile", "Fax", "Address 1",
    "Address 2", "Postal code", "City", "State", "Country", "Date of birth", "Company", "Reference",
]
REST = [
    "civility", "firstName", "lastName", "email", "phone", "mobile", "fax", "address1", "address2", "zipcode",
    "city", "state", "country", "birthDate", "company", "reference",
]
# fmt: on


def refusal(cells: list[str], settings: AccountSettings = SETTINGS) -> tuple[Reason, str]:
    with pytest.raises(FileRefused) as caught:
        map_columns(cells, settings)
    return caught.value.reason, caught.value.value


@pytest.mark.parametrize("language", [FRENCH, ENGLISH, REST])
def test_the_names_of_the_documents_are_known_in_their_order(language: list[str]) -> None:
    columns = map_columns(language, SETTINGS)

    assert list(columns.positions) == list(DOCUMENTED_FIELDS[:16])
    assert list(columns.positions.values()) == list(range(16))
    assert columns.unknown == ()


def test_our_own_field_names_are_known() -> None:
    assert [field_of(name, SETTINGS) for name in DOCUMENTED_FIELDS] == list(DOCUMENTED_FIELDS)


@pytest.mark.parametrize("form", ["Champ {}", "champ{}", "Field {}", "CHAMP 0{}", "field0{}"])
def test_custom_fields_are_known_by_number(form: str) -> None:
    assert [field_of(form.format(n), SETTINGS) for n in range(1, 10)] == list(CUSTOM_FIELDS[:9])


def test_custom_fields_end_at_fifteen() -> None:
    assert field_of("Champ 15", SETTINGS) == "field15"
    assert field_of("Champ 16", SETTINGS) is None
    assert field_of("Champ 0", SETTINGS) is None


@pytest.mark.parametrize(
    "header",
    [
        "Référence ",
        "REFERENCE",
        "\ufeffRéférence",
        '"Référence"',
        "Re\u0301fe\u0301rence",
        "\u00a0Référence\u00a0",
        " « référence » ",
        "Ref.",
        "référence_client",
    ],
)
def test_case_accents_quotes_and_blanks_do_not_count(header: str) -> None:
    assert field_of(header, SETTINGS) == "reference"


def test_blanks_within_a_header_collapse() -> None:
    assert fold("  Code \t\u00a0 postal ") == "code postal"


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("E-mail", "email"),
        ("Courriel", "email"),
        ("Adresse e-mail", "email"),
        ("Tél. fixe", "phone"),
        ("Téléphone", "phone"),
        ("Tel portable", "mobile"),
        ("GSM", "mobile"),
        ("CP", "zipcode"),
        ("Né(e) le", "birth_date"),
        ("Complément d’adresse", "address2"),
        ("Raison sociale", "company"),
        ("Twitter id", "twitter_id"),
        ("état", "state"),
    ],
)
def test_what_exports_call_them_is_known(header: str, field: str) -> None:
    assert field_of(header, SETTINGS) == field


def test_an_account_names_its_own_fields() -> None:
    settings = AccountSettings(labels={"field01": "Code Fidélité", "field02": "Région", "field03": "Email"})

    assert field_of("code fidelite", settings) == "field01"
    assert field_of("région", settings) == "field02", "a label is stronger than an alias"
    assert field_of("Email", settings) == "email", "but not than a name of the documents"
    assert field_of("Champ 1", settings) == "field01"


def test_the_sample_of_the_document_is_understood() -> None:
    columns = map_columns(
        ["Référence ", "Civilité", "Prénom", "Nom", "Email", "Téléphone Fixe", ""], SETTINGS
    )

    assert columns.width == 7
    assert columns.positions["reference"] == 0
    assert columns.positions["phone"] == 5
    assert columns.unknown == ()


def test_unknown_headers_are_kept_for_the_report() -> None:
    columns = map_columns(["Email", "Pointure ", "", "dispatch"], SETTINGS)

    assert columns.unknown == ("Pointure", "dispatch")
    assert columns.positions == {"email": 0}


@pytest.mark.parametrize("marks", [["Ligne", "Code", "Motif"], ["LINE", "code", "Reason"]])
def test_the_columns_of_our_own_report_are_passed_over(marks: list[str]) -> None:
    columns = map_columns(["Email", "", *marks, ""], SETTINGS)

    assert columns.report_columns == (2, 3, 4)
    assert columns.unknown == ()


@pytest.mark.parametrize(
    "cells",
    [
        ["Email", "Ligne", "Code", "", "Motif"],
        ["Ligne", "Code", "Motif", "Email"],
        ["Email", "Ligne", "Code", "Reason"],
        ["Email", "Code", "Motif"],
    ],
)
def test_report_columns_count_only_when_all_three_end_the_line(cells: list[str]) -> None:
    assert map_columns(cells, SETTINGS).report_columns == ()


def test_a_file_without_any_known_header_is_refused() -> None:
    assert refusal(["Alice", "alice@example.fr"]) == (Reason.NO_KNOWN_HEADER, "Alice;alice@example.fr")


def test_two_headers_for_one_field_are_refused_by_name() -> None:
    assert refusal(["Email", "Nom", "Courriel "]) == (Reason.DUPLICATE_HEADER, "Email / Courriel")


def test_one_of_the_three_means_must_have_a_column() -> None:
    assert refusal(["Nom", "Prénom"]) == (Reason.MISSING_COLUMN, "Email / Téléphone Fixe / Mobile")


def test_the_reference_must_have_a_column_when_it_identifies() -> None:
    by_reference = AccountSettings(criterion=Criterion.REFERENCE)

    assert refusal(["Email"], by_reference) == (Reason.MISSING_COLUMN, "Référence")
    assert map_columns(["Email", "Ref"], by_reference).positions["reference"] == 1


@pytest.mark.parametrize(
    ("header", "separator", "shown"),
    [
        ("Email,Nom,Prénom", ";", "« , » / « ; »"),
        ('Email,"Nom","Prénom"', ";", "« , » / « ; »"),
        ("Email\tNom", ";", "« tab » / « ; »"),
        ("Email|Nom", ";", "« | » / « ; »"),
        ("Email;Nom", ",", "« ; » / « , »"),
    ],
)
def test_a_header_written_with_another_separator_is_recognised(
    header: str, separator: str, shown: str
) -> None:
    assert refusal([header, ""], AccountSettings(separator=separator)) == (Reason.WRONG_SEPARATOR, shown)


def test_a_wrong_separator_is_told_in_both_languages() -> None:
    refused = FileRefused(*refusal(["Email,Nom"]))

    assert str(refused) == "wrong separator (found / expected): « , » / « ; »"


@pytest.mark.parametrize("separator", [",", "\t", "|"])
@pytest.mark.parametrize(
    "header", ["Email{}Pointure", "Pointure{}Email{}Yeux", '"Email"{}"Pointure"', "x{}Email{}"]
)
def test_one_known_header_is_enough_to_recognise_a_wrong_separator(header: str, separator: str) -> None:
    reason, value = refusal([header.replace("{}", separator)])

    assert reason is Reason.WRONG_SEPARATOR
    assert value == ("« tab » / « ; »" if separator == "\t" else f"« {separator} » / « ; »")


def test_a_label_that_holds_a_comma_is_no_wrong_separator() -> None:
    settings = AccountSettings().changed({"field01": "Email, privé"})

    assert refusal(["Email, privé"], settings)[0] is Reason.MISSING_COLUMN


def test_a_single_column_is_no_wrong_separator() -> None:
    assert map_columns(["Email"], SETTINGS).positions == {"email": 0}


def test_ten_thousand_columns_are_refused_and_five_hundred_read() -> None:
    assert refusal(["Email"] * 10_000) == (Reason.TOO_MANY_HEADERS, "10000 > 500")
    assert map_columns(["Email", *(f"x{n}" for n in range(MAX_HEADERS - 1))], SETTINGS).width == MAX_HEADERS


# -------------------------------------------------------------------------------------- custom fields

OWN = {
    "extra01": CustomColumn("Shoe size", FieldType.NUMBER),
    "extra02": CustomColumn("age", FieldType.NUMBER),
    "extra03": CustomColumn("Age", FieldType.TEXT),
    "extra04": CustomColumn("Email", FieldType.TEXT),
    "extra05": CustomColumn("Portable", FieldType.TEXT),
    "extra06": CustomColumn("Magasin", FieldType.TEXT),
}


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Shoe size", "extra01"),
        ("shoe_size", "extra01"),
        ("custom_Shoe size", "extra01"),
        (" age ", "extra02"),
        ("Age", "extra03"),
        ("custom_Age", "extra03"),
        ("AGE", None),
        ("custom_", None),
        ("Email", "email"),
        ("custom_Email", "extra04"),
        ("Portable", "extra05"),
        ("magasin", "field01"),
        ("Champ 1", "field01"),
        ("extra01", None),
    ],
)
def test_a_header_may_name_a_custom_field_of_the_account(header: str, field: str | None) -> None:
    settings = AccountSettings(custom=OWN, labels={"field01": "Magasin"})

    assert field_of(header, settings) == field


def test_one_custom_field_twice_is_refused() -> None:
    reason, _ = refusal(["Email", "age", "custom_age"], AccountSettings(custom=OWN))

    assert reason is Reason.DUPLICATE_HEADER


def test_a_file_without_a_header_has_no_custom_fields() -> None:
    columns = map_first_line(
        ["M.", "Bob", "Roy", "b@example.com"], AccountSettings(custom=OWN), Header.ABSENT
    )

    assert set(columns.positions) <= set(DOCUMENTED_FIELDS)
