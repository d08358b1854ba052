"""Liquid as our templates speak it: python-liquid with few tags, own outputs, and every loop counted.

A program is made of tokens that we write ourselves: nothing of a template's text, and no value, is ever read
as Liquid again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Final, TextIO, cast

from liquid import Environment
from liquid.ast import BlockNode, Node
from liquid.builtin.content import ContentNode, Literal
from liquid.builtin.expressions import FilteredExpression, LoopExpression, Path, tokenize
from liquid.builtin.illegal import Illegal
from liquid.builtin.output import Output
from liquid.builtin.tags.assign_tag import AssignNode, AssignTag
from liquid.builtin.tags.case_tag import CaseTag
from liquid.builtin.tags.for_tag import BreakTag, ContinueTag, ForLoop, ForNode, ForTag
from liquid.builtin.tags.if_tag import IfTag
from liquid.builtin.tags.unless_tag import UnlessTag
from liquid.context import RenderContext
from liquid.exceptions import BreakLoop, ContinueLoop, LiquidValueError
from liquid.expression import Expression
from liquid.parser import get_parser
from liquid.stream import TokenStream
from liquid.tag import Tag
from liquid.token import TOKEN_EXPRESSION, TOKEN_TAG, Token

from postroom.sending.content.context import Buffer, Context, OwnLink, text_of
from postroom.sending.content.escaping import (
    IMAGE_SCHEMES,
    LINK_SCHEMES,
    TRACKED_SCHEMES,
    clean_url,
    in_html,
    in_line,
    in_style,
    in_text,
    in_url,
    scheme_of,
)
from postroom.sending.content.filters import FILTERS
from postroom.sending.content.words import opt_out_words, preference_words

OUT: Final = "#out-"
"""Tags of outputs begin so, as no tag of a template can; the place follows."""
LINK: Final = "#link-"
END_LINK: Final = "#end"

_STATIC_PER_STEP: Final = 200
_LONGEST_TOLD: Final = 60
"""Characters of a URL that an error quotes."""


def _link_in_html(link: OwnLink, context: Context) -> str:
    """Return a whole link where ours stands in running text."""
    say = preference_words if link == context.around.preferences else opt_out_words
    return f'<a href="{escape(link)}">{escape(say(context.language))}</a>'


_WRITERS: Final[Mapping[str, Callable[[str], str]]] = {
    "html": in_html,
    "attribute": in_html,
    "text": in_text,
    "line": in_line,
    "style": in_style,
}


class OutputNode(Node):
    """A value, written as the place where it stands demands."""

    __slots__ = ("_expression", "_name", "_place", "_write")

    def __init__(self, token: Token, expression: Expression, place: str) -> None:
        """Write the value of `expression` as `_WRITERS` has it for a place."""
        super().__init__(token)
        self.blank = False
        self._expression = expression
        self._name = _name_alone(expression)
        self._place = place
        self._write = _WRITERS[place]

    def expressions(self) -> Iterable[Expression]:
        """Return what is written."""
        return [self._expression]

    def value(self, context: RenderContext) -> object:
        """Return the value; most are fields by their names, which need no evaluation."""
        if self._name:
            try:
                return context.scope[self._name]
            except KeyError:
                pass
        return self._expression.evaluate(context)

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Write the value."""
        value = self.value(context)
        if type(value) is not str:
            if isinstance(value, OwnLink) and self._place == "html":
                return buffer.write(_link_in_html(value, cast(Context, context)))
            value = text_of(value)
        return buffer.write(self._write(value))


def _name_alone(expression: Expression) -> str | None:
    if isinstance(expression, FilteredExpression) and not expression.filters:
        left = expression.left
        if isinstance(left, Path) and len(left.path) == 1 and isinstance(left.path[0], str):
            return left.path[0]
    return None


class UrlOutputNode(OutputNode):
    """A value within a URL, written as what stands before it there demands."""

    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Write the value."""
        value = text_of(self.value(context))
        return buffer.write(in_url(value, cast(Buffer, buffer).getvalue()))


class OutputTag(Tag):
    """Outputs in one kind of place."""

    block = False

    def __init__(self, env: Environment, place: str) -> None:
        """Make outputs for a place."""
        super().__init__(env)
        self.place = place

    def parse(self, stream: TokenStream) -> Node:
        """Return the output at the head of the stream."""
        token = stream.eat(TOKEN_TAG)
        inside = stream.expect(TOKEN_EXPRESSION)
        tokens = TokenStream(tokenize(inside.value, inside))
        expression = _known(self.env, FilteredExpression.parse(self.env, tokens))
        if self.place == "url":
            return UrlOutputNode(token, expression, "text")
        return OutputNode(token, expression, self.place)


def _known(env: Environment, expression: Expression) -> Expression:
    """Return an expression whose filters there are; raise UnknownFilterError for another."""
    if isinstance(expression, FilteredExpression):
        for each in expression.filters or ():
            each.validate_filter_arguments(env)
    return expression


class AssigningTag(AssignTag):
    """`{% assign name = value %}`."""

    def parse(self, stream: TokenStream) -> AssignNode:
        """Return the assignment at the head of the stream."""
        node = super().parse(stream)
        _known(self.env, node.expression)
        return node


class LinkNode(Node):
    """A URL: checked, tracked when it has a number, and written for HTML or for text."""

    __slots__ = ("_block", "_checked", "_html", "_link_id", "_schemes")

    def __init__(self, token: Token, shape: str, link_id: int, block: BlockNode) -> None:
        """Write the URL that `block` makes; `shape` is `html`, `text` or `image`; 0 is not tracked."""
        super().__init__(token)
        self.blank = False
        self._link_id = link_id
        self._block = block
        self._html = shape != "text"
        self._schemes = IMAGE_SCHEMES if shape == "image" else LINK_SCHEMES
        self._checked: str | None = None
        if all(isinstance(node, ContentNode) for node in block.nodes):
            self._checked = clean_url("".join(str(node) for node in block.nodes))

    def children(self, static_context: RenderContext, *, include_partials: bool = True) -> Iterable[Node]:
        """Return what makes the URL."""
        del static_context, include_partials
        return [self._block]

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Write the URL, or the one that tracks it."""
        url = self._checked
        around = cast(Context, context).around
        tracked = self._link_id
        if url is None:
            inside = Buffer()
            self._block.render(context, cast(TextIO, inside))
            url = clean_url(inside.getvalue())
            if url in (around.optout, around.preferences):
                tracked = 0
            elif url and not url.startswith("#"):
                scheme = scheme_of(url)
                if scheme not in self._schemes:
                    said = f"a link does not begin with http:// or https:// but as '{url[:_LONGEST_TOLD]}'"
                    raise LiquidValueError(said, token=self.token)
                tracked = tracked if scheme in TRACKED_SCHEMES else 0
        if tracked and url:
            url = around.link(tracked, url)
        return buffer.write(escape(url) if self._html else url)


