"""Which fields a program asks for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, cast

from liquid import RenderContext
from liquid.ast import Node
from liquid.builtin.expressions import Path
from liquid.builtin.tags.for_tag import ForNode
from liquid.expression import Expression

from postroom.sending.content.language import ArticleNode
from postroom.sending.content.names import ITEMS, field_named

_OTHERS: Final = frozenset({"forloop", "now", "today", ITEMS})
_NO_CONTEXT: Final = cast(RenderContext, None)


def names_in(nodes: Iterable[Node]) -> frozenset[str]:
    """Return the fields and links of ours that a program names, as we call them, and other names as written.

    Names that the program gives itself are none, nor are blocks of rows, nor what may be a column of an
    article's rows, unless a field is called so.
    """
    walk = _Walk()
    walk.over(nodes, _OTHERS, within_rows=False)
    return frozenset(walk.found)


class _Walk:
    """Goes through a program from its beginning to its end."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self._assigned: set[str] = set()

    def over(self, nodes: Iterable[Node], given: frozenset[str], *, within_rows: bool) -> None:
        for node in nodes:
            loops = isinstance(node, (ArticleNode, ForNode))
            named: set[str] = set()
            for expression in node.expressions():
                _names(expression, named)
            for name in named - given - self._assigned:
                ours = field_named(name)
                if ours is not None or not (within_rows or loops):
                    self.found.add(ours or name)
            self._assigned |= {str(each) for each in node.template_scope()}
            inside = given | {str(each) for each in node.block_scope()}
            rows = within_rows or isinstance(node, ArticleNode)
            self.over(node.children(_NO_CONTEXT, include_partials=False), inside, within_rows=rows)


def _names(expression: Expression, named: set[str]) -> None:
    if isinstance(expression, Path) and expression.path and isinstance(expression.path[0], str):
        named.add(expression.path[0])
    for each in expression.children():
        _names(each, named)
