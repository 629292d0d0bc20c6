"""A file system of its own that is soon full, for a child process: a real one, without a mock.

The child sees it at the folder it is given; nobody else does, and it is gone with the child.
"""

import subprocess
import sys
from pathlib import Path

from tests.servers.places import REPOSITORY

DISK_BYTES = 4 << 20

_MOUNTED = 'mount -t tmpfs -o size=$1,mode=700 tmpfs "$0" && shift && exec "$@"'


def run(folder: Path, program: str, *, disk_bytes: int = DISK_BYTES) -> str:
    """Run Python in `folder`, a disk of so many bytes; what it printed. It must end well."""
    folder.mkdir()
    argv = ["unshare", "--user", "--map-root-user", "--mount"]
    argv += ["sh", "-c", _MOUNTED, str(folder), str(disk_bytes)]
    done = subprocess.run(
        [*argv, sys.executable, "-c", program, str(folder)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
