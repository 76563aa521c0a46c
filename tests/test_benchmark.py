"""The benchmarks run, are complete, and compare programs that are all right. Nothing here looks at a clock."""

import contextlib
import io
import math
import re
import runpy

import numpy as np
import pytest

from benchmarks import country, curve, exact_reference, measuring, parts, plain_numpy, plain_stays, reference, startup
from solidair.pool import Study, simulate
from solidair.pool.blocks import compile_study
from solidair.pool.case_rules import combine
from solidair.pool.results import TABLES
from solidair.pool.run import measures_of

YEARS, ROUNDS = 3_000, 2


@pytest.fixture(scope="module")
def sides():
    return reference.compare(YEARS, ROUNDS, reference.here)


@pytest.fixture(scope="module")
def laws():
    return exact_reference.exact_laws(reference.MODEL)


# --- the reference


def test_all_contestants_agree_with_the_exact_figures(sides):
    assert set(sides) == set(reference.CONTESTANTS)
    for name, side in sides.items():
        # The mean and three VaRs are judged at any number of years, the TVaR at 95 percent at 150 years in the tail.
        assert np.isfinite(side.scores[:, :, [0, 2, 3, 4, 5]]).all(), name
        # Of 120 figures of six contestants the largest passes 4.5 once in 200 runs, and the seeds are fixed.
        assert side.farthest < reference.FARTHEST, name
        assert len(side.seconds) == len(side.megabytes) == ROUNDS


def test_a_wrong_figure_is_noticed(laws):
    own, contribution, cases = plain_numpy.tuned(reference.MODEL, YEARS, 1)
    found = plain_numpy.summary((own, contribution), reference.LEVELS)
    assert cases == pytest.approx(YEARS * reference.MODEL.rates.sum(), rel=4.5 / math.sqrt(YEARS * 1_500))
    right, wrong = (laws[0][9].scores(factor * found[0, :, 9], YEARS, reference.LEVELS) for factor in (1.0, 1.02))
    # The SD of a year is 12 percent of its mean, so 2 percent is 9 standard errors of the mean of 3,000 years.
    assert abs(right[0]) < 4.5 < abs(wrong[0]) and wrong[2] > right[2] + 1


def test_exact_figures_by_hand(laws):
    """Means and variances of compound Poisson sums are rate x E X and rate x E X^2; sharing moves no mean."""
    mean, square = math.exp(9.0 + 1.3**2 / 2), math.exp(2 * 9.0 + 2 * 1.3**2)
    for own, net, rate in zip(*laws, reference.MODEL.rates, strict=True):
        figures, shared = own.figures(reference.LEVELS), net.figures(reference.LEVELS)
        assert figures[:2] == pytest.approx([rate * mean, math.sqrt(rate * square)], rel=1e-12)
        assert shared[0] == pytest.approx(rate * mean, rel=1e-12) and shared[1] < figures[1]
        assert own.kurtosis == pytest.approx(3 + math.exp(4 * 9.0 + 8 * 1.3**2) / (rate * square**2), rel=1e-12)
        assert figures[0] < figures[2] < figures[3] < figures[4] < figures[7]
        # On the lattice the variance is that of the law plus the rounding of one cost, less than a step squared a case.
        if own.law.missing < 1e-12:
            assert own.law.variance == pytest.approx(rate * square, rel=1e-6, abs=rate * own.law.step**2)


def test_public_path_is_at_most_ten_lines_and_prints_every_figure(monkeypatch):
    text = (measuring.ROOT / "benchmarks" / "ten_lines.py").read_text("utf-8")
    code = [line for line in text.split('"""')[2].splitlines() if line.strip()]
    assert len(code) <= 10
    monkeypatch.chdir(measuring.ROOT)
    whole = simulate
    monkeypatch.setattr("solidair.pool.run.simulate", lambda *a, **k: whole(*a, **(k | {"sims": 500})))
    with contextlib.redirect_stdout(io.StringIO()) as out:
        runpy.run_module("benchmarks.ten_lines")
    printed = [float(number) for number in re.findall(r"[\d.]+", out.getvalue())]
    figures = reference.figures(simulate(Study.load(reference.STUDY), 500, 1, 1))
    assert sorted(printed) == pytest.approx(sorted(figures.ravel()), rel=1e-7)


