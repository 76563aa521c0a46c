"""Preflight: what a run needs is known before it starts, and what cannot be finished is not begun."""

import shutil
import tracemalloc
import warnings
import weakref
from collections import namedtuple
from dataclasses import replace

import pytest

from solidair.models.problems import InputError
from solidair.pool import preflight, store
from solidair.pool.blocks import UNIT, compile_study, compute
from solidair.pool.checkpoint import Checkpoint
from solidair.pool.cluster import LOCAL, PER_WORKER, Cluster
from solidair.pool.precision import MOST, Precision
from solidair.pool.results import TABLES
from solidair.pool.run import simulate
from solidair.pool.store import kept_bytes
from tests.small import small_study

ENGINE = compile_study(small_study())
USAGE = namedtuple("USAGE", "total used free")


def test_it_counts_cases_bytes_and_time():
    plan = preflight.needs(ENGINE, 10_000, workers=2, nanoseconds=50.0)
    assert (plan.sims, plan.years, plan.members) == (10_000, 2, 3)
    assert plan.cases == ENGINE.cases_per_path and plan.kept == kept_bytes(ENGINE, 10_000)
    # Own use and two agreements, 3 members, 2 years and one expectation: 3 x 3 x 3 numbers of 8 bytes a sim.
    assert plan.kept == 10_000 * 27 * 8 and plan.disk == 0
    # Checkpoints hold no expectations: 3 x 3 x 2 numbers.
    assert plan.checkpoint == 10_000 * 18 * 8
    assert plan.seconds == pytest.approx(50e-9 * ENGINE.cases_per_path * 10_000 / 2)
    assert not plan.is_long and preflight.needs(ENGINE, 10**8, nanoseconds=50.0).is_long
    assert preflight.needs(ENGINE, 10_000).seconds is preflight.needs(ENGINE, 10_000).total_seconds is None


def test_the_time_is_that_until_the_report_is_there():
    plan = preflight.needs(ENGINE, 10_000, workers=2, nanoseconds=50.0)
    # Own use and two agreements, 3 members and 2 years are 18 figures, each with 10,000 values.
    figures = len(ENGINE.study.agreements) * 3 * 2
    after = preflight.REPORT + preflight.PER_FIGURE * figures + preflight.PER_VALUE * figures * 10_000
    assert plan.after == pytest.approx(after) and plan.total_seconds == pytest.approx(plan.seconds + after)
    assert plan.again == 1
    # With parameters in doubt the same paths are drawn again with known ones.
    twice = replace(plan, again=2)
    assert twice.seconds == pytest.approx(2 * plan.seconds)


def test_what_does_not_fit_in_memory_goes_to_disk():
    plan = preflight.needs(ENGINE, 10_000, memory=0)
    assert plan.disk == plan.kept and plan.memory == preflight.needs(ENGINE, 10_000).memory - plan.kept


def test_workers_of_a_cluster_count_if_they_are_here():
    threads, local = (preflight.needs(ENGINE, 10_000, workers=3, cluster=c) for c in (None, LOCAL))
    far = preflight.needs(ENGINE, 10_000, workers=3, cluster="tcp://host:8786")
    # Own use and two agreements, 3 members and 2 years; 3 blocks of each of 3 workers wait and one is being read.
    arriving = 8 * ENGINE.block * (PER_WORKER + 1) * 3 * 3 * 3 * 2
    working = preflight.block_bytes(ENGINE) * 3
    assert local.memory == preflight.PROGRAM * 4 + local.kept + working + arriving
    assert far.memory <= threads.memory < local.memory and far.disk == local.disk == threads.disk


