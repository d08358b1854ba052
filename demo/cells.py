"""One row of a contact file, cell by cell, as a sender writes it."""

from __future__ import annotations

from typing import NamedTuple


class Cells(NamedTuple):
    """The cells of one row as a sender writes them; `home` is address, postal code and town."""

    reference: str
    name: str
    email: str
    phone: str
    mobile: str
    home: str
    born: str
    firm: str

    def line(self) -> str:
        """Return the row as a line of a file, without its end."""
        return (
            f"{self.reference};{self.name};{self.email};{self.phone};{self.mobile};"
            f"{self.home};{self.born};{self.firm}"
        )
