"""Texts to narrate, of any length, in which no two sentences are alike."""

SENTENCES = (
    "On day {day} the barometer stood at {mark} and the captain said nothing at all.",
    "We counted {mark} gulls to leeward, and the cook counted {day} biscuits in the barrel.",
    "Nobody had slept since the island of {mark} palms went down behind us.",
)


def voyage(days: int, *, first: int = 1) -> str:
    """A log-book: a paragraph a day, about 230 characters; `first` is the first day's number."""
    return "\n\n".join(
        " ".join(sentence.format(day=day, mark=day * 37 + 11) for sentence in SENTENCES)
        for day in range(first, first + days)
    )
