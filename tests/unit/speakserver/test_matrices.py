"""Matrix products in portions."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from narrator.speakserver.matrices import product


@given(rows=st.integers(0, 2_000), inner=st.integers(1, 300), columns=st.integers(1, 64))
def test_a_product_in_portions_is_the_product(rows, inner, columns):
    left = np.ones((rows, inner), np.float32)
    right = np.arange(inner * columns, dtype=np.float32).reshape(inner, columns)
    assert np.allclose(product(left, right), left @ right)
