"""What is built works away from the repository: the schema is in it."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from rialto_client.schema import default_schema

from .support import CLIENT

READ_SCHEMA = """
import rialto_client.schema as schema
assert schema.PACKAGED.is_file() and not schema.IN_REPOSITORY.is_file()
print(len(schema.default_schema().messages))
"""


def run(*arguments: str, cwd: Path, path: Path | None = None) -> str:
    """What a Python of its own prints; it has to end without an error."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(  # noqa: S603 - this Python, with arguments from here
        [sys.executable, *arguments],
        cwd=cwd,
        env=environment | ({} if path is None else {"PYTHONPATH": str(path)}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def wheel_of(source: Path, into: Path) -> Path:
    """Builds a wheel from a directory."""
    run("-m", "hatchling", "build", "-t", "wheel", "-d", str(into), cwd=source)
    (wheel,) = into.glob("*.whl")
    return wheel


@pytest.mark.parametrize("through_archive", [False, True])
def test_an_installed_package_has_its_schema(tmp_path: Path, through_archive: bool) -> None:
    """Whether it was built in the repository or from a source archive."""
    source = CLIENT
    if through_archive:
        run("-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path), cwd=CLIENT)
        (archive,) = tmp_path.glob("*.tar.gz")
        with tarfile.open(archive) as content:
            content.extractall(tmp_path / "source", filter="data")
        (source,) = (tmp_path / "source").iterdir()
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel_of(source, tmp_path / "wheel")) as content:
        content.extractall(installed)
        names = content.namelist()
    assert "rialto_client/py.typed" in names
    printed = run("-c", READ_SCHEMA, cwd=tmp_path, path=installed)
    assert int(printed) == len(default_schema().messages)
