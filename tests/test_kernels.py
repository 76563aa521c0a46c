"""The compiled core: random words, look-ups, counts and tails, against slow twins and laws."""

import ast
import importlib
import math
import os
import subprocess
import sys
from pathlib import Path

import numba as nb
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import special, stats

from solidair.models.severity import Lognormal, Lomax
from solidair.models.shocks import GammaShock, LognormalShock
from solidair.models.tables import CELL_BITS, SIDE, quantile_table
from solidair.pool import kernels
from solidair.pool.kernels import random as kernel_random
from solidair.pool.kernels import tables as kernel_tables
from solidair.pool.kernels.jit import OPTIONS, STAMP, digest_of
from tests import naive, naive_paths

EPS = np.finfo(float).eps
UNIFORM_STEP = 2.0**-52
RATES = [0.01, 0.3, 1.0, 5.0, 9.999, 10.0, 10.5, 12.0, 20.0, 50.0, 100.0, 300.0, 1e3, 1e4, 1e5]


@nb.njit
def _poissons(u, rate):
    out = np.empty(len(u), np.int64)
    for i in range(len(u)):
        out[i] = kernels.poisson_quantile(u[i], rate)
    return out


@nb.njit
def _words(seed, key, moment, n):
    out = np.empty(n, np.uint64)
    for i in range(n):
        out[i] = kernels.threefry2x64(np.uint64(seed), np.uint64(key), np.uint64(moment), np.uint64(i))[i & 1]
    return out


@nb.njit
def _look_ups(table, words):
    out = np.empty(len(words))
    for i in range(len(words)):
        out[i] = kernels.look_up(table, words[i])
    return out


# --- words and uniforms


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [  # vector P02, from tests/kat_vectors of Random123
        ((0, 0), (0, 0), (0xC2B6E3A8C2C69865, 0x6F81ED42F350084D)),
        ((2**64 - 1,) * 2, (2**64 - 1,) * 2, (0xE02CB7C4D95D277A, 0xD06633D0893B8B68)),
        (
            (0x243F6A8885A308D3, 0x13198A2E03707344),
            (0xA4093822299F31D0, 0x082EFA98EC4E6C89),
            (0x263C7D30BB0F0AF1, 0x56BE8361D3311526),
        ),
    ],
)
def test_threefry_gives_the_published_words(counter, key, words):
    arguments = [np.uint64(x) for x in (*key, *counter)]
    assert tuple(int(x) for x in kernels.threefry2x64(*arguments)) == words
    assert naive.threefry2x64(key, counter) == words


@pytest.mark.parametrize(
    ("word", "expected"),
    [  # vector P04, open form
        (0x0000000000000000, 1.1102230246251565e-16),
        (0xFFFFFFFFFFFFFFFF, 0.9999999999999999),
        (0x0123456789ABCDEF, 0.004444444444444362),
    ],
)
def test_uniform_is_exact_and_open(word, expected):
    assert kernels.uniform(np.uint64(word)) == expected == naive.uniform(word)
    assert 0.0 < expected < 1.0


WORD = st.integers(0, 2**64 - 1)


@settings(deadline=None)
@given(WORD, WORD, WORD, WORD)
def test_threefry_equals_its_twin(a, b, c, d):
    words = kernels.threefry2x64(*(np.uint64(x) for x in (a, b, c, d)))
    assert tuple(int(x) for x in words) == naive.threefry2x64((a, b), (c, d))


