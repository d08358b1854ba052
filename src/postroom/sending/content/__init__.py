"""What messages say: templates are compiled once, then made into a message for each person by string work."""

from postroom.sending.content.compiling import Compiled, compile_content
from postroom.sending.content.models import Around, Link, Person, Rendered, Unsendable

__all__ = ["Around", "Compiled", "Link", "Person", "Rendered", "Unsendable", "compile_content"]
