"""How a passage is worded: what is always done, then each pass, then the lexicon, as one list."""

from collections.abc import Iterable
from dataclasses import dataclass

from narrator.domain.documents import PassageKind
from narrator.domain.lexicon import takes_ipa
from narrator.domain.voices import DEFAULT_VOICE
from narrator.text.changes import Change, apply, compose
from narrator.text.lexicon import AS_WRITTEN, Pronouncer
from narrator.text.passes import Finder, finders
from narrator.text.passes.context import Context
from narrator.text.safety import made_fit, made_safe


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The wording of one document: its format and language, the passes and the lexicon.

    `words` are those that it writes in capitals and in small letters (`passes.capitals.known`);
    `narrator` is the name of the voice that speaks where no other is named.
    """

    format: str = "epub"
    language: str = ""
    words: frozenset[str] = frozenset()
    finders: tuple[Finder, ...] = finders()
    pronouncer: Pronouncer = AS_WRITTEN
    narrator: str = DEFAULT_VOICE

    def changes(
        self, text: str, kind: PassageKind, breaks: Iterable[int] = (), *, voice: str = ""
    ) -> tuple[Change, ...]:
        """What is said otherwise than it is written; `breaks` are offsets at which a line ends.

        `voice` is the name of who speaks it, empty for the narrator's.
        """
        context = Context(kind=kind, format=self.format, language=self.language, words=self.words)
        made = made_fit(text, format=self.format, breaks=breaks)
        said = apply(text, made) if made else text
        for find in self.finders:
            if found := find(said, context):
                made, said = compose(made, found, said), apply(said, found)
        if found := made_safe(said):
            made, said = compose(made, found, said), apply(said, found)
        pronouncer = self.pronouncer
        if not takes_ipa(voice or self.narrator):
            pronouncer = pronouncer.without_ipa
        return tuple(compose(made, pronouncer.changes(said), said))

    def said(self, text: str, kind: PassageKind, *, voice: str = "") -> str:
        """All of a text as it is spoken."""
        return apply(text, self.changes(text, kind, voice=voice))
