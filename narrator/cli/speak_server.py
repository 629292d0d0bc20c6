"""`narrator speak-server`: a Speak v1 server of our own, for trying, rehearsing and tests."""

from collections.abc import Callable
from pathlib import Path

import click

from narrator.speakserver.config import (
    Chaos,
    CloseMode,
    Limits,
    SpeakServerConfig,
    VoiceEngine,
)
from narrator.speakserver.server import serve

_DEFAULTS = Limits()
_OFF = "off"
_MILLISECONDS = click.FloatRange(min=0.0)
_SECONDS = click.FloatRange(min=0.0)
_SHARE = click.FloatRange(0.0, 1.0)


def _number(_ctx: click.Context, _param: click.Parameter, text: str) -> int | None:
    if text == _OFF:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise click.BadParameter(f"{text!r} is neither a whole number of 1 or more nor `off`")
    return int(text)


def _limit(
    name: str, default: float | None, meaning: str
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """An option that takes a number, or `off`."""
    shown = _OFF if default is None else f"{default:g}"
    return click.option(
        name, default=shown, callback=_number, show_default=True, metavar="N|off", help=meaning
    )


@click.command("speak-server")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8123,
    show_default=True,
    help="0 takes a free one.",
)
@click.option(
    "--voice-engine",
    type=click.Choice([each.value for each in VoiceEngine]),
    default=VoiceEngine.ESPEAK.value,
    show_default=True,
    help="espeak is intelligible; tone carries its text, to be read back from a recording.",
)
@click.option(
    "--time-scale",
    type=click.FloatRange(min=0.0, min_open=True),
    default=1.0,
    show_default=True,
    help="The limits' clock runs so much faster.",
)
@click.option("--accept-key", multiple=True, help="Refuse other keys; by default any will do.")
@_limit("--speak-chars", _DEFAULTS.speak_chars, "Characters of one Speak.")
@_limit("--minute-chars", _DEFAULTS.minute_chars, "Characters a minute and socket.")
@_limit("--minute-flushes", _DEFAULTS.minute_flushes, "Flushes a minute and socket.")
@_limit("--session-seconds", _DEFAULTS.session_seconds, "Age at which a socket is closed.")
@_limit("--sockets", _DEFAULTS.sockets, "Sockets open at once.")
@click.option(
    "--first-audio-ms", type=_MILLISECONDS, default=0.0, help="From Flush to the first audio."
)
@click.option(
    "--ms-per-100-chars", type=_MILLISECONDS, default=0.0, help="And for all of it, beyond that."
)
@click.option(
    "--close-mode",
    type=click.Choice([each.value for each in CloseMode]),
    default=CloseMode.DRAIN.value,
    show_default=True,
    help="What Close does with audio that is not sent yet.",
)
@click.option("--odd-frames", is_flag=True, help="Cut samples in two between frames.")
@click.option("--mute-text", default="", help="Answer a text that holds this with no audio.")
@click.option("--tone-byte-ms", default=10.0, show_default=True, help="Slower survives codecs.")
@click.option(
    "--chaos-share",
    type=_SHARE,
    default=0.0,
    show_default=True,
    help="Of so many flushes something goes wrong: 0.05 is one in twenty.",
)
@click.option(
    "--chaos-socket-share",
    type=_SHARE,
    help="So many sockets are cut, at any age.  [default: as --chaos-share]",
)
@click.option(
    "--chaos-takes",
    "spoil_share",
    type=_SHARE,
    default=0.0,
    show_default=True,
    help="So many answers have spoilt audio: cut, with gaps, clipped, silent, doubled, or others'.",
)
@click.option("--chaos-seed", default=0, show_default=True, help="Another one, other victims.")
@click.option(
    "--burst-every",
    type=_SECONDS,
    default=0.0,
    help="Seconds of the wall's clock from one burst of 429 and 503 to the next; 0 for none.",
)
@click.option("--burst-seconds", type=_SECONDS, default=0.0, help="How long each burst lasts.")
@click.option(
    "--journal",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Append a line of JSON for each Speak received; holds digests, never text.",
)
def speak_server(  # noqa: PLR0913 - one argument an option
    *,
    host: str,
    port: int,
    voice_engine: str,
    time_scale: float,
    accept_key: tuple[str, ...],
    close_mode: str,
    odd_frames: bool,
    first_audio_ms: float,
    ms_per_100_chars: float,
    tone_byte_ms: float,
    mute_text: str,
    chaos_share: float,
    chaos_socket_share: float | None,
    spoil_share: float,
    chaos_seed: int,
    burst_every: float,
    burst_seconds: float,
    journal: Path | None,
    **limits: int | None,
) -> None:
    """Serve Deepgram's Speak v1 protocol, with its limits, on this machine.

    Prints one line of JSON when it is ready. GET /v1/stats counts what it was asked, and
    /v1/stats?sockets=1 lists every socket.
    """
    serve(
        SpeakServerConfig(
            host=host,
            port=port,
            voice_engine=VoiceEngine(voice_engine),
            time_scale=time_scale,
            api_keys=frozenset(accept_key),
            limits=Limits(**limits),
            first_audio_ms=first_audio_ms,
            ms_per_100_chars=ms_per_100_chars,
            close_mode=CloseMode(close_mode),
            odd_frames=odd_frames,
            tone_byte_ms=tone_byte_ms,
            mute_text=mute_text,
            journal=journal,
            chaos=Chaos(
                seed=chaos_seed,
                flush_share=chaos_share,
                spoil_share=spoil_share,
                socket_share=chaos_share if chaos_socket_share is None else chaos_socket_share,
                burst_every_seconds=burst_every,
                burst_seconds=burst_seconds,
            ),
        )
    )
