"""The limiter: what it promises of every signal, and that blocks have no borders in it."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from narrator.audio.limiter import ATTACK_DB, DIP_DB, RELEASE_DB, Curve, Limiter, levelled
from narrator.audio.loudness import HOP, PEAKS, Hops, Meter, hops_of
from narrator.audio.pcm import FULL_SCALE, Samples

seeds = st.integers(0, 2**32 - 1)
gains = st.floats(0.05, 31.6)  # up to 30 dB
ceilings = st.floats(0.1, 1.0)


def peaky(seed: int, hops: int, *, quiet: float = 0.02) -> Samples:
    """Noise, silent in places, with a few samples as high as they can be."""
    dice = np.random.default_rng(seed)
    loudness = np.repeat(dice.choice([0.0, quiet, 0.3], hops * 8), HOP // 8)
    sound = dice.standard_normal(hops * HOP) * loudness * FULL_SCALE / 3
    sound[dice.integers(0, len(sound), 6)] = dice.choice([-32_768, 32_767], 6)
    return np.asarray(np.clip(sound, -32_768, 32_767), dtype=np.int16)


def in_blocks(hops: Hops, sizes: list[int], limiter: Limiter) -> Curve:
    """The curve of hops that come in blocks of these sizes, and then all the rest."""
    pieces, first = [], 0
    for size in [*sizes, len(hops)]:
        block, ahead = hops[first : first + size], hops[first + size : first + size + 1]
        if len(block):
            pieces.append(limiter.curve(block, ahead)[:-1])
        first += size
    return np.concatenate([*pieces, [1.0]])


def dipped_at(seed: int, hops: int, share: float) -> bytes:
    """Dips at so many of the places, up to as deep as they go."""
    dice = np.random.default_rng(seed)
    depths = dice.integers(0, 256, hops * PEAKS) * (dice.random(hops * PEAKS) < share)
    return depths.astype(np.uint8).tobytes()


def steps_db(curve: Curve) -> NDArray[np.float64]:
    """By how much the gain changes from one end of 2.5 ms to the other."""
    return np.diff(20 * np.log10(curve))


@given(seed=seeds, gain=gains, ceiling=ceilings)
@settings(max_examples=40, deadline=None)
def test_no_sample_is_above_the_ceiling(seed: int, gain: float, ceiling: float) -> None:
    samples = peaky(seed, 3)
    hops = hops_of(samples)
    loud, _ = levelled(samples, Limiter(gain, ceiling).curve(hops, hops[:0]), gain)
    assert (
        np.abs(loud.astype(np.int32)).max() <= ceiling * FULL_SCALE + 0.51
    )  # half a step, and 32 bits


@given(
    seed=seeds,
    gain=gains,
    ceiling=ceilings,
    sizes=st.lists(st.integers(1, 3), max_size=6),
    dipped=st.sampled_from([0.0, 0.01, 0.2]),
)
@settings(max_examples=60, deadline=None)
def test_where_blocks_begin_is_not_heard(
    seed: int, gain: float, ceiling: float, sizes: list[int], dipped: float
) -> None:
    hops = hops_of(peaky(seed, 8))
    dips = dipped_at(seed, 8, dipped)
    whole = in_blocks(hops, [], Limiter(gain, ceiling, dips))
    found = in_blocks(hops, sizes, Limiter(gain, ceiling, dips))
    assert np.allclose(found, whole, rtol=0, atol=1e-9)


@given(seed=seeds, gain=gains, ceiling=ceilings)
@settings(max_examples=40, deadline=None)
def test_a_dip_goes_below_what_the_peak_asks_for_by_as_much_as_it_says(
    seed: int, gain: float, ceiling: float
) -> None:
    hops, dips = hops_of(peaky(seed, 4)), dipped_at(seed, 4, 0.05)
    down_db = -20 * np.log10(Limiter(gain, ceiling, dips).curve(hops, hops[:0]))
    peaks = np.maximum(hops["peaks"].ravel() * gain / (ceiling * FULL_SCALE), 1.0)
    asked_db = 20 * np.log10(peaks) + np.frombuffer(dips, dtype=np.uint8) * DIP_DB
    assert (np.minimum(down_db[:-1], down_db[1:]) >= asked_db - 1e-9).all()


@given(seed=seeds, gain=gains, ceiling=ceilings)
@settings(max_examples=40, deadline=None)
def test_the_gain_goes_down_and_comes_back_no_faster_than_is_said(
    seed: int, gain: float, ceiling: float
) -> None:
    hops = hops_of(peaky(seed, 4))
    steps = steps_db(Limiter(gain, ceiling).curve(hops, hops[:0]))
    assert steps.min() >= -ATTACK_DB - 1e-9
    assert steps.max() <= RELEASE_DB + 1e-9


@given(seed=seeds, gain=gains)
@settings(max_examples=40, deadline=None)
def test_what_stays_below_the_ceiling_is_only_multiplied(seed: int, gain: float) -> None:
    samples = peaky(seed, 2) // 64
    hops = hops_of(samples)
    loud, touched = levelled(samples, Limiter(gain, 1.0).curve(hops, hops[:0]), gain)
    assert touched == 0
    assert np.array_equal(loud, np.rint(samples * np.float32(gain)))


@given(seed=seeds, sizes=st.lists(st.integers(1, 7), max_size=5))
@settings(max_examples=40, deadline=None)
def test_a_meter_finds_the_same_however_its_samples_come(seed: int, sizes: list[int]) -> None:
    hops = hops_of(peaky(seed, 20))
    whole, pieces, first = Meter(), Meter(), 0
    whole.feed(hops)
    for size in [*sizes, len(hops)]:
        pieces.feed(hops[first : first + size])
        first += size
    one, other = whole.measured(20 * HOP), pieces.measured(20 * HOP)
    assert [block[:2] for block in one.blocks] == [block[:2] for block in other.blocks]
    assert np.allclose([b[2] for b in one.blocks], [b[2] for b in other.blocks])
    assert np.isclose(one.floor_rms, other.floor_rms)
    assert (one.squares, one.sample_peak) == (other.squares, other.sample_peak)
