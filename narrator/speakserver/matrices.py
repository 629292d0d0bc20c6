"""Matrix products on one core."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# OpenBLAS shares a product among all cores from m * n * k = 4 * 65536 on. For matrices as small as
# ours that costs more than it saves (measured on two cores: 25 times slower), and it takes the
# other core from whoever needs it.
_LARGEST_PRODUCT = 4 * 65_536


def product(left: Floats, right: Floats) -> Floats:
    """Return `left @ right`, made in portions of rows that are too small to be shared out."""
    rows = max(_LARGEST_PRODUCT // right.size, 1)
    out = np.empty((left.shape[0], right.shape[1]), np.float32)
    for start in range(0, len(left), rows):
        np.matmul(left[start : start + rows], right, out=out[start : start + rows])
    return out
