"""What is installed is whole: the wheel carries what the program reads at run time."""

import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from tests.servers.places import REPOSITORY


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> set[str]:
    """The names of the files in a wheel that was just built."""
    folder = tmp_path_factory.mktemp("wheel")
    builder = WheelBuilder(str(REPOSITORY))
    (path,) = builder.build(directory=str(folder), versions=["standard"])
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize("package", ["narrator", "workers", "migrations"])
def test_the_wheel_carries_each_file_of_a_package(wheel, package):
    files = (REPOSITORY / package).rglob("*")
    carried = {str(f.relative_to(REPOSITORY)) for f in files if f.is_file()}
    assert {name for name in carried if "__pycache__" not in Path(name).parts} - wheel == set()


def test_the_wheel_carries_the_sample_book(wheel):
    assert "narrator/samples/the-adventures-of-sherlock-holmes.epub" in wheel


def test_the_wheel_carries_nothing_else(wheel):
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "narrator",
        "workers",
        "migrations",
    }
