"""Kept arrays: in memory or on disk with the same bits, and memory that does not grow with the number of paths."""

import errno
import os
import tracemalloc

import numpy as np
import pytest

from solidair.pool.blocks import compile_study, compute
from solidair.pool.run import simulate
from solidair.pool.store import Store, kept_bytes
from tests.small import small_study
from tests.test_run import assert_same

ENGINE = compile_study(small_study())


def test_on_disk_is_the_same_as_in_memory(tmp_path):
    held, mapped = (simulate(ENGINE, 1_000, memory=memory, scratch=tmp_path) for memory in (2**30, 0))
    assert_same(held, mapped)


def test_files_have_no_name_and_leave_nothing(tmp_path):
    store = Store(ENGINE, 1_000, 0, tmp_path)
    assert store.on_disk
    assert os.name != "posix" or list(tmp_path.iterdir()) == []
    del store
    assert list(tmp_path.iterdir()) == []


def test_the_size_is_what_it_says():
    store = Store(ENGINE, 1_000)
    own = [store.own, store.own_expected]
    shared = [a[name] for a in (store.contributions, store.expected) for name in ENGINE.sharing]
    assert sum(array.nbytes for array in own + shared) == kept_bytes(ENGINE, 1_000)
    assert not store.on_disk and Store(ENGINE, 1_000, kept_bytes(ENGINE, 1_000) - 1).on_disk
    assert np.shares_memory(store.contributions["own-use"], store.own)


def test_sims_of_a_member_lie_side_by_side():
    store = Store(ENGINE, 1_000)
    assert store.own.strides[0] == store.expected["share"].strides[0] == 8


@pytest.mark.parametrize("memory", [2**30, 0, kept_bytes(ENGINE, 600)])
def test_growing_keeps_what_was_there(tmp_path, memory):
    store, whole = Store(ENGINE, 512, memory, tmp_path), Store(ENGINE, 1_024)
    for first in (0, 512):
        store.grow(first + 512)
        for s in (store, whole):
            s.keep(7, compute(ENGINE, 7, first, 512))
    for name in whole.contributions:
        np.testing.assert_array_equal(store.contributions[name], whole.contributions[name])
        np.testing.assert_array_equal(store.expected[name], whole.expected[name])


def test_on_disk_memory_does_not_grow_with_the_number_of_paths(tmp_path):
    def peak(sims):
        tracemalloc.start()
        try:
            simulate(ENGINE, sims, threads=1, memory=0, scratch=tmp_path)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(512)
    few, many = peak(2_048), peak(16_384)
    # Only a list of blocks grows: 14 of them. What is kept would have grown by 1.9 MB.
    assert many - few < 50_000 < kept_bytes(ENGINE, 14_336) / 20


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="room is claimed otherwise here")
def test_a_full_disk_is_found_before_the_run(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space"):
        Store(ENGINE, 1_000, 0, tmp_path)
    assert list(tmp_path.iterdir()) == []
