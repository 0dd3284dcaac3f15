"""Which services a change touches, and so which images are built: `python changed_services.py BEFORE AFTER`.

Prints `services=[…]` and `images=[…]`, JSON lists. A service's own files touch it alone; whatever others stand on
touches all of them, and what is in no image none. A commit that is not known any more counts as everything.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable

SERVICES = ("users", "quotes", "availability", "deliveries", "tracking", "notifications", "relay", "codec")
_OWN = re.compile(r"(?:api|activities|workers)/(?P<name>[a-z]+)(?:/|\.py$)")
_PACKAGES = ("activities", "api", "carriers", "channels", "domain", "places", "runtime", "storage", "wire", "workers")
_ALL = re.compile(rf"(?:{'|'.join((*_PACKAGES, 'workflows'))})/|entrega\.py$|requirements\.lock$|pyproject\.toml$")
_IMAGE = ("deploy/docker/Dockerfile", "deploy/docker/backup.Dockerfile", ".dockerignore")
_WEB = ("web/", "deploy/docker/web.", "deploy/docker/web")


def changed(paths: Iterable[str]) -> list[str]:
    """The services that these files belong to, `web` among them."""
    found: set[str] = set()
    for path in paths:
        own = _OWN.match(path)
        if own and own["name"] in SERVICES:
            found.add(own["name"])
        elif _ALL.match(path) or path in _IMAGE:
            found.update(SERVICES)
        elif path.startswith(_WEB):
            found.add("web")
    return sorted(found)


def images(services: Iterable[str]) -> list[str]:
    """Every service of the backend is one image; the pages are another."""
    names = set(services)
    return [*(["entrega"] if names - {"web"} else []), *(["entrega-web"] if "web" in names else [])]


def _paths(before: str, after: str) -> list[str] | None:
    command = ["git", "diff", "--name-only", "--no-renames", before, after]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    return told.stdout.splitlines() if told.returncode == 0 else None


def main(before: str, after: str) -> None:
    """Two lines, as a workflow's outputs."""
    paths = _paths(before, after)
    services = changed(paths) if paths is not None else sorted((*SERVICES, "web"))
    print(f"services={json.dumps(services)}")
    print(f"images={json.dumps(images(services))}")


if __name__ == "__main__":
    main(*sys.argv[1:])