def test_words_in_batches_lie_where_the_layout_says():
    words = np.zeros(128, np.uint64)
    kernel_random.fill(words, np.uint64(1), np.uint64(2), np.uint64(3), 64, 64)
    for m in range(128, 256):
        counter, which = 64 * (m // 128) + m % 64, (m // 64) % 2
        assert int(words[m - 128]) == naive.threefry2x64((1, 2), (3, counter))[which]


# --- look-ups

TABLE = quantile_table(Lognormal(9.0, 1.3))
VALUES = TABLE.tolist()


@settings(max_examples=300, deadline=None)  # the first example compiles
@given(WORD, st.integers(0, 63))
@example(0, 0)
@example(2**63, 0)
@example(2**63 - 1, 0)
@example(2**64 - 1, 0)
def test_look_up_equals_its_twin(word, shift):
    for w in (word >> shift, 2**64 - 1 - (word >> shift)):
        assert kernels.look_up(TABLE, np.uint64(w)) == naive.look_up(VALUES, w)


def test_layout_of_the_tables_is_the_one_of_the_kernel():
    assert (kernel_tables.CELL_BITS, kernel_tables.SIDE) == (CELL_BITS, SIDE)
    assert len(naive.TAIL_PROBABILITIES) == SIDE


# --- normal and Poisson quantiles


def test_normal_quantile_agrees_with_scipy():
    tail = 2.0 ** -np.linspace(1, 53, 20_001)
    middle = np.linspace(0.0005, 0.9995, 20_001)
    p = np.concatenate([tail, middle, 1 - tail[tail > 2.0**-52]])
    ours = np.array([kernels.normal_quantile(x) for x in p])
    np.testing.assert_allclose(ours, special.ndtri(p), rtol=1e-14, atol=1e-16)


def _uniforms(rate):
    """Return uniforms of the kernel's lattice: everywhere, both tails, and close to every jump of the cdf."""
    rng = np.random.Generator(np.random.PCG64(12))
    spread = rng.random(4_000)
    tail = 2.0 ** -rng.uniform(1, 52, 4_000)
    k = np.arange(max(0, math.floor(rate - 9 * math.sqrt(rate)) - 3), math.ceil(rate + 9 * math.sqrt(rate)) + 10)
    k = k[:: max(1, len(k) // 300)]
    away = np.array([s * 10.0**-d for s in (-1, 1) for d in range(1, 15)] + [0.0])
    jumps = special.pdtr(k, rate)[:, np.newaxis] * (1 + away)
    mirrored = 1 - special.pdtrc(k, rate)[:, np.newaxis] * (1 + away)
    u = np.concatenate([spread, tail, 1 - tail, jumps.ravel(), mirrored.ravel()])
    u = (np.floor(np.clip(u, 0, 1) / UNIFORM_STEP) + 0.5) * UNIFORM_STEP
    return np.concatenate([u[u < 1], [0.5 * UNIFORM_STEP, 1 - 0.5 * UNIFORM_STEP]])


@pytest.mark.parametrize("rate", RATES)
def test_poisson_quantile_is_the_quantile(rate):
    u = _uniforms(rate)
    k = _poissons(u, rate)
    # F(k) >= u > F(k - 1), in the upper half as sf(k) <= 1 - u < sf(k - 1): there 1 - u is exact.
    upper = u >= 0.5
    tail = np.where(upper, 1 - u, u)
    at = np.where(upper, -special.pdtrc(k, rate), special.pdtr(k, rate))
    before = np.where(k == 0, 0.0, special.pdtr(np.maximum(k - 1, 0), rate))
    before = np.where(upper, -np.where(k == 0, 1.0, special.pdtrc(np.maximum(k - 1, 0), rate)), before)
    goal = np.where(upper, -tail, tail)
    # The first mass is exp of a difference of numbers of size rate log(rate); each term adds a rounding.
    # Small rates sum from zero unless the tail is below 0.001: roundings of numbers near 1, not of the tail.
    size = np.where((rate < 10) & (tail > 1e-3), 1.0, tail)
    slack = EPS * (16 + 2 * rate * abs(math.log(rate)) + 20 * math.sqrt(rate)) * size
    assert np.all(at >= goal - slack)
    assert np.all(before < goal + slack)


def test_poisson_quantile_agrees_with_scipy_and_the_twin():
    rng = np.random.Generator(np.random.PCG64(3))
    for rate in (0.05, 2.0, 9.5, 11.0, 80.0, 345.0):
        u = (np.floor(rng.random(60) / UNIFORM_STEP) + 0.5) * UNIFORM_STEP
        k = _poissons(u, rate)
        np.testing.assert_array_equal(k, stats.poisson(rate).ppf(u))
        assert k.tolist() == [naive.poisson_quantile(float(x), rate) for x in u]


def test_poisson_quantile_of_no_rate_is_zero():
    assert kernels.poisson_quantile(0.999999, 0.0) == 0
    assert kernels.poisson_quantile(1 - 2.0**-53, 1e-300) == 0


LATTICE = st.integers(0, 2**52 - 1).map(lambda k: (k + 0.5) * UNIFORM_STEP)
RATE = st.floats(-5, 4).map(lambda x: 10.0**x)


@settings(max_examples=300, deadline=None)  # the first example compiles
@given(LATTICE, LATTICE, RATE)
def test_poisson_quantile_rises_with_u(u, v, rate):
    assert kernels.poisson_quantile(min(u, v), rate) <= kernels.poisson_quantile(max(u, v), rate)


@settings(max_examples=300, deadline=None)  # the first example compiles
@given(LATTICE, RATE, st.one_of(RATE, st.floats(0, 1e-3)))
@example(0.9999, 9.9999999, 1e-8)
def test_poisson_quantile_rises_with_the_rate(u, rate, more):
    assert kernels.poisson_quantile(u, rate) <= kernels.poisson_quantile(u, rate + more)


# --- Student's t


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 7, 30])
def test_student_tail_agrees_with_scipy_and_the_twin(degrees):
    t = np.concatenate([[0.0], 10.0 ** np.linspace(-8, 6, 2_001)])
    ours = np.array([kernels.student_tail(x, degrees) for x in t])
    # A difference with 1/2 of a sum of `degrees` / 2 positive terms that is at most 1/2: each adds a rounding, and
    # theta = atan(x), whose argument carries two, moves sine and cosine by at most as much.
    slack = EPS * (degrees + 8)
    # Not special.stdtr, which is 3e-9 off at t = 1e-8.
    share = special.betainc(0.5, degrees / 2, t**2 / (degrees + t**2))
    beyond = special.betainc(degrees / 2, 0.5, degrees / (degrees + t**2)) / 2
    np.testing.assert_allclose(ours, np.where(t < 1, (1 - share) / 2, beyond), rtol=0, atol=slack)
    np.testing.assert_allclose(ours, [naive_paths.student_tail(x, degrees) for x in t], rtol=0, atol=slack)
    assert ours[0] == 0.5 and np.all(ours >= 0)


@settings(max_examples=300, deadline=None)  # the first example compiles
@given(st.floats(2.0**-53, 0.5, exclude_max=True), st.booleans())
@example(2.0**-60, False)
@example(0.5 - 2.0**-54, True)
def test_look_up_at_a_tail_equals_its_twin(tail, upper):
    ours = kernel_tables.look_up_tail(TABLE, np.uint64(0), tail, upper)
    assert ours == naive_paths.look_up_tail(VALUES, tail, upper)


def test_look_up_at_a_tail_is_the_one_at_a_word():
    words = _words(4, 5, 6, 2_000)
    for word in words:
        u = kernels.uniform(word)
        ours = kernel_tables.look_up_tail(TABLE, np.uint64(0), min(u, 1 - u), bool(u > 0.5))
        assert ours == kernels.look_up(TABLE, word)


# --- laws, with seeds: a fault of chance has probability 1e-6 for each

ALPHA = 1e-6


def _far(n):
    """Return the distance that an empirical cdf of n draws passes with probability ALPHA (Massart 1990)."""
    return math.sqrt(math.log(2 / ALPHA) / (2 * n))


@pytest.mark.parametrize("law", [Lognormal(9.0, 1.3), Lomax(2.2, 30_000.0), GammaShock(0.8), LognormalShock(0.22)])
def test_look_ups_follow_the_law(law):
    drawn = _look_ups(quantile_table(law), _words(11, 22, 33, 200_000))
    # Linear interpolation in cells of width p / 128 moves a probability by less than 1e-4, beside 6e-3.
    assert stats.kstest(drawn, law.cdf).statistic < _far(len(drawn)) + 1e-4


# --- the files themselves

FOLDER = Path(kernels.__file__).parent
CORE = "solidair.pool.kernels."


def _faults(source):
    """Return what the stamp of the core would not see, or what would make results differ."""
    tree = ast.parse(source)
    imported = {
        name.asname or name.name: node.module
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    jitted = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and {ast.unparse(d) for d in node.decorator_list} & {"jit", "within"}
    ]
    faults = []
    for function in jitted:
        for node in [n for statement in function.body for n in ast.walk(statement)]:
            home = imported.get(node.id, CORE) if isinstance(node, ast.Name) else CORE
            if not home.startswith(CORE):
                faults.append(f"{function.name}: {node.id} comes from {home}")
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "np.random":
                faults.append(f"{function.name}: np.random")
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    faults += [f"compiled by {call} instead of jit or within" for call in calls if call.endswith("njit")]
    return faults


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.py")), ids=lambda file: file.stem)
def test_the_core_calls_nothing_that_its_stamp_does_not_cover(file):
    if file.stem != "jit":  # which makes the options for all others
        assert _faults(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("from a import g\n@jit\ndef f(x):\n    return g(x)", "f: g comes from a"),
        (
            "from solidair.models.tables import SIDE\n@within\ndef f():\n    return SIDE",
            "f: SIDE comes from solidair.models.tables",
        ),
        ("@jit\ndef f(x):\n    return np.random.random()", "f: np.random"),
        ("import numba as nb\nf = nb.njit(g)", "compiled by nb.njit instead of jit or within"),
    ],
)
def test_the_check_of_the_files_sees_faults(source, fault):
    assert _faults(source) == [fault]


