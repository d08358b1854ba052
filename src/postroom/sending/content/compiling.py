"""From a template to something that makes messages: once for each campaign, then person by person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, NoReturn, TextIO, cast

from liquid.ast import Node
from liquid.exceptions import LiquidError
from liquid.template import BoundTemplate

from postroom.contacts.campaigns import NotSentReason
from postroom.contacts.channels import Channel
from postroom.contacts.errors import Refused
from postroom.contacts.templates import MOST_CHARACTERS, Content, Variant
from postroom.sending.content.context import Buffer, Context, Fields, NoValueError, fields_of
from postroom.sending.content.html import HtmlWriter, tokens_of
from postroom.sending.content.language import LANGUAGE, parse
from postroom.sending.content.links import LinkBook
from postroom.sending.content.mails import one_line
from postroom.sending.content.markup import make_sound
from postroom.sending.content.models import Around, Link, Person, Rendered, Unsendable
from postroom.sending.content.names import field_named
from postroom.sending.content.naming import named_in
from postroom.sending.content.pieces import Kind, take_apart
from postroom.sending.content.program import Program, require_balance
from postroom.sending.content.styles import inlined
from postroom.sending.content.texts import subject_program, text_from_html, text_program, tidied
from postroom.sending.content.words import opt_out_in_html, opt_out_in_text

_TEMPLATE: Final = BoundTemplate(LANGUAGE, [])
_BODY_END: Final = "</body>"

# What evaluating expressions may raise, beside what python-liquid says in words.
_FAILURES = (LiquidError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Version:
    """The programs of one language."""

    subject: Sequence[Node]
    html: Sequence[Node]
    text: Sequence[Node]
    tidy: bool
    """Whether the text was made from HTML and has tags, which leave empty lines."""


class Compiled:
    """A template that makes a message for each person. Nothing in it changes: threads may share it."""

    def __init__(
        self, content: Content, versions: Mapping[str, Version], links: Sequence[Link], language: str
    ) -> None:
        """Make messages of `versions`; `language` is that of our words when nobody says another."""
        self._content = content
        self._versions = versions
        self._language = language
        self._defaults = {field_named(name) or name: value for name, value in content.defaults.items()}
        self.links = links
        programs = [nodes for each in versions.values() for nodes in (each.subject, each.html, each.text)]
        named = [named_in(nodes) for nodes in programs]
        self._demands = frozenset().union(*(each.demands for each in named))
        self.names = frozenset().union(*(each.names for each in named))
        """The fields and links of ours that it asks for, as we call them, and what else it names."""

    def without_value(self, known: Callable[[str], bool]) -> list[str]:
        """Return the names that need a value and can have none, where no rows of items come with a message.

        `known` tells whether a name is that of a field, or of a link of ours.
        """
        return sorted(
            {
                each.name
                for each in self._demands
                if each.name not in self._defaults
                and not known(each.name)
                and all(known(guard) or guard in self._defaults for guard in each.guards)
            }
        )

    def render(self, person: Person, around: Around) -> Rendered | Unsendable:
        """Return the message for a person, or why there is none."""
        wanted = (person.language or "")[:2].lower()
        chosen = wanted if wanted in self._versions else ""
        version = self._versions.get(chosen)
        if version is None:
            said = f"there is no variant in '{wanted}'" if wanted else "the contact has no language"
            return Unsendable(NotSentReason.LANGUAGE_MISSING, said)
        language = chosen or wanted or self._language
        fields = fields_of(person, around, self._defaults)
        try:
            subject, html, text = (
                _run(nodes, fields, around, language)
                for nodes in (version.subject, version.html, version.text)
            )
        except NoValueError as error:
            return Unsendable(NotSentReason.PERSONALIZATION_MISSING, _said(error))
        except _FAILURES as error:
            return Unsendable(NotSentReason.PERSONALIZATION_ERROR, _said(error))
        if not (html or text).strip():
            return Unsendable(NotSentReason.PERSONALIZATION_ERROR, "nothing is left to say")
        if version.tidy:
            text = tidied(text)
        if self._content.channel is Channel.EMAIL:
            html, text = self._completed(html, text, around, language)
        return Rendered(chosen, " ".join(subject.split()), html, text)

    def _completed(self, html: str, text: str, around: Around, language: str) -> tuple[str, str]:
        """Return both parts of a mail with the way out that each needs, and the pixel."""
        ending = ""
        if self._content.marketing and around.optout:
            if html and escape(around.optout) not in html:
                ending = opt_out_in_html(around.optout, language)
            if text and around.optout not in text:
                text = text.rstrip() + opt_out_in_text(around.optout, language)
        if self._content.tracking and around.pixel:
            ending += f'<img src="{escape(around.pixel)}" width="1" height="1" alt="" border="0">'
        if html and ending:
            body, end, rest = html.rpartition(_BODY_END)
            html = body + ending + end + rest if end else html + ending
        return html, text


def compile_content(content: Content, *, language: str = "fr") -> Compiled:
    """Return what makes messages of a template; `language` is that of our words when nobody says another.

    Raises:
        Refused: something in it is wrong; said with the part and the line.
    """
    book = LinkBook(tracking=content.tracking)
    versions = {
        name: _version(content.channel, name, variant, book) for name, variant in content.variants.items()
    }
    if not versions and content.channel.by_message:
        raise Refused("A template says something in at least one language.", code="BAD_TEMPLATE")
    return Compiled(content, versions, tuple(book.links), language)


def _version(channel: Channel, language: str, variant: Variant, book: LinkBook) -> Version:
    of = f" ({language})" if language else ""
    html: Sequence[Node] = ()
    text: Program | None = None
    if variant.html.strip() and channel is Channel.EMAIL:
        page, made = _html(f"HTML{of}", variant.html, book)
        html = _parsed(page)
        text = None if variant.text.strip() else made
    tidy = text is not None and any(piece.kind is Kind.TAG for piece in text.source.pieces)
    if text is None:
        if not variant.text.strip() and channel.by_message:
            parts = "HTML and no text" if channel is Channel.EMAIL else "text"
            raise Refused(f"There is no {parts}{of}: it says nothing.", code="BAD_TEMPLATE")
        text = text_program(take_apart(f"Text{of}", _bounded(f"Text{of}", variant.text)), book)
    subject = subject_program(take_apart(f"Subject{of}", _bounded(f"Subject{of}", variant.subject, 2000)))
    if channel is Channel.EMAIL and not variant.subject.strip():
        raise Refused(f"A mail{of} needs a subject (`--subject`).", code="BAD_TEMPLATE")
    return Version(_parsed(subject), html, _parsed(text), tidy)


def _html(what: str, written: str, book: LinkBook) -> tuple[Program, Program]:
    """Return the program of a document, and that of the text it says."""
    source = take_apart(what, _bounded(what, written))
    require_balance(source, [each for each in source.pieces if each.kind is Kind.TAG])
    sound = make_sound(source)
    tokens = tokens_of(source, inlined(what, sound.markup))
    writer = HtmlWriter(source, sound, book)
    page = writer.write(tokens)
    return page, text_from_html(source, tokens, writer.numbers)


def _bounded(what: str, text: str, most: int = MOST_CHARACTERS) -> str:
    if len(text) > most:
        raise Refused(f"{what}: it has more than {most} characters.", code="BAD_TEMPLATE")
    return text


def _parsed(program: Program) -> list[Node]:
    try:
        return parse(program.finished())
    except RecursionError:
        program.source.refuse(0, "an expression is nested too deep")
    except LiquidError as error:
        _refuse_liquid(program, error)


def _refuse_liquid(program: Program, error: LiquidError) -> NoReturn:
    at = error.token.start_index if error.token is not None else 0
    if isinstance(error.__cause__, RecursionError):
        program.source.refuse(max(at, 0), "an expression is nested too deep")
    program.source.refuse(max(at, 0), _said(error))


def _run(nodes: Sequence[Node], fields: Fields, around: Around, language: str) -> str:
    buffer = Buffer()
    context = Context(_TEMPLATE, fields, around, language)
    for node in nodes:
        node.render(context, cast(TextIO, buffer))
    return buffer.getvalue()


def _said(error: BaseException) -> str:
    said = error.message if isinstance(error, LiquidError) else type(error).__name__
    return one_line(str(said))[:300]