def test_the_study_is_the_model():
    study, model = Study.load(reference.STUDY), reference.MODEL
    assert study.region.youth.tolist() == model.rates.tolist() and study.costs.clients_per_youth.tolist() == [1.0]
    (law,) = study.costs.severities
    assert (law.mu, law.sigma) == (model.mu, model.sigma)
    assert {m.attachment for m in measures_of(study).measures} == {None, 0.0, model.line}
    assert study.settings.years == 1 and study.settings.sims == reference.YEARS


@pytest.mark.parametrize("draw", [plain_numpy.by_member, plain_numpy.in_chunks, plain_numpy.tuned])
def test_plain_numpy_does_not_depend_on_empty_cells(draw):
    rates = np.array([0.0, 0.3, 2.0])
    own, contribution, cases = draw(plain_numpy.Model(rates, 0.0, 0.0, 0.25), 300, 2)
    # Every case costs exactly 1: the cost is the number of cases, and 0.75 of each is shared.
    assert np.array_equal(own, np.round(own)) and own.sum() == cases
    assert not own[:, 0].any() and not contribution[:, 0].any()
    np.testing.assert_allclose(contribution.sum(axis=1), own.sum(axis=1))
    shared = 0.75 * own.sum(axis=1) * rates[2] / rates.sum()
    np.testing.assert_allclose(contribution[:, 2], 0.25 * own[:, 2] + shared)


def test_plain_chunks_cover_all_years():
    own, _, cases = plain_numpy.in_chunks(plain_numpy.Model(np.array([2.0]), 0.0, 0.0, 0.5), 25, 1, chunk=10)
    assert own.shape == (25, 1) and own.sum() == cases


def test_the_summary_is_the_one_of_the_metrics():
    x = np.random.default_rng(1).lognormal(size=(400, 3))
    figures = plain_numpy.summary((x,), (0.95,))[0]
    ordered = np.sort(x, axis=0)
    np.testing.assert_allclose(figures[2], ordered[379], rtol=1e-12)  # the 380th of 400
    np.testing.assert_allclose(figures[3], ordered[380:].mean(axis=0), rtol=1e-12)  # the 20 dearest years
    np.testing.assert_allclose(figures[:2], [x.mean(axis=0), x.std(axis=0, ddof=1)], rtol=1e-12)


@pytest.mark.parametrize("case_by_case", [True, False])
def test_breakdown_is_complete(case_by_case):
    lines = parts.report(reference.STUDY, 1_024, case_by_case)
    for stage in parts.STAGES:
        assert sum(stage in line for line in lines) == 1
    assert sum("random numbers" in line for line in lines) == (2 if case_by_case else 3)
    assert all(re.search(r" -?\d+ ms", line) for line in lines)


def test_parts_draw_what_the_kernel_draws():
    """The counts that the parts are timed on are those of the run."""
    for case_by_case in (True, False):
        engine = compile_study(Study.load(reference.STUDY), case_by_case=case_by_case)
        clients = engine.plan.draw(1, 0, 256)[0, :, 0]
        np.testing.assert_array_equal(parts.counts(engine, 256, 1).sum(axis=0), clients)


def test_a_stopwatch_gives_time_to_the_inner_stage(monkeypatch):
    """A clock of its own: made at 0, outer from 1, inner from 3 to 7, outer to 8."""
    clock = iter([0.0, 1.0, 3.0, 7.0, 8.0])
    monkeypatch.setattr(parts.time, "process_time", lambda: next(clock))
    watch = parts.Stopwatch()
    with watch.stage("outer"), watch.stage("inner"):
        pass
    assert watch.seconds == {"outer": 3.0, "inner": 4.0}


def test_the_reference_prints_its_promises(capsys, monkeypatch, sides):
    monkeypatch.setattr(reference, "compare", lambda years, rounds: sides)
    code = reference.main(["--years", "512", "--rounds", "1"])
    printed = capsys.readouterr().out
    assert code == ("NOT KEPT" in printed) and len(re.findall(r"^(?:kept|NOT KEPT) ", printed, re.MULTILINE)) == 4
    assert all(name in printed for name in reference.CONTESTANTS)


def test_a_process_of_its_own_reports():
    report = reference.by_itself("numpy, tuned for the cache", 256, 1)
    assert set(report) == {"cpu", "megabytes", "figures"} and report["megabytes"] > 10
    assert np.array(report["figures"]).shape == (2, 8, 10)


# --- the country


def test_the_country_has_the_published_sizes():
    sizes = country.sizes()
    assert len(sizes) == 342 and sizes == sorted(sizes)
    assert (sizes[0], sizes[-1]) == (930, 892_960)
    # Of an even number the median lies between the middle two.
    assert sizes[170] <= 31_753 <= sizes[171]
    study = country.country()
    assert len({member.region for member in study.region.members}) == 42
    assert [agreement.name for agreement in study.agreements] == list(country.AGREEMENTS)
    assert study.region.codes[0] == "GM9001" and study.settings.years == 4


