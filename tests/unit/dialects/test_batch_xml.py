"""XML batches: blocks and records as they come, strictly well-formed, in any declared encoding."""

from __future__ import annotations

import pytest

from postroom.contacts.commands import BatchRefused, Finding, Kind, Run, Step
from postroom.contacts.verdicts import Verdict
from tests.unit.dialects.batches import findings, opened, records, refusal

DECLARED = '<?xml version="1.0" encoding="utf-8"?>'


def transaction(commands: str, header: str = "", declaration: str = DECLARED) -> str:
    login = "<realm>alice</realm><password>hidden</password>"
    return f"{declaration}<transaction>\n{login}{header}\n{commands}</transaction>"


def steps(commands: str, header: str = "") -> list[Step]:
    return list(opened(transaction(commands, header), "march.xml").steps)


def block(kind: str, arguments: str, *contents: str) -> str:
    written = "".join(f"<record>{content}</record>\n" for content in contents)
    return f"<command><type>{kind}</type>{arguments}{written}</command>\n"


ALICE, BOB = "<email>alice@example.com</email>", "<email>bob@example.com</email>"


@pytest.mark.parametrize(
    ("kind", "arguments", "meant"),
    [
        ("subscribe", "<list_id>5</list_id>", Kind.SUB),
        ("unsubscribe", "<list_id>5</list_id>", Kind.UNSUB),
        ("save", "", Kind.SAVE),
        ("delete", "", Kind.DELETE),
        ("send", "<list_id>5</list_id><template_id>1</template_id>", Kind.SEND),
        (" Save\n", "", Kind.SAVE),
    ],
)
def test_six_types_of_commands_have_a_form_in_xml(kind: str, arguments: str, meant: Kind) -> None:
    (run,) = steps(block(kind, arguments, ALICE))

    assert isinstance(run, Run)
    assert run.command.kind is meant


@pytest.mark.parametrize("kind", ["smartsub", "relationalsave", "customfieldcreate", "change", "update"])
def test_other_commands_have_none(kind: str) -> None:
    assert findings(steps(block(kind, "", ALICE))) == [("UNKNOWN_COMMAND", kind)]


def test_records_of_a_block_know_their_line_and_their_place() -> None:
    (run,) = steps(block("save", "\n", ALICE, BOB) + block("save", "", ALICE))

    assert isinstance(run, Run)
    places = [(record.line, record.number, record.ordinal) for record in run.records]
    assert places == [(4, 1, 1), (5, 2, 1), (7, 1, 2)]


@pytest.mark.parametrize(
    ("key", "field"),
    [
        ("force_subscribe", "force_sub"),
        ("force_sub", "force_sub"),
        ("verbose", "verbose"),
        ("universal", "universal"),
        ("global", "everywhere"),
        ("force_optout", "force_optout"),
        ("allow_duplicates", "allow_duplicates"),
    ],
)
def test_flags_are_elements_of_the_transaction(key: str, field: str) -> None:
    header = opened(transaction("", f"<{key}> true </{key}>"), "march.xml").header

    assert getattr(header, field) is True


def test_an_empty_element_is_an_empty_value() -> None:
    (run,) = steps(block("save", "", f"{ALICE}<first/><last></last><zip> \n </zip>"))

    assert isinstance(run, Run)
    assert run.records[0].values == ("alice@example.com", "", "", "")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("A &amp; B", "A & B"),
        ("<![CDATA[<b>A & B</b>]]>", "<b>A & B</b>"),
        ("&#233;&#x20AC;", "é€"),
        ("A<!-- no -->B", "AB"),
        ("A<?no no?>B", "AB"),
        ("A%20B+C^D", "A%20B+C^D"),
        ("A<b>B</b>C", "A"),
        (' "A" ', '"A"'),
    ],
)
def test_a_value_is_the_text_of_its_element(written: str, read: str) -> None:
    assert records(steps(block("save", "", f"{ALICE}<company>{written}</company>"))) == [
        ("alice@example.com", read)
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", ("MISSING_FIELD", "email")),
        ("<first>Alice</first>", ("MISSING_FIELD", "email")),
        (ALICE + BOB, ("REPEATED_FIELD", "email")),
        (f"{ALICE}<EMAIL>x</EMAIL>", ("REPEATED_FIELD", "email")),
        (ALICE + "".join(f"<c{n}>1</c{n}>" for n in range(501)), ("TOO_BIG", "> 500")),
        (f"{ALICE}<{'x' * 257}/>", ("TOO_BIG", "> 256")),
    ],
)
def test_a_record_that_cannot_be_read_fails_alone(content: str, told: tuple[str, str]) -> None:
    found = steps(block("save", "", BOB, content, BOB))

    assert findings(found) == [told]
    assert [values[0] for values in records(found)] == ["bob@example.com"] * 2
    assert [step.number for step in found if isinstance(step, Finding)] == [2]


