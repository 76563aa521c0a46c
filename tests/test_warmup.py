"""`solidair warmup` compiles everything, so that the next process waits for nothing."""

import json
import os
import subprocess
import sys

import pytest


def python(*arguments, cache):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=600, env=environment)


@pytest.mark.slow
@pytest.mark.xdist_group("warmup")
def test_everything_is_cached_afterwards(tmp_path):
    done = python("-m", "solidair.cli", "warmup", "--json", cache=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["seconds"] > 0
    before = sorted(path.name for path in tmp_path.rglob("*.nb?"))
    assert len(before) > 1
    code = (
        "from solidair.pool import Study, simulate; study = Study.load('haaglanden'); "
        "[simulate(study, 100, case_by_case=each) for each in (False, True)]"
    )
    assert python("-c", code, cache=tmp_path).returncode == 0
    assert sorted(path.name for path in tmp_path.rglob("*.nb?")) == before
    done = python("-m", "solidair.cli", "warmup", "--lang", "en", cache=tmp_path)
    assert done.stdout.startswith("Done: compiled and cached in ")
