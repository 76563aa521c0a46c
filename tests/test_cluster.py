"""A cluster: real worker processes, the same bits, also when one is killed half way."""

import builtins
import os
import pickle
import signal
import threading
import warnings

import numpy as np
import pytest

from solidair.models.problems import InputError
from solidair.pool.blocks import compile_study, compute
from solidair.pool.checkpoint import Checkpoint
from solidair.pool.cluster import Cluster
from solidair.pool.run import simulate
from tests.small import small_study
from tests.test_run import assert_same

distributed = pytest.importorskip("distributed")

pytestmark = [
    pytest.mark.xdist_group("cluster"),
    # Sockets of processes that were killed are closed late, and dask says so.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

ENGINE = compile_study(small_study())


@pytest.fixture(scope="module")
def reference():
    return simulate(ENGINE, 20_000, block=256)


@pytest.fixture(scope="module")
def workers():
    """Two worker processes behind a scheduler with an address, as a user would start them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cluster = distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", memory_limit=0
        )
        yield cluster
        cluster.close()


def test_a_scheduler_elsewhere_gives_the_same_bits(workers, reference):
    for block in (256, 1_024):
        results = simulate(ENGINE, 20_000, block=block, cluster=workers.scheduler_address)
        assert_same(results, reference)


def test_a_worker_killed_half_way_changes_no_bit(workers, reference, tmp_path):
    victims = [worker.process.pid for worker in workers.workers.values()]
    seen = []

    def progress(done):
        seen.append(done)
        if len(seen) == 5:
            threading.Thread(target=os.kill, args=(victims[0], getattr(signal, "SIGKILL", signal.SIGTERM))).start()

    with Checkpoint(tmp_path / "part") as kept:
        address = workers.scheduler_address
        results = simulate(ENGINE, 20_000, block=256, cluster=address, progress=progress, checkpoint=kept)
    assert_same(results, reference)
    assert sum(seen) == 20_000
    # Some block or other was lost and computed again; the worker came back as another process, or is coming.
    assert [w.process.pid for w in workers.workers.values() if w.process is not None] != victims


def test_blocks_of_a_cluster_are_reused_without_one_and_the_other_way_round(workers, reference, tmp_path):
    class BrokenOffError(RuntimeError):
        pass

    def stop(_):
        if kept.finished > 10:
            raise BrokenOffError

    with pytest.raises(BrokenOffError), Checkpoint(tmp_path / "part") as kept:
        simulate(ENGINE, 20_000, block=256, cluster=workers.scheduler_address, checkpoint=kept, progress=stop)
    with pytest.raises(BrokenOffError), Checkpoint(tmp_path / "part", resume=True) as kept:
        simulate(ENGINE, 20_000, block=256, threads=1, checkpoint=kept, progress=lambda _: stop(kept.reused > 3_000))
    with Checkpoint(tmp_path / "part", resume=True) as kept:
        results = simulate(ENGINE, 20_000, block=256, cluster=workers.scheduler_address, checkpoint=kept)
    assert_same(results, reference)
    assert kept.reused >= 11 * 256


def test_only_blocks_travel_and_the_study_once(workers):
    """What goes out with a block is a few numbers; what comes back is the block."""
    sent = []

    class Counting(Cluster):
        pass

    with Counting(workers.scheduler_address, ENGINE) as cluster:
        original = cluster._client.submit

        def submit(function, *arguments, **options):
            sent.append(len(pickle.dumps((function, arguments))))
            return original(function, *arguments, **options)

        cluster._client.submit = submit
        blocks = {block.first: block for block in cluster.blocks(7, [(0, 256), (256, 256), (512, 100)])}
    assert sorted(blocks) == [0, 256, 512] and max(sent) < 400
    for first, block in blocks.items():
        np.testing.assert_array_equal(block.own, compute(ENGINE, 7, first, block.sims).own)


def test_a_local_cluster_gives_the_same_bits(reference):
    assert_same(simulate(ENGINE, 20_000, threads=1, cluster="local"), reference)


def test_nobody_at_the_address(monkeypatch):
    from solidair.pool import cluster

    monkeypatch.setattr(cluster, "PATIENCE", 1)
    with pytest.raises(InputError, match="no scheduler") as caught:
        simulate(ENGINE, 300, cluster="tcp://127.0.0.1:9")
    assert "dask scheduler" in caught.value.problems[0].hint


def test_without_the_extra_the_message_says_what_to_install(monkeypatch):
    original = builtins.__import__

    def missing(name, *rest, **options):
        if name.split(".")[0] in ("dask", "distributed"):
            raise ImportError(name)
        return original(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(InputError) as caught:
        simulate(ENGINE, 300, cluster="local")
    assert "pip install 'solidair[cluster]'" in caught.value.problems[0].hint


def test_an_error_in_a_block_comes_home(workers):
    with Cluster(workers.scheduler_address, ENGINE) as cluster, pytest.raises(ValueError, match="multiple of 256"):
        list(cluster.blocks(7, [(100, 256)]))
