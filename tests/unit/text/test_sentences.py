"""Where sentences end. In the texts of these tests a bar stands where one does."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.text.sentences import sentence_ends, sentence_spans

PIECES = (*"“”‘’\"'\n。»", "Mr. ", "He ", "went", ". ", "! ", "… ", "… he", "A.", "5")
PIECED = st.lists(st.sampled_from(PIECES)).map("".join)


def bars(text: str, language: str = "en") -> str:
    """`text` with a bar at the start of each sentence but the first."""
    return "|".join(text[start:end] for start, end in sentence_spans(text, language))


def holds(marked: str, language: str = "en") -> bool:
    return bars(marked.replace("|", ""), language) == marked


@pytest.mark.parametrize(
    "text",
    [
        "It rained. |Did it snow?  |No! |He went on.",
        "The lamp went out… |She lit another. |It, too, went out... |Then nobody spoke.",
        "It rained\non and on.",
        "He paid £1.50 for it at 10.30 in the morning.",
        "(The door was shut.) |He knocked. |[Nobody came.] |He left.",
        "The house (it was old. |It was also cold.) stood empty.",
        "“* * *.” It rained.",
        "It rained.[1] |It snowed.² |It froze.* |(See p. 5.) |Then it thawed.",
        "It rained. . . . |Martha slept. |He paused. |“... Then?” he asked.",
        "It rained. |What? |_Rain?_ |*Yes*, rain. |_It_ did.",
    ],
)
def test_sentences_end_at_stops(text):
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "“Run!” he cried. |“They have seen us.”",
        "“Run!” cried the boy. |“They have seen us. |Run, I say!”",
        "“Run,” he said. |“Now.”",
        "“Run,” he said; “now.”",
        "“Who is there?” Martha asked, with her hand on the latch. |Nobody answered.",
        "“Who is there?” I whispered. |“Is it you?”",
        "“Who is there?” old Mrs. Price called. |“Speak!”",
        "“Who is there?” Mrs. Price suddenly demanded. |“Speak!”",
        "“Who is there?” Martha’s mother asked. |“Who is it?” Martha’s old aunt called. |No one.",
        "“Who is there?” Martha and Mr. Price asked together.",
        "“Who is there?” Martha, half asleep, asked. |“Who?”",
        "“Who—?” Martha began. |“Is it—?” |Martha’s hand shook. |“It is!”",
        "“_Who?_” Martha said. |“_I_,” he said.",
        "“Who is there?” |She held up the lamp.",
        "“Who is there?” |The voice was Martha’s.",
        "“Who is there?” |Martha opened the door.",
        "“Is it far?” |Martha replied that it was. |“Then we shall ride.”",
        "“Is it far?” |Martha began to laugh.",
        "“Is it far?” |“Not very.” |“Good.”",
        "‘Is it far?’ said Tom. |‘Not very,’ said his aunt; ‘a mile.’",
        "'Is it far?' said Tom. |'Not very.'",
        '"Is it far?" said Tom. |"Not very." |He sighed.',
        "“He told me ‘Never!’ and left. |‘Never!’ |Think of it!”",
        "“ ‘Was it cold?’ I asked him. |‘Bitter,’ said he. |‘Colder than here.’ |He shivered.",
        "He wrote one word, ‘Come.’ ” |Then he slept.",
        "She cried “Fire!” and ran. |Nobody woke.",
        "“Ah! so it was you. |Well, well!”",
        "“I—” He stopped. |“No.”",
        "“No. |I will not have it. |No!”",
    ],
)
def test_a_quotation_and_its_inquit_are_one_sentence(text):
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "“It was late. |The road was bad. |I walked.",
        "It was late.” |The road was bad. |“I walked.",
        "‘It was late, “very late. |The road was bad.’ |I walked.",
    ],
)
def test_a_quotation_that_is_not_closed_hides_no_end(text):
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "Mr. Price came in with Mrs. Price and Dr. Hale.",
        "They met Messrs. Brown and Gray near St. Paul’s. |It was cold.",
        "He lived in Baker St. |He was never in.",
        "“Mr. Price, I believe? |Mr. Price of St. Ives?”",
        "J. R. R. Tolkien and C. S. Lewis met there. |They talked.",
        "It was Mary B. Smith who wrote it.",
        "It was I. |Who else? |You and I. |They knew.",
        "We chose plan B. |It failed. |He fell out with C. |I laughed.",
        "J. I. Smith did not. |Neither did Lt. Col. Jones or Mr. and Mrs. Brown.",
        "Davis Sr. |He was old. |Davis Jr. |He was not. |Roe v. Wade was read.",
        "We met at 5 p.m. Monday. |We met at 9 a.m. EST.",
        "It is in the U.S. Army list. |He read it in the U.S. |He was young.",
        "He said a great deal, e.g. John’s story, i.e. all of it.",
        "See vol. 3, ch. IV, and Fig. 2. |See also No. 7.",
        "He came on Sept. 5. |She left on Oct. 9.",
        "He came at 5 p.m. |He left at 6 a.m. sharp. |At 7 p.m. |Martha came.",
        "They ate cakes, tarts, etc. |Martha paid.",
        "He bowed to me. |Martha laughed. |To _me_. |Martha smiled. |If you will, you may. |Why?",
        "1. Wash it. |2. Dry it. |A. Slowly. |IV. Rest.",
        "He died in 1895. |I was a child. |King Henry VIII. |It was he.",
    ],
)
def test_an_abbreviation_ends_no_sentence_unless_one_ends_there(text):
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "Well… perhaps it was… the wind.",
        "Well... perhaps it was. . . the wind.",
        "Tyger Tyger, burning bright,\nIn the forests of the night;\nWhat immortal hand",
        "What dread hand? & what dread feet?",
        "The bells—ah! the bells!—rang.",
    ],
)
def test_a_sentence_that_goes_on_is_not_cut(text):
    assert holds(text)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Herr Dr. Klein kam am 3. Oktober, z. B. mit Prof. Groß. |Er blieb."),
        ("de-AT", "„Halt!“ rief er. |„Los! |Geh schon.“ |»Nein!« |Sie ging."),
        ("fr", "M. Dupont et Mme. Durand arrivent. |« Arrête ! » cria-t-il. |« Oui. » |Il part."),
        ("es", "¿Qué? |¡Hola! |El Sr. Gómez vino. |—¿Dónde? —preguntó él. |—Aquí."),
        ("it", "Il sig. Rossi arrivò. |«Fermo!» gridò. |Il dott. Verdi rise."),
        ("nl", "Dhr. Jansen kwam. |‘Stop!’ riep hij. |Mevr. De Vries lachte."),
        ("ja", "彼は言った。|「行け！」と叫んだ。|そうか？|はい。"),  # noqa: RUF001 - marks of many scripts
        ("zh", "他走了。|“走吧！”他说。|好的。"),  # noqa: RUF001 - marks of many scripts
        ("ru", "«Стой!» — закричал он. |«Иди сюда». |Он пошёл."),
        ("pt", "— Pare! — disse ele. |— Venha cá."),
        ("hi", "वह गया। |वह आया।"),
        ("ar", "ذهب. |هل جاء؟ |نعم."),
    ],
)
def test_other_languages_have_their_own_ways(language, text):
    assert holds(text, language)


@pytest.mark.parametrize("language", ["", "en", "de-AT", "zz", "not a tag"])
def test_any_language_tag_will_do(language):
    assert len(sentence_ends("One is here. Two is there.", language)) == 1


@given(
    st.text() | st.lists(st.sampled_from(PIECES)).map("".join), st.sampled_from(["en", "fr", "ja"])
)
def test_sentences_cover_the_text_in_order(text, language):
    spans = sentence_spans(text, language)
    assert "".join(text[start:end] for start, end in spans) == text
    assert all(start < end for start, end in spans)


@given(PIECED)
def test_every_sentence_has_something_to_say_unless_none_has(text):
    spans = sentence_spans(text, "en")
    assert len(spans) <= 1 or all(any(map(str.isalnum, text[a:b])) for a, b in spans)


def test_a_paragraph_as_long_as_a_book_is_cut_as_a_short_one_is():
    sentence = "“So,” Mr. Holmes said. "
    ends = sentence_ends(sentence * 4_000, "en")
    assert ends == [len(sentence) * number for number in range(1, 4_000)]


def test_marks_without_end_take_time_in_proportion():
    began = time.process_time()
    assert sentence_ends("`" * 300_000 + "x", "en") == []
    assert time.process_time() - began < 15  # 40 if all of it is looked at at once
