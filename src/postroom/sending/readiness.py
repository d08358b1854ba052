"""Whether anybody could get what a template says: names that are no field, a sender that is not there."""

from __future__ import annotations

from typing import Final

from postroom.contacts.channels import Channel
from postroom.contacts.errors import Refused
from postroom.contacts.field_words import did_you_mean
from postroom.contacts.settings import AccountSettings
from postroom.contacts.templates import Content
from postroom.sending.content import Compiled, compile_content
from postroom.sending.content.names import CUSTOM, field_named

_MOST_TOLD: Final = 5


def require_ready(content: Content, settings: AccountSettings, *, template: str) -> None:
    """Raise Refused when nobody could get a message of this content without items of its own.

    `template` is how the template is called. Raises Refused also when the content cannot be read.
    """
    if not content.channel.by_message:
        return
    compiled = compile_content(content)
    if content.channel is Channel.EMAIL and not content.sender:
        said = (
            f"Template '{template}' has no sender: `postroom template put ACCOUNT '{template}' --sender …`."
        )
        raise Refused(said, code="NO_SENDER")
    unknown = compiled.without_value(lambda name: is_field(name, settings))
    if unknown:
        names = ", ".join(f"'{each}'{did_you_mean(each, settings)}" for each in unknown[:_MOST_TOLD])
        raise Refused(
            f"Nobody would get template '{template}', as it names what is no field of contacts: {names}."
            " Mend it, or say with `--default` what stands there.",
            code="UNKNOWN_FIELD",
            details={"fields": unknown},
        )


def unknown_names(compiled: Compiled, settings: AccountSettings) -> list[str]:
    """Return the names in a content that are no field of contacts and no link of ours."""
    return sorted(name for name in compiled.names if not is_field(name, settings))


def is_field(name: str, settings: AccountSettings) -> bool:
    """Tell whether a name in a template is that of a field of contacts, or of a link of ours."""
    if name.startswith(CUSTOM):
        return name.removeprefix(CUSTOM) in {column.name for column in settings.custom.values()}
    return field_named(name) is not None