def test_item_blocks_are_kept_for_a_message_and_for_nothing_else() -> None:
    items = '<items name="duties"><row><column name="duty">Desk</column></row><row/></items>'
    send = "<list_id>5</list_id><template_id>1</template_id>"

    (run,) = steps(block("send", send, ALICE + items + items))
    assert isinstance(run, Run)
    assert run.records[0].items == ({"name": "duties", "rows": [{"duty": "Desk"}, {}]},) * 2

    found = steps(block("save", "", ALICE + items))
    assert findings(found) == [("UNKNOWN_FIELD", "items")]
    assert records(found) == [("alice@example.com",)]


def test_a_campaign_is_named_one_deeper() -> None:
    send = "<list_id>5</list_id><template_id>1</template_id><campaign><name>May</name></campaign>"
    (run,) = steps(block("send", send, ALICE))

    assert isinstance(run, Run)
    assert run.command.argument("campaign_name") == "May"


def test_commands_and_records_deeper_down_are_no_commands_and_records() -> None:
    inner = f"<command><type>delete</type><record>{BOB}</record></command>"
    found = steps(block("save", "", ALICE + inner) + f"<other>{inner}</other>")

    assert [values[0] for values in records(found)] == ["alice@example.com"]
    assert findings(found) == [("NOT_A_COMMAND", "other")]


# ---------------------------------------------------------------------------------- what is not well-formed


@pytest.mark.parametrize(
    ("commands", "value"),
    [
        ("<command><type>save</typo></command>", "3:27 tag name mismatch"),
        ("<command a=1/>", "3:12 attribute not started"),
        ("<command a='1' a='2'/>", "3:21 attribute redefined"),
        ("A & B", "3:4 name required"),
        ("<command>&what;</command>", "3:16 undeclared entity"),
        ("<command>\x01</command>", "3:10 invalid char"),
        ("</transaction><transaction>", "3:15 document end"),
    ],
)
def test_xml_that_is_not_well_formed_is_refused_with_line_and_column(commands: str, value: str) -> None:
    finding = refusal(transaction(commands), "march.xml")

    assert (finding.verdict, finding.line, finding.value) == (Verdict.NOT_WELL_FORMED, 3, value)


def test_what_shows_late_is_refused_late() -> None:
    many = block("save", "", *[f"{ALICE}<first>Alice {'x' * 300}</first>"] * 60_000)
    batch = opened(transaction(f"{many}<oops>"), "march.xml")

    assert isinstance(next(batch.steps), Run)
    with pytest.raises(BatchRefused) as refused:
        list(batch.steps)
    assert refused.value.finding.line > 60_000


def test_a_message_of_the_parser_quotes_nothing_of_the_file() -> None:
    login = "<transaction><realm>alice</realm><password>hidden&hidden;</password>"

    assert "hidden" not in str(refusal(f"{DECLARED}{login}</transaction>", "march.xml"))


@pytest.mark.parametrize("root", ["html", "Transaction", "transactions", "t:transaction xmlns:t='x'"])
def test_another_root_is_no_batch(root: str) -> None:
    sent = f"{DECLARED}<{root}><realm>alice</realm></{root.split(maxsplit=1)[0]}>"

    assert refusal(sent, "march.xml").verdict is Verdict.NOT_A_BATCH


# --------------------------------------------------------------------------------------------- encodings


@pytest.mark.parametrize(
    ("declared", "encoding", "text"),
    [
        ("utf-8", "utf-8", "été 日本"),
        ("UTF-8", "utf-8-sig", "été 日本"),
        ("utf-16", "utf-16", "été 日本"),
        ("UTF-16LE", "utf-16-le", "été 日本"),
        ("utf-16", "utf-16-be", "été 日本"),
        ("iso-8859-1", "cp1252", "été “€”"),
        ("ISO-8859-15", "iso8859-15", "été €"),
        ("windows-1251", "cp1251", "лето"),
        ("koi8-r", "koi8-r", "лето"),
        ("Shift_JIS", "shift_jis", "日本 表"),
        ("EUC-JP", "euc_jp", "日本"),
        ("gb18030", "gb18030", "中国 €"),
        ("Big5", "big5", "中國"),
        ("us-ascii", "ascii", "ete"),
        ("macintosh", "mac-roman", "été"),
    ],
)
def test_any_standard_encoding_may_be_declared(declared: str, encoding: str, text: str) -> None:
    declaration = f"<?xml version='1.0' encoding='{declared}'?>"
    sent = transaction(block("save", "", f"{ALICE}<first>{text}</first>"), declaration=declaration)

    found = list(opened(sent.encode(encoding), "march.xml").steps)

    assert records(found) == [("alice@example.com", text)]


@pytest.mark.parametrize("declaration", ["", '<?xml version="1.0"?>\n', "\n \n"])
def test_undeclared_is_western_european(declaration: str) -> None:
    sent = transaction(block("save", "", f"{ALICE}<first>José “€”</first>"), declaration=declaration)

    assert records(list(opened(sent.encode("cp1252"), "march.xml").steps)) == [
        ("alice@example.com", "José “€”")
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_undeclared_goes_by_its_first_bytes_when_they_tell(encoding: str) -> None:
    sent = transaction(block("save", "", f"{ALICE}<first>日本</first>"), declaration="")

    assert records(list(opened(sent.encode(encoding), "march.xml").steps)) == [("alice@example.com", "日本")]
