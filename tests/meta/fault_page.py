"""Write `docs/faults.md` anew: `python -m tests.meta.fault_page`."""

from narrator.domain.fault_page import page
from tests.servers.places import REPOSITORY

PAGE = REPOSITORY / "docs" / "faults.md"

if __name__ == "__main__":
    PAGE.write_text(page())
