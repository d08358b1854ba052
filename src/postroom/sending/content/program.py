"""Putting programs together: static text, outputs where they stand, tags, links."""

from __future__ import annotations

from liquid.token import TOKEN_CONTENT, TOKEN_EXPRESSION, TOKEN_TAG, Token

from postroom.sending.content.language import END_LINK, LINK, OUT
from postroom.sending.content.pieces import BLOCKS, LOOPS, Kind, Piece, Source

_ENDS = {end: name for name, end in BLOCKS.items()}
_WITHIN = {"elsif": "if", "when": "case"}


class Program:
    """Tokens in the making, over the pieces of one source."""

    def __init__(self, source: Source) -> None:
        """Begin with nothing."""
        self.source = source
        self.tokens: list[Token] = []
        self._static: list[str] = []
        self._at = 0

    def static(self, text: str) -> None:
        """Add text that stays as it is."""
        self._static.append(text)

    def piece(self, piece: Piece, place: str) -> None:
        """Add a tag, or an output in a kind of place."""
        self._at = piece.at
        if piece.kind is Kind.TAG:
            self._token(TOKEN_TAG, piece.name)
            if piece.text:
                self._token(TOKEN_EXPRESSION, piece.text)
        elif piece.kind is Kind.OUTPUT:
            self._token(TOKEN_TAG, OUT + place)
            self._token(TOKEN_EXPRESSION, piece.text)
        else:
            self.static(piece.text)

    def open_link(self, shape: str, link_id: int) -> None:
        """Begin a URL; all until `close_link` is part of it."""
        self._token(TOKEN_TAG, LINK + shape)
        self._token(TOKEN_EXPRESSION, str(link_id))

    def close_link(self) -> None:
        """End a URL."""
        self._token(TOKEN_TAG, END_LINK)

    def finished(self) -> list[Token]:
        """Return all tokens."""
        self._flush()
        return self.tokens

    def _token(self, kind: str, value: str) -> None:
        self._flush()
        self.tokens.append(Token(kind, value, self._at, self.source.text))

    def _flush(self) -> None:
        text = "".join(self._static)
        self._static.clear()
        if text:
            self.tokens.append(Token(TOKEN_CONTENT, text, self._at, self.source.text))


def require_balance(source: Source, pieces: list[Piece], where: str = "") -> None:
    """Raise Refused when a block is not closed, or something is closed that is not open, within these pieces.

    `where` says of what they are all, when not of the whole template.
    """
    stack: list[Piece] = []
    for piece in pieces:
        name = piece.name
        if name in BLOCKS:
            stack.append(piece)
        elif name in _ENDS:
            if not stack or stack[-1].name != _ENDS[name]:
                source.refuse(piece.at, f"'{name}' closes nothing that is open{where}")
            stack.pop()
        elif name in _WITHIN and (not stack or stack[-1].name != _WITHIN[name]):
            source.refuse(piece.at, f"'{name}' stands outside of its '{_WITHIN[name]}'{where}")
        elif name == "else" and not stack:
            source.refuse(piece.at, f"'else' stands alone{where}")
        elif name in {"break", "continue"} and not any(each.name in LOOPS for each in stack):
            source.refuse(piece.at, f"'{name}' stands outside of a loop")
    if stack:
        source.refuse(stack[-1].at, f"'{stack[-1].name}' is not closed{where}")
