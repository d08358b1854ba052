"""The section of docs/api.md about /rest, carried out from its first example to its last."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients import require_program
from tests.integration.web.programs import documented_session, printed_by
from tests.integration.web.rest.program import Program


@pytest.mark.clients
def test_the_examples_print_what_the_document_says(program: Program, tmp_path: Path) -> None:
    for needed in ("curl", "php"):
        require_program(needed)
    session = documented_session("The older spelling: /rest")

    for example, printed in session:
        said = printed_by(example, program.site, {"TOKEN": program.token}, tmp_path)
        assert said.replace("\r\n", "\n") == printed, example

    assert len(session) == 16
