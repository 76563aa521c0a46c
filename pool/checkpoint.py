"""Checkpoints: finished blocks on disk, so that a run that was broken off goes on where it was.

Every block is a file of its own, written under another name, flushed to the disk and only then renamed. So after a
crash, a kill or a full disk a file is either whole or not there; a checksum inside finds what the disk itself damaged.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import threading
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from pydantic import BaseModel

from solidair.models.problems import InputError, Problem
from solidair.pool.blocks import BlockResult, Engine, UnitSums

RUN = "run.json"
_MAGIC = b"solidair block 1\n"
_DIGEST = 32
_LIBRARIES = ("solidair", "numpy", "scipy", "numba", "llvmlite")
_HINT = "Repeat the command as it was then, or remove the folder to start afresh."


class Checkpoint:
    """A folder with the finished blocks of one run, removed when the run is done.

    Use it in a `with` statement: leaving that without an exception removes the folder, an exception leaves it.

    Parameters
    ----------
    folder
        The folder; made when the run begins.
    resume
        Whether to go on with what is there. Without it, a folder that is there already is refused.

    Attributes
    ----------
    reused
        Sims that were read back instead of computed.
    damaged
        Names of files that were found damaged and were computed again.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from solidair.pool import Study, simulate
    >>> with tempfile.TemporaryDirectory() as place, Checkpoint(Path(place) / "kept") as kept:
    ...     simulate(Study.load("haaglanden"), sims=300, checkpoint=kept).sims
    300
    """

    def __init__(self, folder: Path, *, resume: bool = False) -> None:
        self.folder, self.resume = folder, resume
        self.reused = 0
        self.damaged: list[str] = []
        self._begun = False
        self._lock = threading.Lock()

    def __enter__(self) -> Checkpoint:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._begun and (kind is None or not self.finished):
            self.remove()

    @property
    def exists(self) -> bool:
        """Whether an unfinished run is kept here."""
        return (self.folder / RUN).is_file()

    @property
    def finished(self) -> int:
        """Number of finished blocks that are kept here."""
        return sum(1 for _ in self.folder.glob("block-*.npz")) if self.folder.is_dir() else 0

    def begin(self, engine: Engine, seed: int, sims: int | str, block: int) -> None:
        """Write down what this run is, or verify that what is kept here is this run.

        Parameters
        ----------
        sims
            Number of sims, or in words until when blocks are added.

        Raises
        ------
        InputError
            If another run is kept here, naming everything that differs, or one is kept and `resume` is off.
        OSError
            If nothing can be written here.
        """
        content = _description(engine, seed, sims, block)
        if self.exists and self.finished:
            if not self.resume:
                rule = f"an unfinished run is kept here, with {self.finished} finished blocks"
                hint = "Add --resume to go on with it, or remove the folder to start afresh."
                raise InputError([Problem(str(self.folder), RUN, "", rule, hint)])
            self._verify(content)
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            for path in self.folder.glob("block-*.npz"):
                path.unlink()  # of a run that nobody knows any more
            _write(self.folder / RUN, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())
        self._begun = True

    def _verify(self, content: Mapping[str, Any]) -> None:
        try:
            found = json.loads((self.folder / RUN).read_bytes())
        except ValueError:
            found = None
        if not isinstance(found, dict):
            rule = "this file does not say which run is kept here"
            raise InputError([Problem(str(self.folder), RUN, "", rule, _HINT)])
        problems = []
        flat, now = _flat(found), _flat(content)
        for key in sorted(set(flat) | set(now)):
            if flat.get(key) != now.get(key) and key != "digest":
                value, other = (str(x.get(key, "nothing"))[:60] for x in (flat, now))
                rule = f"the unfinished run had '{value}' for {key}, this one has '{other}'"
                problems.append(Problem(str(self.folder), f"{RUN}, {key}", value, rule, _HINT))
        if not problems and flat.get("digest") != now["digest"]:
            rule = "the unfinished run was of a study with other content"
            problems.append(Problem(str(self.folder), f"{RUN}, digest", str(flat.get("digest"))[:60], rule, _HINT))
        if problems:
            raise InputError(problems)

    def get(self, first: int, sims: int) -> BlockResult | None:
        """Return a finished block, or None if it is not there or damaged."""
        path = self._path(first, sims)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        block = _decode(data, first, sims)
        with self._lock:
            if block is None:
                self.damaged.append(path.name)
            else:
                self.reused += sims
        return block

    def save(self, block: BlockResult) -> None:
        """Write a finished block; whatever happens meanwhile, it is there whole or not at all.

        Raises
        ------
        OSError
            If the disk is full, or nothing can be written.
        """
        _write(self._path(block.first, block.sims), _encode(block))

    def remove(self) -> None:
        """Remove the folder with all that this class wrote in it; anything else stays."""
        if self.exists:
            for path in [*self.folder.glob("block-*.npz"), *self.folder.glob(".*.tmp"), self.folder / RUN]:
                path.unlink(missing_ok=True)
            if not any(self.folder.iterdir()):
                shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, first: int, sims: int) -> Path:
        return self.folder / f"block-{first:012d}-{sims}.npz"


def _write(path: Path, data: bytes) -> None:
    """Write a file so that under its name it is whole or not there."""
    # The number of the process and thread: two writers never share a temporary file.
    work = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        with work.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        work.replace(path)
    except BaseException:
        work.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # the rename too must reach the disk
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _encode(block: BlockResult) -> bytes:
    arrays = {"place": np.array([block.first, block.sims]), "own": block.own, "powers": block.sums.powers}
    for kind, parts in (
        ("contributions", block.contributions),
        ("paid", block.sums.paid),
        ("charged", block.sums.charged),
        ("beyond", block.sums.beyond),
        ("observed", block.observed),
    ):
        arrays |= {f"{kind}/{name}": array for name, array in parts.items()}
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    content = buffer.getvalue()
    return _MAGIC + sha256(content).digest() + content


def _decode(data: bytes, first: int, sims: int) -> BlockResult | None:
    start = len(_MAGIC) + _DIGEST
    content = data[start:]
    if not data.startswith(_MAGIC) or sha256(content).digest() != data[len(_MAGIC) : start]:
        return None
    with np.load(io.BytesIO(content), allow_pickle=False) as found:
        arrays = {name: found[name] for name in found.files}
    if arrays["place"].tolist() != [first, sims]:
        return None  # a file that was renamed

    def parts(kind: str) -> dict[str, Any]:
        return {n.removeprefix(f"{kind}/"): a for n, a in arrays.items() if n.startswith(f"{kind}/")}

    sums = UnitSums(first, sims, arrays["powers"], parts("paid"), parts("charged"), parts("beyond"))
    return BlockResult(arrays["own"], parts("contributions"), sums, parts("observed"))


def _description(engine: Engine, seed: int, sims: int | str, block: int) -> dict[str, Any]:
    """Return what decides on every bit of a block, in words where it can be."""
    study = engine.study
    return {
        "study": study.name,
        "inputs_sha256": dict(sorted(study.inputs.items())),
        "overrides": list(study.overrides),
        "sims": sims,
        "seed": seed,
        "first_year": study.settings.first_year,
        "years": study.settings.years,
        "case_by_case": engine.case_by_case,
        "block": block,
        "versions": {name: version(name) for name in _LIBRARIES},
        "digest": digest(engine),
    }


def _flat(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested content with keys such as 'versions, numpy'."""
    flat: dict[str, Any] = {}
    for key, value in content.items():
        inner = {f"{key}, {k}": v for k, v in value.items()} if isinstance(value, dict) else {key: value}
        flat |= inner
    return flat


