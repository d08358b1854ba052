"""Fields in templates: by which names, in which spellings, and what happens where they have no value."""

from __future__ import annotations

import pytest

from postroom.contacts.campaigns import NotSentReason
from postroom.contacts.channels import Channel
from postroom.contacts.templates import Content, Variant
from postroom.sending.content import Person, compile_content
from tests.unit.sending.content.making import BARE, bob, made, said, sms, template, unmade


@pytest.mark.parametrize(
    "written",
    [
        *("{{ firstName }}", "{{ first_name }}", "{{ FIRSTNAME }}", "{{ first }}", "{{first}}"),
        *("%%$first%%", "%%$firstName%%", "%%first_name%%", "#firstName#", "#first#", "#FirstName#"),
    ],
)
def test_a_field_is_known_by_every_name_and_spelling(written: str) -> None:
    assert said(f"Bonjour {written} !") == "Bonjour Bob !"


def test_custom_fields_go_by_their_exact_names() -> None:
    person = bob({"custom_Size": "42", "custom_my size": "43"})

    assert (
        said("%%$custom_Size%% #custom_Size# {{ custom_Size }} %%$custom_my size%%", person) == "42 42 42 43"
    )
    assert unmade(sms("{{ custom_size }}"), person).reason is NotSentReason.PERSONALIZATION_MISSING


@pytest.mark.parametrize("text", ["#ffffff# 10%% 20%%", "#1# #nobody#", "100 %% sûr", "C# et D#"])
def test_what_only_looks_like_a_field_stays(text: str) -> None:
    assert said(text) == text


def test_a_field_without_value_keeps_the_message_back() -> None:
    found = unmade(sms("Bonjour {{ city }}"))

    assert found.reason is NotSentReason.PERSONALIZATION_MISSING
    assert found.detail == "city has no value"


@pytest.mark.parametrize("text", ["{{ city | upcase }}", "{{ first | append: city }}", "{{ row.nothing }}"])
def test_a_filter_does_not_hide_that_a_value_is_missing(text: str) -> None:
    assert unmade(sms(text)).reason is NotSentReason.PERSONALIZATION_MISSING


def test_a_default_stands_for_a_missing_value() -> None:
    assert said("{{ city | default: 'ici' }}") == "ici"
    assert said("#city# {{ City }}", defaults={"city": "là"}) == "là là"
    assert said("{{ firstName }}", bob({"first_name": ""}), defaults={"firstName": "toi"}) == "toi"


def test_a_condition_may_ask_for_a_missing_value() -> None:
    text = "{% if city %}de {{ city }}{% else %}d'ailleurs{% endif %}"

    assert said(text) == "d'ailleurs"
    assert said(text, bob({"city": "Lyon"})) == "de Lyon"
    assert said("{% unless city %}?{% endunless %}{% if city == 'Lyon' %}!{% endif %}") == "?"


@pytest.mark.parametrize(
    "name", ["http://evil.example", "WIN www.evil.example", "Gagnez sur evil-shop.com !"]
)
def test_a_name_that_would_show_as_a_link_is_no_name(name: str) -> None:
    person = bob({"first_name": name})

    assert unmade(sms("Bonjour {{ first }}"), person).reason is NotSentReason.PERSONALIZATION_MISSING
    assert said("Bonjour {{ first }}", person, defaults={"first": "toi"}) == "Bonjour toi"


@pytest.mark.parametrize("name", ["St.John", "J.-P. de Vries", "O'Neil Jr.", "Zoé"])
def test_unusual_names_are_names(name: str) -> None:
    assert said("{{ first }}", bob({"first_name": name})) == name


VARIANTS = {"fr": Variant(text="Bonjour"), "en": Variant(text="Hello")}


@pytest.mark.parametrize(("language", "text"), [("fr", "Bonjour"), ("en-GB", "Hello"), ("EN", "Hello")])
def test_everybody_is_written_to_in_their_language(language: str, text: str) -> None:
    found = made(compile_content(Content(Channel.SMS, VARIANTS)), Person(1, {}, language))

    assert (found.text, found.language) == (text, language[:2].lower())


@pytest.mark.parametrize("language", [None, "", "de"])
def test_nobody_is_written_to_in_a_language_that_is_not_theirs(language: str | None) -> None:
    found = unmade(compile_content(Content(Channel.SMS, VARIANTS)), Person(1, {}, language))

    assert found.reason is NotSentReason.LANGUAGE_MISSING


