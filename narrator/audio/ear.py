"""Hears takes: what can be measured of samples, and, where installed, their words."""

from narrator.audio import gate
from narrator.domain.gate import Doubt, Sound
from narrator.domain.voices import Voice


class SampleEar:
    """The port `Ear`; thread-safe."""

    def sound(self, pcm: bytes) -> Sound:
        """What can be measured without knowing the words; raises TakeCorrupt for half a sample."""
        return gate.sound(pcm)

    def listen(self, pcm: bytes, text: str, *, voice: Voice) -> tuple[Doubt, ...]:
        """Compare a take with its words; raises SettingsError without the extra `listen`."""
        # It takes 29 MB and a second to load, which only whoever asks for it has to spend.
        from narrator.audio.listening import listen  # noqa: PLC0415

        return listen(pcm, text, voice=voice)
