"""What the regular expressions of a lexicon may take over one document, counted, not clocked."""

from narrator.domain.errors import OptionRefused

MOST_STEPS = 50_000_000_000
"""Instructions times characters that a lexicon's patterns may take over a document: 0.3 ns each at
the worst that was found on an idle machine, 1.9 ns on a crowded one. Fifty usual patterns take a
sixth of it over 7,000,000 characters (`benchmarks/lexicon_speed.py`)."""


class Effort:
    """What the patterns of one lexicon may still take over one document, in steps (`MOST_STEPS`).

    Each match begins another search of what is left of its piece, so that matches cost as well.
    """

    def __init__(self, steps: int = MOST_STEPS) -> None:
        self._left = steps

    def spend(self, steps: int) -> None:
        """Count steps before they are taken; raises OptionRefused where there are none left."""
        self._left -= steps
        if self._left < 0:
            raise OptionRefused(
                "the regular expressions of the lexicon take too long over this document",
                remedy="use fewer or simpler ones: counted repetitions, such as {1,500}, cost most",
            )
