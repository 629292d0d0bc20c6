"""How large a document may be before it is refused, so that no file can exhaust its reader."""

MEBIBYTE = 1024 * 1024

MOST_DOCUMENT_BYTES = 512 * MEBIBYTE
"""The file as it was handed in; picture books reach some hundred."""

MOST_ENTRIES = 20_000
"""Files in an EPUB; the largest sample book of the IDPF has 2,014."""

MOST_MEMBER_BYTES = 32 * MEBIBYTE
"""One file of an EPUB, inflated; whatever the archive's own header says."""

MOST_TEXT_BYTES = 128 * MEBIBYTE
"""All files of an EPUB that are read, inflated."""

MOST_SOURCE_CHARS = 20_000_000
"""Characters of the source; *War and Peace* has about three million."""

MOST_PAGES = 20_000
"""Pages of a PDF; encyclopaedias in one file reach a few thousand."""
