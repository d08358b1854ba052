from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.sending.phone.inbound import means_stop


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "stop",
        " Stop. ",
        "STOP!!!",
        "«Stop»",
        "STOPSMS",
        "Stop SMS",
        "STOP ALL",
        "ARRET",
        "arrêt",
        "ARRE\u0302TER",
        "Arrêtez",
        "UNSUBSCRIBE",
        "unsubscribe please",
        "END",
        "cancel",
        "QUIT",
        "Désabonner",
        "désabonnement",
        "me désabonner",
        "Résilier",
        "opt-out",
        "OPT OUT",
        "stop merci",
        "Stop, plus de pub",
        "\uff33\uff34\uff2f\uff30",
        "STOP\n",
        "stop 36111",
        "Plus de SMS",
    ],
)
def test_stop_and_its_synonyms_are_understood_in_both_languages(text: str) -> None:
    assert means_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "START",
        "OUI STOP",
        "nonstop",
        "UNSTOP",
        "Je ne veux pas que vous vous arrêtiez",
        "Stop ou encore, dites-moi lequel prendre",
        "Merci",
        "the end",
        "OK",
        "YES",
        "end of the month?",
        "!!!",
    ],
)
def test_other_texts_are_not(text: str) -> None:
    assert not means_stop(text)


@given(st.text(max_size=3000))
def test_any_text_can_be_looked_at(text: str) -> None:
    assert means_stop(text) in {True, False}


@given(
    st.text(st.sampled_from(" .!?-_,;:'\"()\n\t*#"), max_size=20), st.sampled_from(["stop", "Arrêt", "QUIT"])
)
def test_punctuation_around_the_word_means_nothing(around: str, word: str) -> None:
    assert means_stop(around + word + around)