def test_a_variant_for_everybody_is_for_everybody_else() -> None:
    compiled = compile_content(Content(Channel.SMS, {**VARIANTS, "": Variant(text="Hi")}))

    assert made(compiled, Person(1, {}, "de")).text == "Hi"
    assert made(compiled, Person(1, {}, None)).language == ""


DUTIES = [{"duty": "Dishes", "day": "Mon"}, {"duty": "Floor", "day": ""}]


def test_rows_of_a_message_are_looped_over() -> None:
    text = "{% for row in items.duties %}{{ forloop.index }} {{ row.duty }}; {% endfor %}"

    assert said(text, bob(duties=DUTIES)) == "1 Dishes; 2 Floor; "
    assert said(text.replace("items.", ""), bob(duties=DUTIES)) == "1 Dishes; 2 Floor; "


def test_an_article_has_the_columns_of_its_row_by_their_names() -> None:
    text = "{% article duties %}%%$duty%% for {{ first }}{% if forloop.first %}, {% endif %}{% endarticle %}"

    assert said(text, bob(duties=DUTIES)) == "Dishes for Bob, Floor for Bob"


def test_a_message_without_rows_has_empty_loops() -> None:
    assert said("a{% for row in items.duties %}x{% endfor %}{% article duties %}y{% endarticle %}b") == "ab"


def test_an_empty_column_is_a_missing_value() -> None:
    found = unmade(sms("{% article duties %}{{ day }}{% endarticle %}"), bob(duties=DUTIES))

    assert found.reason is NotSentReason.PERSONALIZATION_MISSING


def test_rows_do_not_outlive_their_loop_and_fields_win_over_blocks() -> None:
    after = unmade(sms("{% article duties %}{% endarticle %}{{ duty }}"), bob(duties=DUTIES))

    assert after.detail == "duty has no value"
    assert said("{{ first_name }}", bob(first_name=DUTIES)) == "Bob"


@pytest.mark.parametrize(
    ("text", "said_"),
    [
        ("{{ first | upcase | append: '!' }}", "BOB!"),
        ("{{ 'a,b' | split: ',' | join: ' et ' }}", "a et b"),
        ("{{ 7 | divided_by: 2 }} {{ '7.5' | times: 2 }} {{ 10 | minus: 0.5 | round }}", "3 15 10"),
        ("{{ '2026-03-07' | date: '%A %-d %B %Y' }}", "samedi 7 mars 2026"),
        ("{{ '2026-03-07T09:05:00' | date: '%d/%m/%y %H:%M %q %%' }}", "07/03/26 09:05 %q %"),
        ("{{ 'Lorem ipsum dolor' | truncate: 10 }} {{ 'a b c d' | truncatewords: 2 }}", "Lorem i... a b..."),
        ("{% assign n = first | size %}{{ n }}{% case n %}{% when 3 %} trois{% endcase %}", "3 trois"),
        ("{% for i in (1..3) %}{{ i }}{% if i == 2 %}{% break %}{% endif %}{% endfor %}", "12"),
        ("{% raw %}{{ first }}{% endraw %}{% comment %}{{ no }}{% endcomment %}{% # no %}", "{{ first }}"),
        ("a  {{- first -}}  b", "aBobb"),
        ("{{ first | escape | url_encode }}", "Bob"),
    ],
)
def test_liquid_is_spoken(text: str, said_: str) -> None:
    assert said(text) == said_


def test_dates_are_said_in_the_language_of_the_message() -> None:
    text = "{{ '2026-03-07' | date: '%a %-d %b' }}"

    assert said(text, bob(language="en")) == "Sat 7 Mar"
    assert said(text, bob(language=None)) == "sam. 7 mars"


@pytest.mark.parametrize(
    "text", ["{{ first | times: 2 }}", "{{ 1 | divided_by: 0 }}", "{{ first | date: '%d' }}"]
)
def test_what_cannot_be_done_with_a_value_keeps_the_message_back(text: str) -> None:
    assert unmade(sms(text)).reason is NotSentReason.PERSONALIZATION_ERROR


def test_a_message_that_says_nothing_is_not_sent() -> None:
    assert unmade(sms("{% if city %}Bonjour{% endif %}")).reason is NotSentReason.PERSONALIZATION_ERROR


def test_what_a_person_is_told_is_never_read_as_a_template() -> None:
    person = bob({"first_name": "{{ email }}{% assign x = 1 %}%%$city%%#city#", "email": "bob@mail.example"})

    assert said("{{ first }}", person) == "{{ email }}{% assign x = 1 %}%%$city%%#city#"
    assert "bob@mail.example" not in made(template("<p>{{ first }}</p>"), person, BARE).html
