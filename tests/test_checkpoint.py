"""Runs that survive: killed, a full disk, damaged files; and the same bytes afterwards."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from solidair.cli.output import Stopped, full_disk_told
from solidair.models.problems import InputError
from solidair.pool import checkpoint as module
from solidair.pool.blocks import compile_study, compute
from solidair.pool.checkpoint import Checkpoint, digest
from solidair.pool.precision import Precision
from solidair.pool.run import simulate
from tests.small import small_study
from tests.test_run import assert_same

ENGINE = compile_study(small_study())
OPTIONS = {"threads": 1, "block": 256}


class BrokenOffError(RuntimeError):
    pass


def broken_off(folder, after, sims=1_000, **options):
    """Start a run that stops after some blocks, and return the names of the files that it leaves."""
    done = []

    def progress(_):
        done.append(1)
        if len(done) == after:
            raise BrokenOffError

    with pytest.raises(BrokenOffError), Checkpoint(folder) as kept:
        simulate(ENGINE, sims, checkpoint=kept, progress=progress, **(OPTIONS | options))
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def reference():
    return simulate(ENGINE, 1_000)


@pytest.mark.parametrize("after", [1, 2, 4])
def test_a_resumed_run_is_the_uninterrupted_run(tmp_path, reference, after):
    folder = tmp_path / "part"
    left = broken_off(folder, after)
    assert left == [*(f"block-{256 * i:012d}-{256 if i < 3 else 232}.npz" for i in range(after)), "run.json"]
    with Checkpoint(folder, resume=True) as kept:
        assert_same(simulate(ENGINE, 1_000, checkpoint=kept, **OPTIONS), reference)
    assert kept.reused == min(256 * after, 1_000) and kept.damaged == []
    assert not folder.exists()


def test_any_number_of_threads_may_go_on(tmp_path, reference):
    broken_off(tmp_path / "part", 2)
    with Checkpoint(tmp_path / "part", resume=True) as kept:
        assert_same(simulate(ENGINE, 1_000, checkpoint=kept, threads=3, block=256, memory=0), reference)
    assert kept.reused == 512


def damage(path, how):
    data = path.read_bytes()
    path.write_bytes(
        {"short": data[:-7], "empty": b"", "flipped": data[:500] + bytes([data[500] ^ 1]) + data[501:]}[how]
    )


@pytest.mark.parametrize("how", ["short", "empty", "flipped"])
def test_damaged_files_are_computed_again(tmp_path, reference, how):
    folder = tmp_path / "part"
    broken_off(folder, 3)
    damage(folder / "block-000000000256-256.npz", how)
    with Checkpoint(folder, resume=True) as kept:
        assert_same(simulate(ENGINE, 1_000, checkpoint=kept, **OPTIONS), reference)
    assert kept.damaged == ["block-000000000256-256.npz"] and kept.reused == 512


def test_a_file_under_another_name_is_not_believed(tmp_path, reference):
    folder = tmp_path / "part"
    broken_off(folder, 1)
    shutil.copy(folder / "block-000000000000-256.npz", folder / "block-000000000256-256.npz")
    with Checkpoint(folder, resume=True) as kept:
        assert_same(simulate(ENGINE, 1_000, checkpoint=kept, **OPTIONS), reference)
    assert kept.damaged == ["block-000000000256-256.npz"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": 8}, "seed"),
        ({"sims": 2_000}, "sims"),
        ({"sims": Precision(0.1)}, "auto"),
        ({"block": 512}, "block"),
        ({"study": small_study(years=3)}, "years"),
        ({"study": small_study(share=0.4)}, "other content"),
        ({"study": small_study(budget=800.0)}, "other content"),
    ],
)
def test_another_run_is_refused(tmp_path, change, said):
    folder = tmp_path / "part"
    before = broken_off(folder, 2)
    arguments = {"study": ENGINE, "sims": 1_000} | OPTIONS | change
    with pytest.raises(InputError, match=said), Checkpoint(folder, resume=True) as kept:
        simulate(**arguments, checkpoint=kept)
    assert sorted(path.name for path in folder.iterdir()) == before


def test_another_version_is_refused(tmp_path, monkeypatch):
    folder = tmp_path / "part"
    broken_off(folder, 1)
    original = module.version
    monkeypatch.setattr(module, "version", lambda name: "0.0.9" if name == "numba" else original(name))
    with pytest.raises(InputError, match=r"numba.*0\.0\.9"), Checkpoint(folder, resume=True) as kept:
        simulate(ENGINE, 1_000, checkpoint=kept, **OPTIONS)


def test_an_unfinished_run_is_never_thrown_away_unasked(tmp_path):
    folder = tmp_path / "part"
    before = broken_off(folder, 2)
    with pytest.raises(InputError, match=r"2 finished blocks.*--resume"), Checkpoint(folder) as kept:
        simulate(ENGINE, 1_000, checkpoint=kept, **OPTIONS)
    assert sorted(path.name for path in folder.iterdir()) == before
    (folder / "run.json").write_text("{", "utf-8")
    with pytest.raises(InputError, match="does not say"), Checkpoint(folder, resume=True) as kept:
        simulate(ENGINE, 1_000, checkpoint=kept, **OPTIONS)


def test_blocks_of_nobody_knows_what_are_not_used(tmp_path, reference):
    folder = tmp_path / "part"
    folder.mkdir()
    (folder / "block-000000000000-256.npz").write_bytes(b"of an earlier run whose run.json is gone")
    with Checkpoint(folder, resume=True) as kept:
        assert_same(simulate(ENGINE, 1_000, checkpoint=kept, **OPTIONS), reference)
    assert kept.reused == 0 and kept.damaged == []


def test_only_own_files_are_removed(tmp_path):
    folder = tmp_path / "part"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine", "utf-8")
    with Checkpoint(folder) as kept:
        simulate(ENGINE, 300, checkpoint=kept)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_a_run_that_kept_nothing_leaves_nothing(tmp_path):
    with pytest.raises(BrokenOffError), Checkpoint(tmp_path / "part") as kept:
        kept.begin(ENGINE, 7, 1_000, 256)
        raise BrokenOffError
    assert list(tmp_path.iterdir()) == []


def test_rounds_go_on_too(tmp_path):
    precise = Precision(0.02)
    whole = simulate(ENGINE, precise)
    assert whole.convergence.rounds > 1
    broken_off(tmp_path / "part", 6, precise, block=1_024)
    with Checkpoint(tmp_path / "part", resume=True) as kept:
        again = simulate(ENGINE, precise, checkpoint=kept)
    assert_same(again, whole)
    assert again.convergence == whole.convergence and kept.reused == 6 * 1_024


def test_the_digest_follows_the_content_only():
    assert digest(compile_study(small_study())) == digest(ENGINE)
    others = [small_study(members=2), small_study(share=0.4), small_study(budget=1.0), small_study(years=1)]
    assert len({digest(compile_study(study)) for study in others} | {digest(ENGINE)}) == 5


# --- a full disk


def test_a_full_disk_leaves_whole_files_only(tmp_path, monkeypatch, reference):
    folder, written, fsync = tmp_path / "part", [], os.fsync

    def full_later(descriptor):
        written.append(1)
        if len(written) > 6:  # run.json and two blocks, each with its folder
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", full_later)
    with pytest.raises(OSError, match="No space"), Checkpoint(folder) as kept:
        simulate(ENGINE, 1_000, checkpoint=kept, **OPTIONS)
    monkeypatch.undo()
    names = ["block-000000000000-256.npz", "block-000000000256-256.npz", "run.json"]
    assert sorted(path.name for path in folder.iterdir()) == names
    with Checkpoint(folder, resume=True) as kept:
        assert_same(simulate(ENGINE, 1_000, checkpoint=kept, **OPTIONS), reference)
    assert kept.reused == 512


@pytest.fixture
def small_disk(tmp_path):
    """Mount a real disk of 1 MB, where the test may."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no rights to mount a small disk here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_real_full_disk(small_disk, monkeypatch):
    from solidair.pool import preflight

    monkeypatch.setattr(preflight, "check", lambda *_, **__: None)  # which would refuse at once
    wanted = simulate(ENGINE, 10_000)
    with pytest.raises(OSError) as caught, Checkpoint(small_disk / "part") as kept:
        simulate(ENGINE, 10_000, checkpoint=kept)
    assert caught.value.errno == errno.ENOSPC
    assert kept.finished > 2 and not list((small_disk / "part").glob("*.tmp"))
    shutil.move(small_disk / "part", small_disk.parent / "part")
    with Checkpoint(small_disk.parent / "part", resume=True) as kept:
        assert_same(simulate(ENGINE, 10_000, checkpoint=kept), wanted)
    assert kept.reused > 2_000 and kept.damaged == []


