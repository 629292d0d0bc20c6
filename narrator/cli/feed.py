"""`narrator feed`: a podcast feed for files that lie on a web server."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

import click

from narrator.cli.app import OK
from narrator.cli.verify import written_for
from narrator.domain.errors import OptionRefused
from narrator.domain.manifest import Manifest, Recording
from narrator.domain.manifest_json import from_json
from narrator.podcast.chapters import chapters_json
from narrator.podcast.feed import feed as as_rss
from narrator.podcast.show import Places, chapters_name, episodes, show

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@click.argument("manifest", type=_FILE)
@click.option("--url", required=True, help="The folder of the files, as listeners reach it.")
@click.option("--image", default="", help="A cover's name in that folder, or its URL.")
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="The feed.")
def feed(manifest: Path, url: str, image: str, out: Path | None) -> int:
    """Write a podcast feed for the recording of MANIFEST, and its chapters as JSON.

    Both go beside MANIFEST: put them into the folder at --url, with the recording and what goes
    along with it. The recording counts as published when MANIFEST was written.
    """
    base = _base(url)
    proof = from_json(manifest.read_bytes())
    out = out or manifest.with_name(f"{_stem(manifest, proof)}.rss.xml")
    files = [(each, _name(manifest, proof, each)) for each in episodes(proof)]
    written = {each.name: name for each, name in files}
    renamed = {Path(old).stem: Path(new).stem for old, new in written.items()}
    _write_chapters(manifest, proof, [each for each, _ in files], renamed)

    def place(name: str) -> str:
        return base + quote(_renamed(name, renamed))

    there = {path.name for path in manifest.parent.iterdir()}
    names = {
        old + name.removeprefix(new)
        for name in there
        for old, new in renamed.items()
        if name.startswith(new)
    }
    places = Places(
        of=place,
        names=names,
        feed=base + quote(out.name),
        link=base,
        image=image if not image or "://" in image else base + quote(image),
    )
    published_at = manifest.stat().st_mtime
    out.write_bytes(as_rss(show(proof, places, published_at=published_at)))
    click.echo(out)
    return OK


def _base(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise OptionRefused(
            f"{url!r} is no address of a folder on the web",
            remedy="write it whole, such as https://example.org/books/emma/",
        )
    return url.rstrip("/") + "/"


def _name(path: Path, proof: Manifest, recording: Recording) -> str:
    """What the recording's file is called: its one file may have got another name."""
    return written_for(path, proof) if recording == proof.recording else recording.name


def _stem(path: Path, proof: Manifest) -> str:
    return Path(written_for(path, proof)).stem


def _renamed(name: str, stems: dict[str, str]) -> str:
    for old, new in stems.items():
        if name.startswith(f"{old}."):
            return new + name.removeprefix(old)
    return name


def _write_chapters(
    path: Path, proof: Manifest, files: Sequence[Recording], stems: dict[str, str]
) -> None:
    for recording in files:
        held = proof.chapters_in(recording)
        body = chapters_json(held, start_samples=recording.start_samples)
        name = _renamed(chapters_name(recording), stems)
        path.with_name(name).write_bytes(body)
