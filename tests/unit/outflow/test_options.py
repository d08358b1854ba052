"""What may be chosen for a flow, and what may not."""

from __future__ import annotations

from typing import Any

import pytest
from pysequoia import Tsk

from postroom.contacts.errors import Refused
from postroom.outflow.options import Format, Options, Packing


def public_key() -> str:
    return str(Tsk.generate("Carol <carol@example.com>").extract_certificate())


def test_by_default_a_file_is_what_the_seed_says() -> None:
    options = Options()

    assert (options.format, options.packing, options.skip_empty) == (Format.CSV, Packing.ZIP, False)
    assert (options.inner_extension, options.extension) == (".csv", ".zip")
    assert options.times_or("04:00") == ["04:00"]


@pytest.mark.parametrize(
    ("chosen", "inner", "outer"),
    [
        ({"format": Format.JSONL}, ".jsonl", ".zip"),
        ({"format": Format.PARQUET, "packing": Packing.NONE}, ".parquet", ".parquet"),
        ({"packing": Packing.GZIP}, ".csv", ".csv.gz"),
        ({"packing": Packing.NONE}, ".csv", ".csv"),
    ],
)
def test_names_end_as_what_is_in_them(chosen: dict[str, Any], inner: str, outer: str) -> None:
    options = Options(**chosen)

    assert (options.inner_extension, options.extension) == (inner, outer)


def test_an_encrypted_file_says_so_in_its_name() -> None:
    assert Options(pgp=public_key()).extension == ".zip.gpg"


@pytest.mark.parametrize(
    ("chosen", "code"),
    [
        ({"times": ("4:00",)}, "BAD_TIME"),
        ({"times": ("24:00",)}, "BAD_TIME"),
        ({"times": ("04:00", "04:00")}, "BAD_TIME"),
        ({"times": tuple(f"{n // 60:02}:{n % 60:02}" for n in range(49))}, "BAD_TIME"),
        ({"name": "daily"}, "BAD_NAME"),
        ({"inner_name": "a/b"}, "BAD_NAME"),
        ({"fields": ("email", "email")}, "BAD_FIELD"),
        ({"pgp": "no key"}, "BAD_KEY"),
        ({"pgp": ""}, "BAD_KEY"),
    ],
)
def test_what_cannot_be_is_refused(chosen: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        Options(**chosen)

    assert refused.value.code == code


def test_what_is_stored_comes_back() -> None:
    options = Options(
        times=("14:00", "02:00"),
        fields=("city",),
        format=Format.JSONL,
        packing=Packing.GZIP,
        pgp=public_key(),
        skip_empty=True,
        manifest=True,
    )

    assert Options.from_json(options.as_json()) == options
    assert options.times_or("04:00") == ["02:00", "14:00"]


def test_what_another_version_stored_is_left_out() -> None:
    assert Options.from_json({"later": 1, "done": True}) == Options(done=True)
    assert Options.from_json({}) == Options()