def digest(engine: Engine) -> str:
    """Return the SHA-256 of all that blocks are computed from: tables, agreements, members, exact moments.

    Files are not enough: a study that was made in Python has none, and a library may compute other tables of one file.
    """
    study = engine.study
    hashed = sha256()
    for part in (engine.plan, engine.exact_mean, engine.exact_known, engine.measures, study.region.members):
        _feed(hashed, part)
    _feed(hashed, (study.history, study.history_assumed))
    # What was planned may be otherwise than what happens, and need not show in any table.
    setting = study.setting
    _feed(hashed, (setting.budgets, setting.growth, setting.expected_cost, setting.expected_clients, study.mergers))
    for agreement in study.agreements:
        _feed(hashed, (agreement.name, agreement.spec))
    return hashed.hexdigest()


def _feed(hashed: Any, value: Any) -> None:
    """Add a value to a digest, with its kind and size, so that no two values look alike."""
    if isinstance(value, np.ndarray):
        hashed.update(f"array {value.dtype.str} {value.shape}".encode())
        hashed.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, BaseModel):
        _feed(hashed, value.model_dump_json())
    elif is_dataclass(value) and not isinstance(value, type):
        hashed.update(type(value).__name__.encode())
        for field in fields(value):
            hashed.update(field.name.encode())
            _feed(hashed, getattr(value, field.name))
    elif isinstance(value, Mapping):
        _feed(hashed, tuple(value.items()))
    elif isinstance(value, list | tuple):
        hashed.update(f"{len(value)} values".encode())
        for item in value:
            _feed(hashed, item)
    elif value is None or isinstance(value, str | int | float | np.generic):
        text = repr(value)
        hashed.update(f"{type(value).__name__} {len(text)} {text}".encode())
    else:
        raise TypeError(f"cannot take the digest of a {type(value).__name__}")  # pragma: no cover
