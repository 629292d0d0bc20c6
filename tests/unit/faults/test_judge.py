"""What a recording says, beside what it should."""

from dataclasses import fields
from typing import Any

from narrator.domain.documents import Span
from tests.faults.course import Death
from tests.faults.judge import beyond_bounds, cut_by, differences, not_said_once, owed_too_much
from tests.faults.ledger import Account
from tests.faults.rig import SOCKETS
from tests.faults.schedule import Act, Fault, Target


def test_what_is_said_as_it_should_be_differs_in_nothing() -> None:
    assert differences(["one", "two"], ["one", "two"]) == (0, 0, False)


def test_a_text_that_is_not_said_is_lost() -> None:
    assert differences(["one"], ["one", "two"]) == (1, 0, False)


def test_a_text_that_is_said_twice_is_doubled() -> None:
    assert differences(["one", "one"], ["one"]) == (0, 1, False)


def test_a_text_that_the_document_has_twice_is_said_twice() -> None:
    assert differences(["one", "one"], ["one", "one"]) == (0, 0, False)


def test_texts_in_another_order_are_neither_lost_nor_doubled() -> None:
    assert differences(["two", "one"], ["one", "two"]) == (0, 0, True)


def test_a_text_that_is_said_otherwise_is_lost_and_something_else_is_too_much() -> None:
    assert differences(["won"], ["one"]) == (1, 1, False)


def test_a_killed_speech_worker_cuts_its_own_sockets() -> None:
    assert cut_by(Fault(at_seconds=0, target=Target.SPEECH, act=Act.KILL)) == SOCKETS


def test_a_broker_that_dies_cuts_nothing() -> None:
    assert cut_by(Fault(at_seconds=0, target=Target.VALKEY, act=Act.EMPTY)) == 0


def test_two_utterances_a_socket_may_be_owed_by_what_dies_and_no_more() -> None:
    def owing(utterances: int) -> Death:
        return Death(at=0.0, kind="speech kill", pids=[], utterances=utterances, slots=3)

    assert [owed_too_much(owing(6)), owed_too_much(owing(7))] == [False, True]


KILLED = [Fault(at_seconds=0, target=Target.SPEECH, act=Act.KILL)]


def sent_again(utterances: int, *unrenewed: int) -> Account:
    """An account of so many utterances; those of each session or claim that was not renewed."""
    nothing: dict[str, Any] = {field.name: 0 for field in fields(Account)}
    return Account(**nothing | {"resent_utterances": utterances, "unrenewed": list(unrenewed)})


def test_two_utterances_of_each_socket_that_a_fault_cuts_may_be_sent_again_and_no_more() -> None:
    most = 2 * SOCKETS

    assert beyond_bounds(sent_again(most), KILLED) == {}
    assert list(beyond_bounds(sent_again(most + 1), KILLED).values()) == [[most + 1, most]]


def test_what_is_lost_because_it_was_not_renewed_in_time_is_no_fault_s() -> None:
    assert beyond_bounds(sent_again(2 * SOCKETS + 5, 2, 2, 1), KILLED) == {}


def test_two_utterances_of_what_was_not_renewed_may_be_sent_again_and_no_more() -> None:
    assert list(beyond_bounds(sent_again(5, 2, 3), []).values()) == [[3, 2]]


def test_words_that_a_manifest_leaves_out_are_told_whatever_it_says_of_skips() -> None:
    assert not_said_once("Page One two.\n\nThree.", [Span(start=5, end=13)]) == ["Three."]


def test_words_that_two_chunks_say_are_told() -> None:
    spans = [Span(start=0, end=8), Span(start=4, end=8)]

    assert not_said_once("One two.", spans) == ["two."]


def test_of_a_manifest_that_has_every_word_once_nothing_is_told() -> None:
    spans = [Span(start=0, end=3), Span(start=4, end=8)]

    assert not_said_once("One two.", spans) == []
