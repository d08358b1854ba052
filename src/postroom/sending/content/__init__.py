"""What messages say: templates are compiled once, then made into a message for each person by string work."""

from postroom.sending.content.models import Around, Link, Person, Rendered, Unsendable

__all__ = ["Around", "Link", "Person", "Rendered", "Unsendable"]
