"""The ledger beside the Speak server's journal: what may differ, and what must not."""

from tests.faults.ledger import Line, Row, kept_again, matched, unrenewed


def row(
    outcome: str, *, socket: str = "s1", text: str = "one", code: str = "", fence: int = 1
) -> Row:
    """A row of the ledger."""
    return Row(
        outcome=outcome, request_id=socket, chars=3, code=code, sha256=text, claim=(7, fence)
    )


def line(*, socket: str = "s1", text: str = "one") -> Line:
    """A line of the journal."""
    return Line(request_id=socket, chars=3, sha256=text)


def test_what_was_kept_was_received() -> None:
    assert matched([row("kept")], [line()]) == (0, 0)


def test_what_was_kept_and_never_received_is_counted() -> None:
    assert matched([row("kept")], []) == (1, 0)


def test_what_was_kept_through_another_socket_was_not_received_through_this_one() -> None:
    assert matched([row("kept")], [line(socket="s2")]) == (1, 1)


def test_what_was_cut_may_have_been_received_or_not() -> None:
    assert matched([row("cut")], []) == matched([row("cut")], [line()]) == (0, 0)


def test_a_lost_row_explains_what_was_received_through_any_socket() -> None:
    assert matched([row("lost", socket="")], [line(socket="s7")]) == (0, 0)


def test_a_lost_row_explains_one_line_and_no_more() -> None:
    assert matched([row("lost", socket="")], [line(), line()]) == (0, 1)


def test_what_no_row_says_was_sent_is_counted() -> None:
    assert matched([row("kept")], [line(), line(text="two")]) == (0, 1)


def test_a_row_that_says_unsent_explains_nothing() -> None:
    assert matched([row("unsent", socket="")], [line()]) == (0, 1)


def test_the_same_words_kept_twice_are_counted() -> None:
    rows = [row("kept"), row("kept", socket="s2"), row("kept", text="two"), row("late")]

    assert kept_again(rows) == 1


def test_what_the_end_of_a_slot_cut_is_counted_by_speech_session() -> None:
    ended = [row("cut", code="slot-ended", socket=socket) for socket in ("s1", "s2", "s1")]

    assert unrenewed(ended) == [2, 1]


def test_what_came_when_its_claim_was_lost_is_counted_by_claim() -> None:
    late = [row("late", code="lease-lost", fence=fence) for fence in (1, 2, 2)]

    assert unrenewed(late) == [1, 2]


def test_what_was_sent_again_for_another_reason_was_renewed() -> None:
    assert unrenewed([row("unsent", code="slot-ended"), row("cut", code="close-1006")]) == []
    assert unrenewed([row("late", code="store-unavailable"), row("lost", socket="")]) == []
