"""Which fields a program asks for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, cast

from liquid import RenderContext
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.tags.for_tag import ForNode
from liquid.expression import Expression

from postroom.sending.content.language import ArticleNode, OutputNode
from postroom.sending.content.names import ITEMS, field_named

_OTHERS: Final = frozenset({"forloop", "now", "today", ITEMS})
_DEFAULT: Final = "default"
_NO_CONTEXT: Final = cast(RenderContext, None)


@dataclass(frozen=True, slots=True)
class Demand:
    """A name whose value a message needs, and the names that the conditions around it ask for."""

    name: str
    guards: frozenset[str]


@dataclass(frozen=True, slots=True)
class Named:
    """What a program names: the fields and links of ours, as we call them, and other names as written.

    Names that the program gives itself are none, nor are blocks of rows, nor what may be a column of an
    article's rows, unless a field is called so. `demands` are those that it puts out without a default, but
    in no loop: loops are over rows of items, and without any they have no turn.
    """

    names: frozenset[str]
    demands: frozenset[Demand]


def named_in(nodes: Iterable[Node]) -> Named:
    """Return what a program names."""
    walk = _Walk()
    walk.over(nodes, _OTHERS, within_rows=False)
    return Named(frozenset(walk.found), frozenset(walk.demanded))


class _Walk:
    """Goes through a program from its beginning to its end."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self.demanded: set[Demand] = set()
        self._assigned: set[str] = set()

    def over(
        self,
        nodes: Iterable[Node],
        given: frozenset[str],
        *,
        within_rows: bool,
        guards: frozenset[str] | None = frozenset(),
    ) -> None:
        """Note what the nodes name; `guards` are asked by the conditions around, None stands for a loop."""
        for node in nodes:
            loops = isinstance(node, (ArticleNode, ForNode))
            named: set[str] = set()
            for expression in node.expressions():
                _names(expression, named)
            strange = named - given - self._assigned
            for name in strange:
                ours = field_named(name)
                if ours is not None or not (within_rows or loops):
                    self.found.add(ours or name)
            if isinstance(node, OutputNode) and guards is not None:
                wanted = {field_named(each) or each for each in _put_out(node) & strange}
                self.demanded |= {Demand(each, guards) for each in wanted}
            self._assigned |= {str(each) for each in node.template_scope()}
            inside = given | {str(each) for each in node.block_scope()}
            rows = within_rows or isinstance(node, ArticleNode)
            around = (
                None if loops or guards is None else guards | {field_named(each) or each for each in named}
            )
            children = node.children(_NO_CONTEXT, include_partials=False)
            self.over(children, inside, within_rows=rows, guards=around)


def _put_out(node: OutputNode) -> set[str]:
    """Return the names whose values an output needs: none where it has a default."""
    named: set[str] = set()
    for expression in node.expressions():
        filters = expression.filters if isinstance(expression, FilteredExpression) else None
        if not any(each.name == _DEFAULT for each in filters or ()):
            _names(expression, named)
    return named


def _names(expression: Expression, named: set[str]) -> None:
    if isinstance(expression, Path) and expression.path and isinstance(expression.path[0], str):
        named.add(expression.path[0])
    for each in expression.children():
        _names(each, named)
