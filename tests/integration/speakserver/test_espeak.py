"""The offline voice, through the real library in its own process."""

import json
import signal
import subprocess
import sys

import httpx
import numpy as np
import psutil
import pytest
from websockets.sync.client import connect

from narrator.domain.errors import SettingsError
from narrator.speakserver.background import running
from narrator.speakserver.config import SpeakServerConfig
from narrator.speakserver.espeak import HOST_COMMAND, EspeakEngine
from narrator.speakserver.handshake import Options

pytestmark = pytest.mark.integration

TEXT = (
    "To Sherlock Holmes she is always the woman. I have seldom heard him mention her under any "
    "other name. In his eyes she eclipses and predominates the whole of her sex."
)


@pytest.fixture(scope="module")
def engine():
    engine = EspeakEngine()
    engine.start()
    yield engine
    engine.stop()


def seconds(samples, rate=24_000):
    return len(samples) / rate


def test_speech_lasts_as_long_as_speech_does(engine):
    assert 13 < len(TEXT) / seconds(engine.speak(TEXT, Options())) < 22


def test_the_same_request_gives_the_same_samples_also_in_another_process(engine):
    first = engine.speak(TEXT, Options())
    engine.speak("Something between.", Options())
    assert np.array_equal(first, engine.speak(TEXT, Options()))
    another = EspeakEngine()
    try:
        assert np.array_equal(first, another.speak(TEXT, Options()))
    finally:
        another.stop()


@pytest.mark.parametrize("model", ["aura-2-thalia-en", "aura-2-apollo-en", "aura-2-celeste-es"])
def test_the_level_is_normal_and_nothing_clips(engine, model):
    samples = engine.speak(TEXT, Options(model=model)).astype(float) / 32_768
    peak = 20 * np.log10(np.abs(samples).max())
    loudness = 20 * np.log10(np.sqrt(np.mean(samples**2)))
    assert -9 < peak <= -2.99
    assert -30 < loudness < -15


def test_different_voices_sound_different(engine):
    samples = [
        engine.speak(TEXT, Options(model=f"aura-2-{name}-en"))
        for name in ("thalia", "apollo", "helena")
    ]
    assert not np.array_equal(samples[0], samples[1])
    assert not np.array_equal(samples[0], samples[2])


@pytest.mark.parametrize("language", ["en", "es", "de", "nl", "fr", "it", "ja"])
def test_every_language_of_aura_2_is_spoken(engine, language):
    samples = engine.speak("Ha, 1, 2, 3.", Options(model=f"aura-2-any-{language}"))
    assert seconds(samples) > 0.5


def test_speed_shortens_and_lengthens(engine):
    fast, plain, slow = (
        seconds(engine.speak(TEXT, Options(model="aura-2-thalia-en", speed=speed)))
        for speed in (1.5, 1.0, 0.7)
    )
    assert fast < plain / 1.3
    assert slow > plain * 1.25


def test_the_rate_changes_nothing_but_the_number_of_samples(engine):
    lengths = [seconds(engine.speak(TEXT, Options(sample_rate=r)), r) for r in (8_000, 48_000)]
    assert lengths[0] == pytest.approx(lengths[1], abs=0.001)


@pytest.mark.parametrize("text", ["\0\0", "…", "🎻", "<speak>&amp;", "a" * 2_000, "[[h@]]"])
def test_odd_texts_do_no_harm(engine, text):
    engine.speak(text, Options())
    assert seconds(engine.speak("Still here.", Options())) > 0.3


def test_a_host_that_was_killed_is_replaced(engine):
    before = engine.speak(TEXT, Options())
    (host,) = [
        child for child in psutil.Process().children() if "espeak_host" in child.cmdline()[-1]
    ]
    host.kill()
    host.wait(10)
    assert np.array_equal(engine.speak(TEXT, Options()), before)


def test_without_the_library_the_error_says_what_to_install():
    bare = [sys.executable, "-I", "-S", HOST_COMMAND[-1]]  # -S leaves out whatever is installed
    with pytest.raises(SettingsError, match="not installed") as caught:
        EspeakEngine(bare).start()
    assert "narrator[voice]" in caught.value.remedy


SERVE = (
    "from narrator.speakserver.config import SpeakServerConfig;"
    "from narrator.speakserver.server import serve;"
    "serve(SpeakServerConfig())"
)


@pytest.fixture
def process():
    process = subprocess.Popen([sys.executable, "-c", SERVE], stdout=subprocess.PIPE)
    with process:
        yield process
        process.kill()


def test_a_served_process_says_when_it_is_ready_speaks_and_stops_politely(process):
    ready = json.loads(process.stdout.readline())
    assert ready["event"] == "ready"
    with connect(
        ready["url"], additional_headers={"Authorization": "Token x"}, proxy=None
    ) as socket:
        assert json.loads(socket.recv())["type"] == "Metadata"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stdout.read() == b""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_child_outlives_the_server(process, number):
    url = json.loads(process.stdout.readline())["url"]
    health = httpx.get(
        url.replace("ws:", "http:").replace("/v1/speak", "/healthz"), trust_env=False
    )
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    process.wait(10)
    _, alive = psutil.wait_procs(children, timeout=10)
    assert health.status_code == 200
    assert len(children) == 1
    assert alive == []


def test_the_default_server_speaks_with_the_espeak_voice(engine):
    with running(SpeakServerConfig()) as server:
        url = f"{server.url}?model=aura-2-thalia-en"
        with connect(url, additional_headers={"Authorization": "Token x"}, proxy=None) as socket:
            socket.send(json.dumps({"type": "Speak", "text": TEXT}))
            socket.send('{"type":"Flush"}')
            socket.send('{"type":"Close"}')
            audio = b"".join(frame for frame in socket if isinstance(frame, bytes))
    expected = engine.speak(TEXT, Options(model="aura-2-thalia-en"))
    assert np.array_equal(np.frombuffer(audio, np.int16), expected)
