"""What a pass knows besides the text: where it stands, and in what language."""

from dataclasses import dataclass

from narrator.domain.documents import PassageKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A passage's `kind`, its document's format and language (BCP 47; may be empty).

    `words` are those words in capitals that the document elsewhere writes in small letters.
    """

    kind: PassageKind = PassageKind.PARAGRAPH
    format: str = "epub"
    language: str = ""
    words: frozenset[str] = frozenset()

    @property
    def primary(self) -> str:
        """The language alone: `en` of `en-GB`; English where nothing is said."""
        return self.language.partition("-")[0].lower() or "en"

    @property
    def english(self) -> bool:
        """Whether English words may be put in."""
        return self.primary == "en"

    @property
    def heading(self) -> bool:
        """Whether it is a heading."""
        return self.kind is PassageKind.HEADING
