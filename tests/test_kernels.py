"""The compiled core: random words, look-ups, counts and the pass over cases, against slow twins and laws."""

import ast
import builtins
import inspect
import math

import numba as nb
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import special, stats

from solidair.models.severity import Lognormal, Lomax
from solidair.models.shocks import GammaShock, LognormalShock
from solidair.models.tables import CELL_BITS, SIDE, constant_table, quantile_table
from solidair.pool import kernels
from tests import naive

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
    kernels._fill(words, np.uint64(1), np.uint64(2), np.uint64(3), 64, 64)
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
    assert (kernels._CELL_BITS, kernels._SIDE) == (CELL_BITS, SIDE)
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


# --- the pass over all cases


def _arguments(expected, need, *, dispersed=True, attachments=((0.0,),), shared=False):
    """Return the arguments of `draw_block` between `years` and `out`, and the number of measures."""
    members, types = np.shape(expected)
    rng = np.random.Generator(np.random.PCG64(99))

    def keys(*shape):
        return rng.integers(0, 2**64, shape, dtype=np.uint64)

    def shock(sd):
        return quantile_table(LognormalShock(sd)) if dispersed else constant_table(1.0)

    def dispersion(size):
        return quantile_table(GammaShock(size)) if dispersed else constant_table(1.0)

    laws = [Lognormal(9.0 - c / 4, 1.1 + c / 10) for c in range(types)]
    per_type = [attachments[min(c, len(attachments) - 1)] for c in range(types)]
    starts = np.concatenate([[0], np.cumsum([len(points) for points in per_type])])
    flat = np.concatenate(per_type)
    if shared:  # all types together: the n-th attachment of any type adds to measure n
        place = np.concatenate([np.arange(len(points)) for points in per_type])
        counts = np.full(types, place.max() + 1)
    else:
        place = np.arange(len(flat))
        counts = len(flat) + np.arange(types)
    measures = int(counts.max()) + 1
    arguments = (
        np.array(expected, dtype=np.float64), np.array(need, dtype=np.float64), shock(0.22), keys(members),
        np.array([shock(x) for x in (0.03, 0.04, 0.05)]), keys(3, members),
        np.array([shock(x) for x in (0.014, 0.01, 0.02)]), keys(3, members),
        np.array([dispersion(3.0 + c) for c in range(types)]),
        keys(members, types), keys(members, types),
        np.array([quantile_table(law) for law in laws]), keys(members, types),
        starts.astype(np.int64), flat, place.astype(np.int64), counts.astype(np.int64),
    )  # fmt: skip
    return arguments, measures


def _drawn(arguments, measures, sims, *, seed=5, first=0, years=1):
    out = np.zeros((measures, sims, years, len(arguments[1])))
    kernels.draw_block(np.uint64(seed), first, years, *arguments, out)
    return out


@pytest.mark.parametrize("shared", [False, True], ids=["own measures", "shared measures"])
@pytest.mark.parametrize(("first", "years"), [(0, 1), (2**33 + 7, 3)])
def test_draw_block_equals_its_twin_bit_for_bit(shared, first, years):
    # Rates above 300 take several batches of 128 cases; NaN is a need that is drawn.
    expected = [[0.4, 340.0, 3.0], [12.0, 0.0, 150.0], [0.02, 7.0, 31.0]]
    points = ((0.0, 5_000.0, 20_000.0), (0.0,), (0.0, 9_000.0, 30_000.0))
    arguments, measures = _arguments(expected, [1.0, np.nan, 0.7], attachments=points, shared=shared)
    sims = 3
    ours = _drawn(arguments, measures, sims, first=first, years=years)
    lists = [a.tolist() for a in arguments]
    twin = np.array(naive.draw_block(5, first, sims, years, *lists, measures))
    np.testing.assert_array_equal(ours, twin)
    assert ours[:, :, :, 0].max() > 300 and np.all(ours.sum(axis=(1, 2, 3)) > 0)


def test_clients_need_not_be_counted():
    arguments, measures = _arguments([[30.0]], [1.0])
    uncounted = _drawn((*arguments[:-1], np.array([-1])), measures, 5)
    counted = _drawn(arguments, measures, 5)
    np.testing.assert_array_equal(uncounted[0], counted[0])
    assert not uncounted[1].any() and counted[1].all()


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


def test_single_cases_of_the_kernel_follow_the_severity():
    arguments, measures = _arguments([[1.0]], [1.0], dispersed=False)
    cost, clients = _drawn(arguments, measures, 200_000).reshape(2, -1)
    single = cost[clients == 1]
    assert len(single) > 60_000
    assert stats.kstest(single, Lognormal(9.0, 1.1).cdf).statistic < _far(len(single)) + 1e-4


