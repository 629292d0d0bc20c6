"""The plan as a document: what is counted where several voices speak."""

from narrator.domain.choices import Casting, TextChoices
from narrator.domain.lexicon import Entry, EntryKind, Lexicon
from narrator.domain.slots import SlotTerms
from narrator.domain.voices import DEFAULT_VOICE, Voice
from narrator.services.plan_document import Conditions, chars_to_send, plan_document
from narrator.text.plan import make_plan
from tests.unit.services.conftest import document

SAID = "Emma was clever."
FIRST_OF_AURA = "aura-asteria-en"
NARRATOR = Voice(name=DEFAULT_VOICE)


def cast(name: str) -> TextChoices:
    """The second chapter is that voice's."""
    return TextChoices(casting=Casting(chapters=((2, name),)))


def test_words_are_sent_once_whether_their_voice_is_named_or_the_narrator_s() -> None:
    made = make_plan(document((SAID,), (SAID,)), choices=cast(DEFAULT_VOICE))
    assert chars_to_send(made, NARRATOR) == len(SAID)


def test_each_voice_that_takes_no_ipa_is_a_warning() -> None:
    lexicon = Lexicon(entries=(Entry(kind=EntryKind.IPA, written="Emma", said="ema"),))
    made = make_plan(document((SAID,), (SAID,)), choices=cast(FIRST_OF_AURA), lexicon=lexicon)
    conditions = Conditions(
        voice=NARRATOR, price_per_1000_chars=0.03, terms=SlotTerms(), lexicon=lexicon
    )
    warnings = plan_document(made, conditions)["warnings"]
    (reason,) = [each["reason"] for each in warnings if each["code"] == "no-ipa"]
    assert reason.startswith(FIRST_OF_AURA)
