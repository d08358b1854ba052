"""The part of docs/flows.md that the catalogue writes: each flow with its columns and an example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from postroom.dialects.flows.columns import Kind
from postroom.outflow.catalogue import FLOWS, flow_named
from postroom.outflow.columns import ANYWHERE, INTERACTION, NO_INTERACTION, FlowColumn
from postroom.outflow.flow import Flow

SURVEY: Final = "SURVEY_taste"
BEGIN: Final = "<!-- What follows is written by the catalogue: tests/acceptance/flows_page.py -->\n"

_KINDS: Final = {
    Kind.TEXT: "text",
    Kind.INTEGER: "integer",
    Kind.DECIMAL: "decimal",
    Kind.BOOLEAN: "`true`, `false`",
    Kind.DATE: "date",
    Kind.MOMENT: "moment",
    Kind.MULTI: "several texts",
}
_BLOCKS: Final[Sequence[tuple[str, tuple[FlowColumn, ...]]]] = (
    ("Of interactions", INTERACTION),
    ("Of goals", ANYWHERE),
    ("Of all else", NO_INTERACTION),
)


def shown_flows() -> list[Flow]:
    """Return the flows in the order of the page; of surveys one for all."""
    return [*FLOWS, flow_named(SURVEY, ["age", "colour"])]


def section(examples: Mapping[str, str]) -> str:
    """Return the whole part; `examples` are the files, by the names of their flows."""
    return "\n".join([*_index(), *_blocks(), *_flows(examples)])


def _index() -> Iterator[str]:
    yield "## Every flow"
    yield ""
    yield (
        "Those marked + are extras, beside the 25 standard flows. Of surveys there is one flow each:"
        f" `SURVEY_` and the name of the survey, such as `{SURVEY}`."
    )
    yield ""
    yield "| flow | | a row: |"
    yield "|---|---|---|"
    for flow in shown_flows():
        extra = " +" if flow.is_extra else ""
        yield f"| [`{_name(flow)}`](#{_anchor(flow)}){extra} | {_title(flow)} | {flow.about} |"
    yield ""


def _blocks() -> Iterator[str]:
    yield "## With what every flow begins"
    yield ""
    yield "A column with ! is never empty."
    yield ""
    for title, block in _BLOCKS:
        yield f"{title}: {', '.join(_headed(each) for each in block)}."
        yield ""
    yield from _table(ANYWHERE)


def _flows(examples: Mapping[str, str]) -> Iterator[str]:
    for flow in shown_flows():
        yield f"### {_name(flow)}"
        yield ""
        yield f"{_title(flow)}. A row: {flow.about}. {_beginning(flow)}"
        yield ""
        yield from _table(_own(flow))
        yield "```csv"
        yield examples[flow.flow_id].rstrip("\n")
        yield "```"
        yield ""


def _table(columns: Sequence[FlowColumn]) -> Iterator[str]:
    yield "| column | holds | means |"
    yield "|---|---|---|"
    for each in columns:
        yield f"| `{each.name}`{'!' if each.never_null else ''} | {_holds(each)} | {_about(each)} |"
    yield ""


def _about(each: FlowColumn) -> str:
    if not each.values:
        return each.about
    return f"{each.about} {', '.join(f'`{value}`' for value in each.values)}"


def _holds(each: FlowColumn) -> str:
    kind = _KINDS[each.column.kind]
    if each.values:
        return "a value of"
    return f"{kind}, {each.column.length}" if each.column.length else kind


def _block_of(flow: Flow) -> tuple[FlowColumn, ...]:
    for _, block in _BLOCKS:
        if flow.columns[: len(block)] == block:
            return block
    return ()


def _own(flow: Flow) -> Sequence[FlowColumn]:
    return flow.columns[len(_block_of(flow)) :]


def _beginning(flow: Flow) -> str:
    block = _block_of(flow)
    if not block:
        return "All its columns:"
    (title,) = (title for title, each in _BLOCKS if each == block)
    return f"It begins as those {title[0].lower()}{title[1:]}, then come:"


def _headed(each: FlowColumn) -> str:
    return f"`{each.name}`{'!' if each.never_null else ''}"


def _name(flow: Flow) -> str:
    return "SURVEY_NAME" if flow.flow_id == SURVEY else flow.flow_id


def _anchor(flow: Flow) -> str:
    return _name(flow).lower()


def _title(flow: Flow) -> str:
    return "One survey" if flow.flow_id == SURVEY else flow.title
