"""W3C Pronunciation Lexicon Specification 1.0 (PLS): a lexicon as other programs write it.

https://www.w3.org/TR/pronunciation-lexicon/ — of a lexeme's pronunciations the one preferred
counts, else the first; an alias before them all, as the specification has it. What PLS cannot say
(patterns, exact case, words inside of words) is left out of an export, and told.
"""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from lxml import etree

from narrator.domain.errors import OptionRefused
from narrator.domain.lexicon import MOST_ENTRIES, Entry, EntryKind, Lexicon, named_entry

NAMESPACE = "http://www.w3.org/2005/01/pronunciation-lexicon"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_IPA = frozenset({"ipa", "x-ipa"})


def read_pls(data: bytes) -> Lexicon:
    """The lexicon of a PLS document.

    Raises OptionRefused for what is not one, for another alphabet than IPA, and for an entry that
    cannot be carried out; the lexeme is named by its number.
    """
    root = _root(data)
    entries: list[Entry] = []
    for number, lexeme in enumerate(_children(root, "lexeme"), start=1):
        entries += _entries(lexeme, f"lexeme {number}", root.get("alphabet", ""))
        if len(entries) > MOST_ENTRIES:
            raise OptionRefused(
                f"the lexicon has more than {MOST_ENTRIES:,} entries",
                remedy="leave out what the books do not have",
            )
    return Lexicon(entries=tuple(entries))


def readable(data: bytes, *, language: str) -> tuple[Entry, ...]:
    """What can be carried out of a PLS document that comes with a text in `language` (BCP 47).

    Nothing of one that is for another language, or is no lexicon at all; never more than
    MOST_ENTRIES. What counts only for a part of speech (`role`) is left out.
    """
    try:
        root = _root(data)
    except OptionRefused:
        return ()
    own, wanted = _primary(root.get(_LANGUAGE, "")), _primary(language)
    if own and wanted and own != wanted:
        return ()
    lexemes = (each for each in _children(root, "lexeme") if not each.get("role"))
    carried_out = (_carried_out(each, root.get("alphabet", "")) for each in lexemes)
    return tuple(islice(chain.from_iterable(carried_out), MOST_ENTRIES))


def write_pls(lexicon: Lexicon, *, language: str) -> bytes:
    """A PLS document of the entries that it can hold (`in_pls`), in UTF-8."""
    attributes = {"version": "1.0", "alphabet": "ipa", _LANGUAGE: language}
    names: Any = {None: NAMESPACE}  # the stubs do not know of a namespace without a prefix
    root = etree.Element(f"{{{NAMESPACE}}}lexicon", attributes, nsmap=names)
    for entry in lexicon.entries:
        if in_pls(entry):
            lexeme = etree.SubElement(root, f"{{{NAMESPACE}}}lexeme")
            said = "phoneme" if entry.kind is EntryKind.IPA else "alias"
            for name, text in (("grapheme", entry.written), (said, entry.said)):
                etree.SubElement(lexeme, f"{{{NAMESPACE}}}{name}").text = text
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def in_pls(entry: Entry) -> bool:
    """Whether PLS can hold an entry: one that finds whole words, in whatever case."""
    is_plain = entry.whole_words and not entry.exact_case and entry.kind is not EntryKind.REGEX
    return is_plain and _is_tidy(entry.written) and _is_tidy(entry.said) and bool(entry.said)


def _carried_out(lexeme: etree._Element, alphabet: str) -> tuple[Entry, ...]:
    try:
        return tuple(_entries(lexeme, "a lexeme", alphabet))
    except OptionRefused:
        return ()


def _primary(language: str) -> str:
    return language.partition("-")[0].strip().lower()


def _is_tidy(text: str) -> bool:
    return " ".join(text.split()) == text and all(char not in text for char in "\ufffe\uffff")


def _root(data: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise OptionRefused(
            f"the lexicon is no well-formed XML (line {error.lineno})",
            remedy="send a PLS 1.0 document",
        ) from None
    information: Any = root.getroottree().docinfo  # the stubs do not know all of it
    if information.doctype:
        raise OptionRefused(
            "the lexicon has a document type, which is not read", remedy="take out its <!DOCTYPE>"
        )
    if etree.QName(root).localname != "lexicon" or etree.QName(root).namespace != NAMESPACE:
        raise OptionRefused(
            "the XML document is no pronunciation lexicon",
            remedy=f"its root is to be <lexicon> in the namespace {NAMESPACE}",
        )
    return root


def _entries(lexeme: etree._Element, where: str, alphabet: str) -> Iterator[Entry]:
    written = [words for each in _children(lexeme, "grapheme") if (words := _text(each))]
    if not written:
        raise OptionRefused(f"{where} has no grapheme", remedy="give each lexeme one or more")
    kind, said = _said(lexeme, where, alphabet)
    for words in dict.fromkeys(written):
        fields: dict[str, Any] = {"kind": kind, "written": words, "said": said}
        yield named_entry(where, fields)


def _said(lexeme: etree._Element, where: str, alphabet: str) -> tuple[EntryKind, str]:
    """What a lexeme says: its alias, or its pronunciation."""
    aliases = _preferred_first(_children(lexeme, "alias"))
    phonemes = _preferred_first(_children(lexeme, "phoneme"))
    if not aliases and not phonemes:
        raise OptionRefused(
            f"{where} has neither phoneme nor alias", remedy="give each lexeme one of them"
        )
    if aliases:
        return EntryKind.ALIAS, _text(aliases[0])
    used = phonemes[0].get("alphabet", alphabet)
    if used.lower() not in _IPA:
        raise OptionRefused(
            f"{where} is in the alphabet {used[:40]!r}",
            remedy="Deepgram takes the alphabet ipa; write the pronunciation in it, or an alias",
        )
    return EntryKind.IPA, "".join(_text(phonemes[0]).split())


def _preferred_first(elements: list[etree._Element]) -> list[etree._Element]:
    return sorted(elements, key=lambda each: each.get("prefer", "false") not in {"true", "1"})


def _children(element: etree._Element, name: str) -> list[etree._Element]:
    return element.findall(f"{{{NAMESPACE}}}{name}")


def _text(element: etree._Element) -> str:
    return " ".join("".join(str(part) for part in element.itertext(etree.Element)).split())
