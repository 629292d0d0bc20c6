"""The passes over a text, one a module, in the order in which they are applied.

Each is a function `find(text, context)`: what it would change in the text that the passes before it
left. None does what Deepgram does better itself: numbers, dates, times and money stay as they are.
"""

from collections.abc import Callable, Iterable, Mapping

from narrator.domain.choices import TextPass
from narrator.text.changes import Change
from narrator.text.passes import (
    capitals,
    dashes,
    ellipses,
    emojis,
    emphasis,
    headings,
    ligatures,
    links,
    ordinals,
    quotes,
    romans,
    spaces,
    symbols,
)
from narrator.text.passes.context import Context

Finder = Callable[[str, Context], list[Change]]

# What joins emoji is invisible, so that they come before spaces; an address may hold what the later
# ones would mend; `CHAPTER XIV` is a number before it is capitals.
ORDER: Mapping[TextPass, Finder] = {
    TextPass.EMOJI: emojis.find,
    TextPass.SPACES: spaces.find,
    TextPass.LIGATURES: ligatures.find,
    TextPass.LINKS: links.find,
    TextPass.QUOTES: quotes.find,
    TextPass.DASHES: dashes.find,
    TextPass.ELLIPSES: ellipses.find,
    TextPass.EMPHASIS: emphasis.find,
    TextPass.ORDINALS: ordinals.find,
    TextPass.ROMANS: romans.find,
    TextPass.SYMBOLS: symbols.find,
    TextPass.CAPITALS: capitals.find,
    TextPass.HEADINGS: headings.find,
}


def finders(without: Iterable[TextPass] = ()) -> tuple[Finder, ...]:
    """All passes but those, in order."""
    left_out = set(without)
    return tuple(find for each, find in ORDER.items() if each not in left_out)
