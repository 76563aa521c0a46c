"""What is installed: the package list, the layers, the wheel in an empty environment."""

import ast
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("models", "pool", "cli", "configs")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def python_files():
    return sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))


def test_every_package_of_the_tree_is_in_the_wheel():
    tree = {
        "solidair." + ".".join(path.parent.relative_to(ROOT).parts)
        for name in PACKAGES
        for path in (ROOT / name).rglob("__init__.py")
    }
    assert tree == set(PROJECT["tool"]["setuptools"]["packages"])


def test_every_folder_with_code_or_data_is_a_package():
    for name in PACKAGES:
        for path in (ROOT / name).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert (path.parent / "__init__.py").is_file(), path


def test_every_data_file_has_an_ending_that_the_wheel_takes():
    endings = {pattern.removeprefix("*") for pattern in PROJECT["tool"]["setuptools"]["package-data"]["*"]}
    for name in PACKAGES:
        for path in (ROOT / name).rglob("*"):
            if path.is_file() and path.suffix not in {".py", ".nbi", ".nbc", ".pyc"}:
                assert any(path.name.endswith(ending) for ending in endings), path


def test_the_links_for_type_checkers_point_at_the_packages():
    for name in PACKAGES:
        assert (ROOT / ".dev" / "solidair" / name).resolve() == ROOT / name


def test_files_are_short():
    assert {path.name: n for path in python_files() if (n := len(path.read_text("utf-8").splitlines())) > 400} == {}


def opens_files(tree):
    """Return the names of calls that open files for reading or writing."""
    names = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "read_csv", "to_csv", "to_parquet"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            if name in names:
                yield name


def test_files_are_opened_where_the_design_says_only():
    allowed = {"models/sources", "cli"}
    # A checkpoint is a folder of the run; the compiled core reads its own source to know whether its cache is stale.
    files = {"pool/study_loader.py", "pool/checkpoint.py", "pool/kernels/jit.py"}
    for path in python_files():
        place = path.relative_to(ROOT).as_posix()
        if place not in files and not any(place.startswith(folder) for folder in allowed):
            assert list(opens_files(ast.parse(path.read_text("utf-8")))) == [], place


def test_the_mathematics_knows_no_screen():
    for path in python_files():
        if path.relative_to(ROOT).parts[0] in ("models", "pool"):
            text = path.read_text("utf-8")
            assert "print(" not in text and "import click" not in text and "import rich" not in text, path


def test_nothing_heavy_is_loaded_before_it_is_needed():
    code = (
        "import sys; from click.testing import CliRunner; from solidair.cli.main import cli; "
        "assert CliRunner().invoke(cli, ['--help']).exit_code == 0; "
        "print([m for m in ('numpy', 'pandas', 'numba', 'pydantic', 'altair') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def run(*command, cwd, env=None):
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.mark.slow
@pytest.mark.xdist_group("wheel")
def test_the_wheel_runs_in_an_empty_environment(tmp_path):
    """Build the wheel, install it where nothing is installed, run the main job from an empty folder.

    By way of the source archive, so that nothing left over in build/ can slip in.
    """
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    environment["PIP_CONSTRAINT"] = str(ROOT / "constraints.txt")
    environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    run(
        sys.executable,
        "-m",
        "build",
        "--outdir",
        str(tmp_path / "dist"),
        str(ROOT),
        cwd=tmp_path,
        env=environment,
    )
    (wheel,) = (tmp_path / "dist").glob("solidair-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"solidair", wheel.name.split("-py3")[0] + ".dist-info"}
    assert "solidair/configs/costs/nl-2024.toml" in names and "solidair/pool/py.typed" in names
    run(sys.executable, "-m", "venv", str(tmp_path / "empty"), cwd=tmp_path, env=environment)
    binaries = tmp_path / "empty" / ("Scripts" if os.name == "nt" else "bin")
    run(str(binaries / "pip"), "install", "--quiet", str(wheel), cwd=tmp_path, env=environment)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    done = run(str(binaries / "solidair"), "run", "haaglanden", "--sims", "500", cwd=folder, env=environment)
    assert "report.html" in done.stdout
    assert (folder / "out" / "haaglanden" / "report.html").stat().st_size > 10_000
    assert [p.name for p in folder.iterdir()] == ["out"]
