"""A container engine of our own: Debian's podman and buildah, with storage in one folder that goes with it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOOLS = ("podman", "buildah", "runc", "mmdebstrap")
# crun, Debian's default, refuses control groups that are mounted both ways.
_CONFIG = """\
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=10000:10000"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
_HARDENED = ("--read-only", "--tmpfs=/tmp", "--cap-drop=all", "--security-opt=no-new-privileges", "--memory=512m")


class Engine:
    """Builds and runs in a folder; raises CalledProcessError with what the tool said."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        config = folder / "containers.conf"
        config.write_text(_CONFIG)
        self._env = {**os.environ, "CONTAINERS_CONF": str(config)}
        self._where = ["--root", str(folder / "root"), "--runroot", str(folder / "run")]

    def __call__(self, *words: str | Path, check: bool = True) -> str:
        """What podman prints."""
        return self._run("podman", *self._where, *words, check=check)

    def base(self, name: str) -> None:
        """A Debian with Python and nothing else: a stand-in for the image on a registry that we cannot reach."""
        made = self._folder / "base.tar"
        wanted = "--include=python3,python3-venv,ca-certificates"
        self._run("mmdebstrap", "--quiet", "--variant=minbase", wanted, "bookworm", made)
        self("import", "--quiet", made, name)
        made.unlink()

    def wheels(self) -> Path:
        """A folder of everything that the locks name, for any version of Python, so that the build needs no network."""
        folder, lock = self._folder / "wheels", self._folder / "all.lock"
        locks = [ROOT / "requirements.lock", ROOT / "scripts/build.lock"]
        lock.write_text("".join(re.sub(r" ; [^\\\n]*\\$", r" \\", each.read_text(), flags=re.M) for each in locks))
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        self._run(*pip, "--only-binary=:all:", "--require-hashes", "--dest", folder, "--requirement", lock)
        return folder

    def build(self, dockerfile: str, name: str, arguments: dict[str, str], wheels: Path) -> None:
        """As `docker build .` does, from the files that git knows."""
        given = [f"--build-arg={key}={value}" for key, value in arguments.items()]
        how = ["--isolation=chroot", "--network=host", f"--volume={wheels}:/wheels:ro", "--quiet"]
        self._run("buildah", *self._where, "bud", *how, *given, "--file", dockerfile, "--tag", name, str(ROOT))

    def start(self, image: str, words: list[str], env: dict[str, str], secrets: Path) -> str:
        """Runs a command of the image as production does; the container's id. The host's network stands for ours."""
        given = [f"--env={key}={value}" for key, value in env.items()]
        how = ["--detach", "--network=host", *_HARDENED, f"--volume={secrets}:/run/secrets:ro"]
        return self("run", *how, *given, image, *words).strip()

    def close(self) -> None:
        """Ends what runs and removes everything."""
        self("rm", "--all", "--force", "--time", "5", check=False)
        self("rmi", "--all", "--force", check=False)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, *words: str | Path, check: bool = True) -> str:
        ended = subprocess.run([str(word) for word in words], env=self._env, capture_output=True, text=True, cwd=ROOT)
        if check and ended.returncode:
            raise RuntimeError(f"{words[0]} failed: {(ended.stdout + ended.stderr)[-3000:]}")
        return ended.stdout


def missing() -> str:
    """Why there can be no engine here, in words for who reads that a test was skipped; empty if there can be one."""
    if absent := [tool for tool in TOOLS if shutil.which(tool) is None]:
        return f"no container engine: {', '.join(absent)} not found; see scripts/debian-containers.sh"
    return "" if os.geteuid() == 0 else "no container engine: the test of the image runs one as root"
