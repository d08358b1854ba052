"""What we say to recipients ourselves, in French to those who read French and in English to all others."""

from __future__ import annotations

from html import escape
from typing import Final

_FRENCH: Final = "fr"


def opt_out_words(language: str) -> str:
    """Return what the link reads by which one is written to no more."""
    return "Se désinscrire" if language == _FRENCH else "Unsubscribe"


def preference_words(language: str) -> str:
    """Return what the link reads by which one chooses what one gets."""
    return "Gérer mes préférences" if language == _FRENCH else "Manage my preferences"


def opt_out_in_html(url: str, language: str) -> str:
    """Return what stands at the end of a mail whose template has no way out."""
    return (
        '<p style="margin:24px 0 8px;text-align:center;font-family:sans-serif;font-size:12px;color:#666666;">'
        f'<a href="{escape(url)}" style="color:#666666;">{escape(opt_out_words(language))}</a></p>'
    )


def opt_out_in_text(url: str, language: str) -> str:
    """Return what stands at the end of a text whose template has no way out."""
    colon = " :" if language == _FRENCH else ":"
    return f"\n\n--\n{opt_out_words(language)}{colon} {url}\n"