class LinkTag(Tag):
    """URLs of one shape."""

    end = END_LINK

    def __init__(self, env: Environment, shape: str) -> None:
        """Make URLs of a shape."""
        super().__init__(env)
        self.shape = shape

    def parse(self, stream: TokenStream) -> Node:
        """Return the URL at the head of the stream."""
        token = stream.eat(TOKEN_TAG)
        number = int(stream.eat(TOKEN_EXPRESSION).value)
        block = get_parser(self.env).parse_block(stream, (END_LINK,))
        stream.expect(TOKEN_TAG, value=END_LINK)
        return LinkNode(token, self.shape, number, block)


class CountedBlock(BlockNode):
    """What a loop repeats: it costs as many steps as it has nodes, and some for its text."""

    __slots__ = ("_cost",)

    def __init__(self, block: BlockNode) -> None:
        """Count a block."""
        super().__init__(block.token, block.nodes)
        self.blank = False
        self._cost = _cost(block)

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Write the block once."""
        cast(Context, context).spend(self._cost)
        return super().render_to_output(context, buffer)


def _cost(node: Node) -> int:
    if isinstance(node, ContentNode):
        return 1 + len(node.text) // _STATIC_PER_STEP
    return 2 + sum(_cost(each) for each in node.children(cast(RenderContext, None)))


class CountedForNode(ForNode):
    """A loop whose every turn is counted."""

    __slots__ = ()

    def __init__(
        self, token: Token, expression: LoopExpression, block: BlockNode, default: BlockNode | None = None
    ) -> None:
        """Count the turns of a loop."""
        super().__init__(token, expression, CountedBlock(block), default)


class CountedForTag(ForTag):
    """`{% for row in rows %}`."""

    node_class = CountedForNode


class ArticleNode(Node):
    """What is repeated for each row of a block of items; its columns are there by their own names."""

    __slots__ = ("_block", "_expression")

    def __init__(self, token: Token, expression: Expression, block: BlockNode) -> None:
        """Repeat `block` for each row of what `expression` names."""
        super().__init__(token)
        self.blank = False
        self._expression = expression
        self._block = CountedBlock(block)

    def children(self, static_context: RenderContext, *, include_partials: bool = True) -> Iterable[Node]:
        """Return what is repeated."""
        del static_context, include_partials
        return [self._block]

    def expressions(self) -> Iterable[Expression]:
        """Return what names the rows."""
        return [self._expression]

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Write the block for each row; for none when the message has no such rows."""
        found = self._expression.evaluate(context)
        rows = [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
        loop = ForLoop("article", iter(rows), len(rows), context.parentloop())
        namespace: dict[str, object] = {}
        count = 0
        with context.loop(namespace, loop):
            for row in loop:
                namespace.clear()
                namespace.update(cast(Mapping[str, object], row), forloop=loop)
                try:
                    count += self._block.render(context, buffer)
                except ContinueLoop:
                    continue
                except BreakLoop:
                    break
        return count


class ArticleTag(Tag):
    """`{% article duties %}`."""

    name = "article"
    end = "endarticle"

    def parse(self, stream: TokenStream) -> Node:
        """Return the article at the head of the stream."""
        token = stream.eat(TOKEN_TAG)
        expression = FilteredExpression.parse(self.env, stream.into_inner(tag=token))
        block = get_parser(self.env).parse_block(stream, (self.end,))
        stream.expect(TOKEN_TAG, value=self.end)
        return ArticleNode(token, expression, block)


class Language(Environment):
    """The one environment of all templates: it loads nothing."""

    block_nesting_limit = 30
    context_depth_limit = 40
    loop_iteration_limit = 10_000
    local_namespace_limit = 4_000_000
    suppress_blank_control_flow_blocks = False

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Know few tags and our own filters."""
        del extra
        for tag in (Literal, Output, Illegal, IfTag, UnlessTag, CaseTag, AssigningTag, BreakTag, ContinueTag):
            self.add_tag(tag)
        self.add_tag(CountedForTag)
        self.add_tag(ArticleTag)
        for place in (*_WRITERS, "url"):
            self.tags[OUT + place] = OutputTag(self, place)
        for shape in ("html", "text", "image"):
            self.tags[LINK + shape] = LinkTag(self, shape)
        self.filters.update(FILTERS)


LANGUAGE: Final = Language()


def parse(tokens: Sequence[Token]) -> list[Node]:
    """Return the program that tokens make; raise LiquidError when they make none."""
    return get_parser(LANGUAGE).parse(TokenStream(iter(tokens)))