def test_every_compiled_function_carries_the_stamp_of_all_files():
    assert digest_of(FOLDER) == STAMP
    compiled = [
        value
        for name in ("random", "tables", "counts", "shocks", "cases", "stays", "block")
        for value in vars(importlib.import_module(f"{CORE}{name}")).values()
        if hasattr(value, "py_func")
    ]
    assert len(compiled) > 30
    assert {function._cache._cache_file._source_stamp for function in compiled} == {STAMP}
    assert OPTIONS == {"cache": True, "nogil": True, "fastmath": False, "_nrt": False}


def test_a_change_in_one_file_is_seen_by_functions_of_another(tmp_path):
    """For real: `twice` of one file calls `once` of another, which then changes; the cache must not answer."""
    core = tmp_path / "core"
    core.mkdir()
    (core / "__init__.py").write_text("")
    (core / "jit.py").write_text((FOLDER / "jit.py").read_text(encoding="utf-8"))
    (core / "high.py").write_text(
        "from core.jit import jit\nfrom core.low import once\n@jit\ndef twice(x):\n    return 2 * once(x)\n"
    )

    def run(factor):
        (core / "low.py").write_text(f"from core.jit import jit\n@jit\ndef once(x):\n    return {factor} * x\n")
        code = "from core.high import twice; print(twice(1), sum(twice.stats.cache_hits.values()))"
        environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(tmp_path)}
        environment |= {"PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        return done.stdout.split()

    assert run(10) == ["20", "0"]
    assert run(10) == ["20", "1"]  # from the cache
    assert run(11) == ["22", "0"]  # and not from the cache, though high.py is what it was
