"""Names of finished files."""

import pytest

from narrator.services.publish import file_stem


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("Emma, Vol. I", "emma-vol-i"),
        ("Les Misérables", "les-miserables"),
        ("../../etc/passwd", "etc-passwd"),
        ("紅樓夢", "audiobook"),
        ("a" * 300, "a" * 80),
    ],
)
def test_a_title_becomes_a_plain_file_name(title: str, stem: str) -> None:
    assert file_stem(title) == stem
