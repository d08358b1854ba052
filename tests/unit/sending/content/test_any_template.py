"""Whatever a template says, it is refused, or there is a message, or a reason for none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.errors import Refused
from postroom.sending.content import Compiled, Person, Rendered, Unsendable
from postroom.sending.content.filters import FILTERS
from tests.unit.sending.content.making import AROUND, bob, made, said, sms, template

NAMES = st.sampled_from(["first", "city", "row.a", "row", "x", "items.r", "custom_x", "nobody", "OPTOUTLINK"])
VALUES = NAMES | st.sampled_from(["'a'", "''", "1", "-2.5", "nil", "true", "(1..3)", "empty", "'2026-03-07'"])
FILTERED = st.builds(
    lambda value, filters: " | ".join([value, *filters]),
    VALUES,
    st.lists(
        st.builds(
            lambda name, arguments: f"{name}: {', '.join(arguments)}" if arguments else name,
            st.sampled_from(sorted(FILTERS)),
            st.lists(VALUES.filter(lambda value: ".." not in value), max_size=2),
        ),
        max_size=2,
    ),
)
CONDITIONS = st.builds(
    lambda left, operator, right: f"{left} {operator} {right}",
    VALUES,
    st.sampled_from(["==", "!=", "<", ">=", "contains", "and", "or"]),
    VALUES,
)
LEAVES = (
    st.sampled_from(["a ", "<b>", "</b>", "<p>", "<br>", "\n", "&amp;", "https://a.example/", "#first#", "é"])
    | FILTERED.map(lambda expression: f"{{{{ {expression} }}}}")
    | FILTERED.map(lambda expression: f"{{% assign x = {expression} %}}")
    | FILTERED.map(
        lambda expression: f'<a href="{{{{ {expression} }}}}" title="{{{{ {expression} }}}}">x</a>'
    )
    | st.sampled_from(["{% break %}", "{% else %}", "{{", "%}", "{% endif %}", "%%$city%%"])
)


def _blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    bodies = st.lists(inner, max_size=3).map("".join)
    return (
        st.builds(lambda condition, body: f"{{% if {condition} %}}{body}{{% endif %}}", CONDITIONS, bodies)
        | st.builds(
            lambda condition, yes, no: f"{{% unless {condition} %}}{yes}{{% else %}}{no}{{% endunless %}}",
            CONDITIONS,
            bodies,
            bodies,
        )
        | bodies.map(lambda body: f"{{% for row in items.r %}}{body}{{% endfor %}}")
        | bodies.map(lambda body: f"{{% article r %}}{body}{{% endarticle %}}")
        | st.builds(
            lambda value, body: f"{{% case {value} %}}{{% when 'a', 1 %}}{body}{{% endcase %}}",
            VALUES,
            bodies,
        )
    )


TEMPLATES = st.lists(st.recursive(LEAVES, _blocks, max_leaves=8), max_size=6).map("".join)
PEOPLE = st.builds(
    lambda first, city, custom, rows: bob(
        {"first_name": first, "city": city, "custom_x": custom}, r=[{"a": each} for each in rows]
    ),
    st.text(max_size=10) | st.none(),
    st.text(max_size=10) | st.none(),
    st.text(max_size=10) | st.none(),
    st.lists(st.text(max_size=5), max_size=3),
)


def ends(compiled: Compiled, person: Person) -> None:
    found = compiled.render(person, AROUND)
    if isinstance(found, Rendered):
        assert (found.html or found.text).strip()
        assert "\n" not in found.subject
    else:
        assert isinstance(found, Unsendable)
        assert found.detail
        assert "\n" not in found.detail


@given(TEMPLATES, PEOPLE)
def test_a_page_is_refused_or_made_or_not(written: str, person: Person) -> None:
    try:
        compiled = template(f"<div>{written}</div>", subject="x")
    except Refused as refused:
        assert ":" in refused.message  # noqa: PT017  # whether it is raised is not known
    else:
        ends(compiled, person)


@given(TEMPLATES, PEOPLE)
def test_a_text_is_refused_or_made_or_not(written: str, person: Person) -> None:
    try:
        compiled = sms(f".{written}")
    except Refused as refused:
        assert ":" in refused.message  # noqa: PT017  # whether it is raised is not known
    else:
        ends(compiled, person)


@given(TEMPLATES)
def test_the_same_template_has_the_same_links_each_time(written: str) -> None:
    html = f'<a href="https://a.example/">x</a>{written}'
    try:
        first = template(html)
    except Refused:
        return

    assert template(html).links == first.links
    assert [each.link_id for each in first.links] == list(range(1, len(first.links) + 1))


@given(st.sampled_from(["first", "firstName", "city", "custom_x"]), PEOPLE)
def test_every_spelling_of_a_field_says_the_same(name: str, person: Person) -> None:
    ways = [f"[{{{{ {name} }}}}]", f"[%%${name}%%]", f"[%%{name}%%]", f"[#{name}#]"]

    found = {repr(sms(way).render(person, AROUND)) for way in ways}

    assert len(found) == 1


@pytest.mark.parametrize("number", range(3))
def test_threads_may_share_a_template(number: int) -> None:
    page = template(
        "{% assign n = first | append: '!' %}<p>{{ n }}</p>{% for r in items.r %}{{ r.a }}{% endfor %}"
        '<a href="https://a.example/?n={{ first }}">x</a>',
        subject="{{ first }}",
    )
    people = [bob({"first_name": f"Bob{each}"}, r=[{"a": str(each)}] * 3) for each in range(60)]

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda person: made(page, person, AROUND), people))

    for person, each in zip(people, found, strict=True):
        assert each.subject == person.fields["first_name"]
        assert f"<p>{each.subject}!</p>" in each.html
    assert number in range(3)


def test_a_message_leaves_nothing_for_the_next() -> None:
    compiled = sms("{% if city %}{% assign x = city %}{% endif %}{{ x | default: 'none' }}")

    assert made(compiled, bob({"city": "Lyon"})).text == "Lyon"
    assert made(compiled, bob()).text == "none"
    assert said("{{ x | default: 'none' }}") == "none"
