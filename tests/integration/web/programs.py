"""Programs in other languages that get a token, as docs/api.md shows them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.integration.web.site import Credentials, Site

_DOCUMENTS: Final = Path(__file__).parents[3] / "docs"
_DOCUMENT: Final = _DOCUMENTS / "api.md"
_ADDRESS: Final = "http://localhost:8080"
_BLOCK: Final = re.compile(r"(?:^    .*\n)+", re.MULTILINE)
_LANGUAGES: Final = {
    "curl ": ["sh", "-c"],
    "printf ": ["sh", "-c"],
    "$call ": ["php", "-r"],
    "import ": [sys.executable, "-c"],
    "from ": [sys.executable, "-c"],
}


def _documented(beginning: str) -> str:
    """Return the indented block of the document that starts so."""
    lines = _DOCUMENT.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"    {beginning}"))
    block = lines[start:]
    length = next(number for number, line in enumerate(block) if line and not line.startswith("    "))
    return "\n".join(line[4:] for line in block[:length]).strip()


CURL_TOKEN: Final = _documented(f"curl {_ADDRESS}/token").partition("\n\n")[0]
PHP_TOKEN: Final = _documented("$call = curl_init")


def documented_session(section: str, page: str = "api.md") -> list[tuple[str, str]]:
    """Return the programs of a section of a document, each with what the document says that it prints."""
    text = (
        (_DOCUMENTS / page)
        .read_text(encoding="utf-8")
        .partition(f"\n## {section}\n")[2]
        .partition("\n## ")[0]
    )
    found = [re.sub("^    ", "", block, flags=re.MULTILINE).strip() for block in _BLOCK.findall(text)]
    return list(zip(found[::2], found[1::2], strict=True))


def printed_by(program: str, site: Site, environment: Mapping[str, str], directory: Path) -> str:
    """Run a documented program against a site, in the language that it begins in; return what it prints."""
    kind = next(kind for beginning, kind in _LANGUAGES.items() if program.startswith(beginning))
    here = program.replace(_ADDRESS, f"http://127.0.0.1:{site.server.port}")
    command = [*kind, here]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, **environment}, cwd=directory
    )
    return done.stdout.strip()


def answer_of(command: list[str], site: Site, credentials: Credentials) -> dict[str, Any]:
    """Run a documented program against a site; return the JSON that it prints."""
    here = [part.replace(_ADDRESS, f"http://127.0.0.1:{site.server.port}") for part in command]
    environment = {"CLIENT_ID": credentials.client_id, "CLIENT_SECRET": credentials.secret}
    done = subprocess.run(here, capture_output=True, text=True, check=True, env={**os.environ, **environment})
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
