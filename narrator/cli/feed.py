"""`narrator feed`: a podcast feed for files that lie on a web server."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import click

from narrator.cli.app import OK
from narrator.cli.delivery import named_after
from narrator.cli.verify import written_for
from narrator.domain.errors import OptionRefused
from narrator.domain.manifest import Manifest, Recording
from narrator.domain.manifest_json import from_json
from narrator.podcast.chapters import chapters_json
from narrator.podcast.feed import feed as as_rss
from narrator.podcast.show import COMPANION_SUFFIXES, Places, chapters_name, episodes, show

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
    out = out or manifest.with_name(f"{Path(written_for(manifest, proof)).stem}.rss.xml")
    for recording in episodes(proof):
        _write_chapters(_place(manifest, proof, chapters_name(recording)), proof, recording)
    places = Places(
        of=lambda name: base + quote(_place(manifest, proof, name).name),
        names=set(_there(manifest, proof)),
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
    whole = parts.scheme in {"http", "https"} and parts.netloc
    if not whole or "?" in url or "#" in url:
        raise OptionRefused(
            f"{url!r} is no address of a folder on the web",
            remedy="write it whole, such as https://example.org/books/emma/",
        )
    return url.rstrip("/") + "/"


def _place(manifest: Path, proof: Manifest, name: str) -> Path:
    """Where a file lies that the job called so: all of them are named after MANIFEST's own."""
    out = manifest.with_name(written_for(manifest, proof))
    if out.name == proof.recording.name:
        return manifest.with_name(name)
    title, extension = proof.metadata.title, proof.recording.format
    return named_after(out, name, title=title, extension=extension)


def _there(manifest: Path, proof: Manifest) -> Iterator[str]:
    """What the job called the files beside MANIFEST that go along with an episode."""
    for recording in episodes(proof):
        for suffix in COMPANION_SUFFIXES:
            name = Path(recording.name).stem + suffix
            if _place(manifest, proof, name).exists():
                yield name


def _write_chapters(path: Path, proof: Manifest, recording: Recording) -> None:
    held = proof.chapters_in(recording)
    path.write_bytes(chapters_json(held, start_samples=recording.start_samples))