# --- the command


def command(*arguments, cwd):
    return [sys.executable, "-m", "solidair.cli", "run", "holland-rijnland", *map(str, arguments)]


def solidair(*arguments, cwd):
    done = subprocess.run(command(*arguments, cwd=cwd), cwd=cwd, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stderr


def tables(folder):
    return {path.name: path.read_bytes() for path in (folder / "tables").iterdir()}


@pytest.mark.xdist_group("checkpoint")
def test_a_killed_run_goes_on_and_writes_the_same_bytes(tmp_path):
    run = ["--sims", "8000", "--threads", "2", "--lang", "en"]
    code, said = solidair(*run, "-o", "whole", cwd=tmp_path)
    assert code == 0, said
    part, process = tmp_path / "out.part", None
    for _ in range(2):  # killed twice
        before = len(list(part.glob("block-*.npz")))
        options = ["--resume"] if before else ["--checkpoint"]
        process = subprocess.Popen(
            command(*run, "-o", "out", *options, cwd=tmp_path), cwd=tmp_path, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 120
        while len(list(part.glob("block-*.npz"))) < before + 2 and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        process.wait()
    assert not (tmp_path / "out").exists()
    left = len(list(part.glob("block-*.npz")))
    assert left >= 2
    code, said = solidair(*run, "-o", "out", "--resume", cwd=tmp_path)
    assert code == 0 and "Resumed: " in said, said
    assert tables(tmp_path / "out") == tables(tmp_path / "whole")
    assert (tmp_path / "out" / "report.html").read_bytes() == (tmp_path / "whole" / "report.html").read_bytes()
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert manifest["how"]["reused_sims"] >= 1_024 * left - 1_024
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "whole"]


def test_a_full_disk_says_how_to_go_on_and_ends_with_code_1(tmp_path, monkeypatch, capsys):
    from solidair.cli.main import main

    original, seen = Checkpoint.save, []

    def full(self, block):
        seen.append(block)
        if len(seen) > 2:
            raise OSError(errno.ENOSPC, "No space left on device", str(self.folder))
        original(self, block)

    monkeypatch.setattr(Checkpoint, "save", full)
    monkeypatch.chdir(tmp_path)
    arguments = ["solidair", "run", "haaglanden", "--sims", "5000", "--threads", "1", "--checkpoint", "-o", "out"]
    monkeypatch.setattr(sys, "argv", [*arguments, "--lang", "en"])
    with pytest.raises(SystemExit) as stopped:
        main()
    said = capsys.readouterr().err
    assert stopped.value.code == 1
    assert "disk is full" in said and "The 2 finished blocks" in said and "--resume" in said and "Traceback" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["out.part"]
    monkeypatch.undo()
    code, said = solidair_here(tmp_path, "haaglanden", "--sims", "5000", "--threads", "1", "--resume", "-o", "out")
    assert code == 0 and "2.048" in said, said
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(("number", "lang", "said"), [(errno.ENOSPC, "en", "is full"), (errno.EDQUOT, "nl", "is vol")])
def test_a_disk_that_is_full_without_checkpoints_is_told_too(number, lang, said):
    with pytest.raises(Stopped, match=said), full_disk_told(None, lang):
        raise OSError(number, os.strerror(number), "report.html")
    with pytest.raises(PermissionError), full_disk_told(None, lang):
        raise PermissionError(errno.EACCES, "no")


def solidair_here(folder: Path, *arguments):
    words = [sys.executable, "-m", "solidair.cli", "run", *arguments]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stderr


def test_a_block_survives_the_file(tmp_path):
    block = compute(ENGINE, 7, 256, 256)
    kept = Checkpoint(tmp_path / "part")
    kept.begin(ENGINE, 7, 512, 256)
    kept.save(block)
    again = kept.get(256, 256)
    np.testing.assert_array_equal(again.own, block.own)
    np.testing.assert_array_equal(again.sums.powers, block.sums.powers)
    assert set(again.contributions) == set(block.contributions) and set(again.sums.paid) == set(block.sums.paid)
    assert kept.get(0, 256) is None
