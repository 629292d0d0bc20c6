"""What the tests of the keeper share."""

from narrator.domain.voices import Voice
from narrator.services.holds import HeldSlot
from narrator.services.slots import SlotKeeper
from tests.unit.services.conftest import World, document

OTHER = Voice(name="aura-2-apollo-en")


def take(keeper: SlotKeeper) -> HeldSlot:
    """A hold in hand, its claim let be."""
    taken = keeper.take()
    assert taken is not None
    return taken[0]


def used(world: World) -> int:
    """How many slots are somebody's."""
    return world.slots.account().used


def chapters(world: World, count: int) -> None:
    """Let the document have so many chapters, each a slice of its own."""
    world.reader.answer = document(
        *[(f"Chapter {number} has this to say.",) for number in range(count)]
    )
