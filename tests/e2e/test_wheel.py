"""The wheel, built and installed where there is no checkout, brings all it needs."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist, then the wheel from it, as a release does."""
    target = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (found,) = target.glob("*.whl")
    return found


def test_installed_from_the_wheel_the_demo_runs_in_another_folder(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "env"
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    # The dependencies are those of the tests' environment; slamon itself is not among them, an editable
    # install is a .pth file, and .pth files are not read from a folder that is itself named in one.
    (site,) = (environment / "lib").glob("python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)

    show = "import slamon, slamon.resources as r; print(slamon.__file__, *map(r.folder, %r))"
    where = subprocess.run(
        [str(python), "-c", show % (("migrations", "reports", "grafana"),)],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert all(Path(path).is_relative_to(environment) for path in where)
    assert len(where) == 4

    done = subprocess.run(
        [str(environment / "bin" / "slamon"), "demo", "--once", "--tickets", "40"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "demo-data" / "slamon.db").exists()
