"""Which fields a template asks for, and by which names it may."""

from __future__ import annotations

import pytest

from postroom.contacts.fields import DOCUMENTED_FIELDS
from postroom.sending.content.names import OPTOUT, PREFERENCES, field_named
from tests.unit.sending.content.making import sms, template


@pytest.mark.parametrize("name", DOCUMENTED_FIELDS)
def test_every_field_is_known_by_its_column_and_as_the_api_writes_it(name: str) -> None:
    first, *others = name.split("_")
    camel = first + "".join(each.capitalize() for each in others)

    assert field_named(name) == name
    assert field_named(camel) == name
    assert field_named(name.upper()) == name


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("first", "first_name"),
        ("LAST", "last_name"),
        ("address_1", "address1"),
        ("address_2", "address2"),
        ("zip", "zipcode"),
        ("optoutlink", OPTOUT),
        ("PreferencesLink", PREFERENCES),
        ("custom_Size", "custom_Size"),
        ("custom_size", "custom_size"),
    ],
)
def test_other_names_are_known(name: str, field: str) -> None:
    assert field_named(name) == field


@pytest.mark.parametrize("name", ["", "nobody", "extra01", "first name", "firstname_", "CUSTOM_x", "items"])
def test_what_names_no_field_is_none(name: str) -> None:
    assert field_named(name) is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{{ first }} %%$last%% #city#", {"first_name", "last_name", "city"}),
        ("{{ first | default: last }}", {"first_name", "last_name"}),
        ("{% if company == 'x' or email contains '@' %}a{% endif %}b", {"company", "email"}),
        ("{% assign x = first %}{{ x }}", {"first_name"}),
        ("{% if a %}{% assign x = 1 %}{% endif %}{{ x }}", {"a"}),
        ("{% for row in items.r %}{{ row.a }}{{ forloop.index }}{% endfor %}b", set()),
        ("{% for row in duties %}{{ row.a }}{{ city }}{% endfor %}b", {"city"}),
        ("{% article duties %}{{ duty }}{{ city }}{% endarticle %}{{ duty }}", {"city", "duty"}),
        ("{{ nobody }} {{ custom_x }}", {"nobody", "custom_x"}),
        ("https://x.example/?a={{ reference }} #OPTOUTLINK#", {"reference", OPTOUT}),
        ("{% case city %}{% when state %}a{% else %}{{ fax }}{% endcase %}b", {"city", "state", "fax"}),
        ("{% unless phone %}a{% endunless %}b{{ 'now' | date: '%Y' }}", {"phone"}),
    ],
)
def test_a_template_knows_what_it_asks_for(text: str, names: set[str]) -> None:
    assert sms(text).names == names


def test_all_parts_of_a_mail_are_looked_at() -> None:
    html = '<title>{{ fax }}</title><p class="{{ state }}">{{ city }}</p><a href="{{ reference }}">x</a>'
    hidden = "<!--[if mso]>{{ company }}<![endif]-->"

    found = template(html + hidden, "{{ mobile }}", "{{ first }}").names

    assert found == {"fax", "state", "city", "reference", "company", "mobile", "first_name"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{{ foo }}", ["foo"]),
        ("{{ foo | upcase }} {{ city | append: bar }}", ["bar", "foo"]),
        ("{{ foo | default: 'you' }} {{ city }} #OPTOUTLINK#", []),
        ("{{ given }}", []),
        ("{% if foo %}{{ foo }}{% else %}{{ bar }}{% endif %}b", []),
        ("{% if city %}{{ foo }}{% elsif state %}{{ bar }}{% endif %}b", ["bar", "foo"]),
        ("{% if given %}{{ foo }}{% endif %}b", ["foo"]),
        ("{% unless foo %}{% if city %}{{ bar }}{% endif %}{% endunless %}b", []),
        ("{% assign foo = city %}{{ foo }}", []),
        ("{% for row in duties %}{{ row.a }}{{ foo }}{% endfor %}b", []),
        ("{% article duties %}{{ duty }}{% if city %}{{ foo }}{% endif %}{% endarticle %}b", []),
        ("https://x.example/?a={{ foo }}", ["foo"]),
    ],
)
def test_a_template_knows_which_values_nobody_can_have(text: str, names: list[str]) -> None:
    compiled = sms(text, defaults={"given": "x"})

    assert compiled.without_value(lambda name: field_named(name) is not None) == names
