"""`narrator verify`: whether this recording holds every character of that document."""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from narrator.bootstrap import bootstrap
from narrator.cli.app import FAILED, OK
from narrator.cli.judge import judgement
from narrator.cli.request import MANIFEST_SUFFIX
from narrator.domain.manifest import Manifest
from narrator.domain.manifest_json import from_json
from narrator.settings import load

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@click.argument("manifest", type=_FILE)
@click.argument("audio", type=_FILE, nargs=-1)
@click.option("--source", type=_FILE, help="The document, to be read again.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify(manifest: Path, audio: Sequence[Path], source: Path | None, *, as_json: bool) -> int:
    """Check MANIFEST, with AUDIO its recordings, and with --source the document against it.

    AUDIO may be any of the files that MANIFEST lists. Without AUDIO only the manifest's own
    accounting is checked, and the verdict says so.
    """
    proof = from_json(manifest.read_bytes())
    verdict = judgement(bootstrap(load()), proof, recordings=audio, document=source)
    meant = written_for(manifest, proof)
    if as_json:
        click.echo(json.dumps({**verdict.details, "written_for": meant}))
    else:
        click.echo("\n".join((verdict.line, *(f"  {problem}" for problem in verdict.problems))))
        if len(audio) == len(proof.files) == 1 and not verdict.ok and audio[0].name != meant:
            click.echo(f"  {manifest.name} was written for {meant}, and this is {audio[0].name}")
    return OK if verdict.ok else FAILED


def written_for(path: Path, manifest: Manifest) -> str:
    """The recording's file name: what the manifest's own says, else what the job called it."""
    name = path.name.removesuffix(MANIFEST_SUFFIX)
    return manifest.recording.name if name == path.name else name
