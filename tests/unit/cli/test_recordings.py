"""The options about a recording, as they are given on the command line."""

from typing import Any

import pytest

from narrator.cli.recordings import NAMES, need_ear, produced
from narrator.domain.artifacts import AudioFormat
from narrator.domain.errors import OptionRefused
from narrator.domain.production import DEFAULT_PRODUCTION, Companion, Production


def _given(**options: object) -> dict[str, Any]:
    """What click gives a verb when of these options only `options` are there."""
    usual: dict[str, Any] = dict.fromkeys(NAMES, ())
    return usual | {"loudness": "", "level": "", "split": "", "listen": False} | options


def test_options_that_are_not_given_are_the_usual_production():
    assert produced(_given()) == DEFAULT_PRODUCTION


def test_several_are_given_one_by_one_or_with_commas():
    given = _given(also=("mp3, flac", "wav"), companions=("vtt,srt",), pauses=("head=1,tail=2",))
    asked = produced(given)
    assert asked.also == (AudioFormat.MP3, AudioFormat.FLAC, AudioFormat.WAV)
    assert asked.companions == (Companion.VTT, Companion.SRT)
    assert asked.pauses == (("head", 1.0), ("tail", 2.0))


def test_what_is_not_about_a_recording_is_left_to_others():
    given = _given(read=("footnotes=end",))
    produced(given)
    assert given == {"read": ("footnotes=end",)}


def test_listening_is_refused_where_nothing_can_listen():
    with pytest.raises(OptionRefused, match="no_such_package is not installed") as refused:
        need_ear(Production(listen=True), package="no_such_package")
    assert "narrator[listen]" in refused.value.remedy


@pytest.mark.parametrize(
    ("asked", "package"),
    [(Production(listen=True), "json"), (DEFAULT_PRODUCTION, "no_such_package")],
)
def test_who_can_listen_or_need_not_is_let_through(asked: Production, package: str):
    """Nothing is raised."""
    need_ear(asked, package=package)
