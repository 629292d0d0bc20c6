"""`narrator speak-server`, as a process."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.integration

REPOSITORY = Path(__file__).parents[3]
KEY = {"Authorization": "Token any"}


@contextlib.contextmanager
def started(*options):
    """Start the command on a free port; yield its base URL once it says that it is ready."""
    command = [sys.executable, "-m", "narrator", "speak-server", "--port", "0", *options]
    server = subprocess.Popen(
        [*command, "--voice-engine", "tone"], stdout=subprocess.PIPE, cwd=REPOSITORY
    )
    try:
        assert server.stdout is not None
        ready = json.loads(server.stdout.readline())
        yield ready["url"].replace("ws://", "http://").removesuffix("/v1/speak")
    finally:
        server.terminate()
        server.communicate(timeout=30)


def test_bursts_and_their_counts_are_to_be_had_from_the_command_line():
    with started("--burst-every", "1000", "--burst-seconds", "1000") as base:
        statuses = [httpx.get(f"{base}/v1/speak", headers=KEY).status_code for _ in range(2)]
        counted = httpx.get(f"{base}/v1/stats").json()
    assert statuses == [429, 503]
    assert counted["strikes"] == {"burst-429": 1, "burst-503": 1}


def test_a_burst_longer_than_its_period_is_refused_with_what_to_do():
    command = [sys.executable, "-m", "narrator", "speak-server", "--port", "0"]
    ran = subprocess.run(
        [*command, "--burst-every", "3", "--burst-seconds", "4"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode != 0
    assert "shorter than its period" in ran.stderr