@pytest.mark.parametrize("rate", [0.7, 9.0, 60.0])
@pytest.mark.parametrize("dispersed", [False, True])
def test_counts_follow_their_law(rate, dispersed):
    arguments, measures = _arguments([[rate]], [1.0], dispersed=False)
    law = stats.poisson(rate)
    if dispersed:
        arguments = (*arguments[:8], quantile_table(GammaShock(3.0))[np.newaxis], *arguments[9:])
        law = stats.nbinom(3.0, 3.0 / (3.0 + rate))
    n = 60_000
    clients = _drawn(arguments, measures, n)[1].ravel().astype(int)
    # Bins of at least 25 expected years, so that the statistic is chi-square.
    edges = np.unique(law.ppf(np.linspace(0, 1, 60)[1:-1])).astype(int)
    edges = edges[(law.sf(edges) * n > 25) & (law.cdf(edges) * n > 25)]
    bins = np.diff(np.concatenate([[0.0], law.cdf(edges), [1.0]])) * n
    seen = np.bincount(np.searchsorted(edges, clients), minlength=len(bins))
    statistic = np.sum((seen - bins) ** 2 / bins)
    assert bins.min() > 25 and statistic < stats.chi2(len(bins) - 1).isf(ALPHA)


def test_neighbours_are_independent():
    n = 40_000
    arguments, measures = _arguments([[4.0, 9.0], [4.0, 9.0]], [1.0, 1.0], dispersed=False)
    cost_0, cost_1, clients_0, clients_1 = _drawn(arguments, measures, n, years=2).reshape(4, n, 4)
    clients = np.hstack([clients_0, clients_1])
    mean_cost = np.hstack([cost_0, cost_1]) / np.maximum(clients, 1)
    # Ranks, since cost is heavy-tailed. Beside each sim stands the next; each has 2 years, members, types.
    columns = stats.rankdata(np.hstack([clients, mean_cost]), axis=0)
    correlation = np.corrcoef(np.hstack([columns[:-1], columns[1:]]), rowvar=False)
    # The number of clients and the mean cost of the same cell may go together: without clients it is 0.
    cell = np.concatenate([np.arange(8), np.arange(8), 8 + np.arange(8), 8 + np.arange(8)])
    others = cell[:, np.newaxis] != cell
    assert others.sum() == 32 * 30
    # The correlation of two independent columns has SD 1 / sqrt(n - 1).
    assert np.abs(correlation[others]).max() < 5 / math.sqrt(n - 2)
    assert np.abs(np.diag(correlation) - 1).max() < 1e-9


# --- the file itself


def _faults(source):
    """Return what a numba cache would not see: calls and constants in jitted functions from other files."""
    tree = ast.parse(source)
    own = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    jitted = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and any(ast.unparse(d) == "_jit" for d in node.decorator_list)
    ]
    known = {"math", "np", "nb"} | set(dir(builtins)) | own
    constants = set()
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            used = {name.id for name in ast.walk(node.value) if isinstance(name, ast.Name)}
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if used <= known | constants:
                constants |= {t.id for t in targets if isinstance(t, ast.Name)}
    faults = [] if jitted else ["no jitted function at all"]
    for function in jitted:
        local = {a.arg for a in function.args.args}
        local |= {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        for node in [n for statement in function.body for n in ast.walk(statement)]:
            if isinstance(node, ast.Name) and node.id not in local | known | constants:
                faults.append(f"{function.name}: {node.id} comes from another file")
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "np.random":
                faults.append(f"{function.name}: np.random")
    options = [option for node in ast.walk(tree) if isinstance(node, ast.Call) for option in node.keywords]
    faults += ["fastmath" for o in options if o.arg == "fastmath" and ast.unparse(o.value) != "False"]
    return faults


def test_everything_that_a_cached_kernel_uses_is_in_its_file():
    assert _faults(inspect.getsource(kernels)) == []


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("from a import g\n@_jit\ndef f(x):\n    return g(x)", "f: g comes from another file"),
        ("from a import N\nM = N + 1\n@_jit\ndef f(x):\n    return x + M", "f: M comes from another file"),
        ("@_jit\ndef f(x):\n    return np.random.random()", "f: np.random"),
        ("h = nb.njit(fastmath=True)\n@_jit\ndef f(x):\n    return x", "fastmath"),
        ("def f(x):\n    return x", "no jitted function at all"),
    ],
)
def test_the_check_of_the_file_sees_faults(source, fault):
    assert _faults(source) == [fault]