def test_a_small_country_gives_all_tables():
    found = country.whole(country.country(members=12), paths=256, threads=2)
    assert set(found["rows"]) == set(TABLES)
    assert [found["rows"][name] for name in ("stability", "fairness", "years")] == [6 * 12, 6, 6 * 12 * 5]
    assert found["kept"] == 8 * 256 * 12 * 5 * 6  # four years and one expectation, own use and five that share
    assert {"preparation", "simulate"} < set(found["steps"]) and found["peak"] > found["kept"]


def test_plain_stays_agree_with_the_exact_means():
    study, paths = country.sample(4), 300
    own, above = plain_stays.own_costs(study, paths, 1, 100_000.0)
    engine = compile_study(study)
    exact = combine(engine.measures.total_weights, engine.exact_mean[:, np.newaxis])[0]
    # All shocks have mean one and the index is 1, so leaving them out moves no mean.
    z = (own.mean(axis=0) - exact) / (own.std(axis=0, ddof=1) / math.sqrt(paths))
    assert z.shape == (4, 4) and np.abs(z).max() < 4.5
    assert (above <= own).all() and above.any()


def test_plain_stays_refuse_a_law_that_they_do_not_know():
    with pytest.raises(TypeError, match="only capped lognormal"):
        plain_stays.own_costs(Study.load(reference.STUDY), 2, 1, 1.0)


def test_the_country_prints_its_runs(capsys, monkeypatch):
    def alone(module, *arguments):
        assert module == "benchmarks.country"
        assert country.main(list(arguments)) == 0
        return measuring.json.loads(capsys.readouterr().out)

    monkeypatch.setattr(country, "own_process", alone)
    monkeypatch.setattr(country, "SAMPLE_PATHS", 20)
    monkeypatch.setattr(country, "sample", lambda: country.country(members=3))
    code = country.main(["--members", "6", "--paths", "256", "512"])
    printed = capsys.readouterr().out
    assert code == ("NOT KEPT" in printed) and "6 municipalities" in printed and "ratio" in printed
    assert all(f"table {name}" in printed for name in TABLES)


# --- start-up and the curve


def test_startup_prints_every_step(capsys):
    asked = []

    def command(*arguments, environment=None):
        asked.append((arguments, environment))
        return 0.1, 0.2

    assert startup.main(["--sims", "300", "--helps", "2"], command) == 0
    printed = capsys.readouterr().out
    assert [a[0] for a, _ in asked] == ["--help", "--help", "warmup", "warmup", "run", "run"]
    assert all("NUMBA_CACHE_DIR" in e for a, e in asked if a[0] != "--help")
    assert all(step in printed for step in ("--help, best", "nothing compiled", "300 paths, second", "compiling"))


def test_a_command_is_timed():
    wall, cpu = startup.timed("--help")
    assert wall > 0 and cpu > 0


def test_a_straight_line_is_found():
    line = curve.Curve("paths", (10.0, 100.0, 1_000.0), (0.7, 2.5, 20.5))  # 0.5 + 0.02 x
    assert line.line == pytest.approx((0.5, 0.02), rel=1e-9)
    assert line.residuals == pytest.approx((0, 0, 0), abs=1e-9) and line.exponent == pytest.approx(1, abs=1e-9)
    bent = curve.Curve("paths", (10.0, 100.0, 1_000.0), (0.1, 1.0, 100.0))
    assert max(abs(residual) for residual in bent.residuals) > curve.FARTHEST and bent.exponent > 1.4


def test_heavier_studies_have_more_stays():
    one, eight = (curve.stays_per_path(compile_study(curve.heavier(factor))) for factor in (1, 8))
    assert eight == pytest.approx(8 * one, rel=1e-12)


def test_the_curve_prints_and_draws(capsys, tmp_path):
    picture = tmp_path / "images" / "speed.svg"
    code = curve.main(["--paths", "256", "512", "--factor-paths", "256", "--times", "1", "--plot", str(picture)])
    printed = capsys.readouterr().out
    assert code == ("NOT KEPT" in printed) and printed.count("exponent") == 2
    assert "<svg" in picture.read_text("utf-8")


def test_the_machine_is_described():
    assert re.search(r"\d+ cores; Python 3\.\d+", measuring.machine())