def test_a_worker_takes_no_more_than_it_says():
    pytest.importorskip("distributed")
    psutil = pytest.importorskip("psutil")
    working = preflight.block_bytes(ENGINE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Cluster(LOCAL, ENGINE, 2) as cluster:
            done = sum(block.sims for block in cluster.blocks(7, [(n * UNIT, UNIT) for n in range(8)]))
            assert cluster._client is not None
            pids = [int(pid) for pid in cluster._client.run(_pid).values()]
            taken = [psutil.Process(pid).memory_info().rss for pid in pids]
    assert done == 8 * UNIT and len(taken) == 2
    assert max(taken) < preflight.PROGRAM + working


def _pid():
    import os

    return os.getpid()


@pytest.mark.parametrize("more", [10_240, 12_800, 40_960])
def test_growing_takes_no_more_than_it_says(more):
    kept = store.Store(ENGINE, 10_240)
    before, plan = kept_bytes(ENGINE, 10_240), preflight.needs(ENGINE, more, grows=True)
    tracemalloc.start()
    try:
        kept.grow(more)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    one = 8 * more * ENGINE.members * ENGINE.years
    # What was there before is not traced; the old array of the last turn at least is there twice.
    assert plan.kept - before < peak + before
    assert peak <= plan.kept + one
    assert plan.memory >= preflight.PROGRAM + plan.kept + one


def test_growing_on_disk_takes_no_more_than_it_says(monkeypatch):
    """Every file counts until its array is gone; at the turn to disk the old arrays are still in memory."""
    there, most, real = {}, [0], store._mapped

    def counted(shape, scratch):
        array = real(shape, scratch)
        there[id(array)] = array.nbytes
        weakref.finalize(array, there.pop, id(array))
        most[0] = max(most[0], sum(there.values()))
        return array

    monkeypatch.setattr(store, "_mapped", counted)
    kept = store.Store(ENGINE, 5_120, memory=kept_bytes(ENGINE, 5_120))
    assert not kept.on_disk and not there
    for sims in (10_240, 12_800):
        most[0] = 0
        plan = preflight.needs(ENGINE, sims, memory=kept_bytes(ENGINE, 5_120), grows=True)
        kept.grow(sims)
        assert kept.on_disk and plan.kept <= most[0] <= plan.disk
        assert plan.memory >= preflight.PROGRAM + kept_bytes(ENGINE, 5_120)
    assert most[0] > plan.kept  # an old file is there beside the new ones


def test_a_run_that_grows_stops_where_growing_no_longer_fits(monkeypatch):
    have = preflight.needs(ENGINE, 500_000, workers=1).memory
    monkeypatch.setattr(preflight, "total_memory", lambda: have)
    alone, growing = (preflight.most_sims(ENGINE, grows=grows) for grows in (False, True))
    assert growing <= alone
    assert preflight.needs(ENGINE, growing, grows=True).memory <= have
    asked = []
    monkeypatch.setattr(preflight, "most_sims", lambda *_, **options: asked.append(options) or 4_096)
    simulate(ENGINE, Precision(0.001, most=8_192), threads=1)
    assert asked[-1]["grows"] and asked[-1]["cluster"] is None


def test_the_trial_measures_something():
    assert 0.1 < preflight.time_per_case(ENGINE) < 1e6


def test_a_block_takes_no_more_than_it_says():
    compute(ENGINE, 7, 0, UNIT)
    tracemalloc.start()
    try:
        compute(ENGINE, 7, 0, ENGINE.block)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    claims = 8 * ENGINE.block * len(ENGINE.measures.measures) * ENGINE.years * ENGINE.members
    assert claims < peak < preflight.block_bytes(ENGINE)


def test_metrics_take_no_more_than_it_says():
    """Of a region that is large beside its sims, so that the metrics of the region count."""
    engine = compile_study(small_study(members=60, years=1))
    results = simulate(engine, 5_000)
    tracemalloc.start()
    try:
        for name in TABLES:
            results.table(name)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    said = preflight.needs(engine, 5_000).memory - preflight.PROGRAM - kept_bytes(engine, 5_000)
    assert peak < said


def test_too_little_memory_is_refused_with_the_number_that_fits(monkeypatch):
    monkeypatch.setattr(preflight, "total_memory", lambda: 2 * 2**30)
    with pytest.raises(InputError, match="of memory, and this machine has") as caught:
        simulate(ENGINE, 50_000_000)
    most = preflight.most_sims(ENGINE)
    assert f"at most {most:,} paths" in caught.value.problems[0].hint
    assert 0 < preflight.needs(ENGINE, most).memory <= 2 * 2**30 < preflight.needs(ENGINE, most + UNIT).memory


def test_too_little_disk_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: USAGE(10**9, 0, 10**6))
    with pytest.raises(InputError, match="of free disk"):
        simulate(ENGINE, 20_000, memory=0, scratch=tmp_path)
    with pytest.raises(InputError, match="of free disk"), Checkpoint(tmp_path / "part") as kept:
        simulate(ENGINE, 20_000, checkpoint=kept)
    assert list(tmp_path.iterdir()) == []
    simulate(ENGINE, 300, memory=0, scratch=tmp_path)


def test_needs_of_one_disk_add_up(monkeypatch, tmp_path):
    plan = preflight.needs(ENGINE, 10_000, memory=0)
    free = plan.disk + plan.checkpoint
    for room, fits in ((free, True), (free - 1, False)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, room=room: USAGE(room, 0, room))
        folders = {"memory": 0, "scratch": tmp_path, "checkpoint": tmp_path / "not" / "there"}
        if fits:
            preflight.check(ENGINE, plan, **folders)
        else:
            with pytest.raises(InputError):
                preflight.check(ENGINE, plan, **folders)


def test_the_most_is_bounded(monkeypatch):
    monkeypatch.setattr(preflight, "total_memory", lambda: None)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: USAGE(10**18, 0, 10**18))
    assert preflight.most_sims(ENGINE) == MOST // UNIT * UNIT


@pytest.mark.parametrize(("count", "said"), [(500, "0 kB"), (512e6, "512 MB"), (1.5e9, "1.5 GB"), (2e12, "2,000.0 GB")])
def test_sizes_in_words(count, said):
    assert preflight.size(count) == said
