from __future__ import annotations

import gc

from postroom.web.server import spare_collector


def test_a_server_looks_for_garbage_less_often_and_not_among_what_stays() -> None:
    before = gc.get_threshold()
    try:
        spare_collector()

        assert gc.isenabled()
        assert gc.get_threshold()[0] > before[0]
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
