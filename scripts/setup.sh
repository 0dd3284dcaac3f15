#!/bin/sh
# Makes .venv with the locked dependencies and this project in it. Does nothing when nothing has changed.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "setup: $*"; }
fail() { printf '%s\n' "setup: $*" >&2; exit 1; }

stamp=.venv/.entrega-setup
# What a finished set-up depends on: the lock, the packages of this tree, where it lies (a venv cannot be moved).
wanted=$({ cat requirements-dev.lock pyproject.toml scripts/setup.sh; ls -d ./*/__init__.py; pwd; } | sha256sum | cut -d' ' -f1)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && .venv/bin/python -c '' 2>/dev/null; then
    exit 0
fi

[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] ||
    fail "this is $(uname -s) on $(uname -m), but the bundled MongoDB is for Linux on x86_64 alone: use such a machine or container"

# The first Python that is new enough; PYTHON=… chooses another.
python=
for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || fail "no Python 3.11 or newer found: install one, or say where it is: make setup PYTHON=/path/to/python3"
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')

# Prints the Debian names of what this machine lacks.
missing() {
    "$python" -c 'import ensurepip, venv' 2>/dev/null || echo "python$version-venv"
    "$python" -c 'import ctypes; ctypes.CDLL("libcurl.so.4")' 2>/dev/null || echo libcurl4 # mongod
    "$python" -c 'import ctypes; ctypes.CDLL("libssl.so.3")' 2>/dev/null || echo libssl3   # mongod
    command -v setpriv >/dev/null || echo util-linux                                       # ties servers to their supervisor
    if [ "$(id -u)" = 0 ]; then command -v useradd >/dev/null || echo passwd; fi            # PostgreSQL will not run as root
}

packages=$(missing | tr '\n' ' ')
if [ -n "$packages" ]; then
    if ! command -v apt-get >/dev/null; then
        fail "this machine lacks (by their Debian names): $packages- install them, then run this again"
    elif [ "$(id -u)" != 0 ]; then
        fail "this machine lacks: $packages- run this one command, then try again:
    sudo apt-get update && sudo apt-get install -y --no-install-recommends $packages"
    fi
    say "installing $packages"
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages </dev/null
    packages=$(missing | tr '\n' ' ')
    [ -z "$packages" ] || fail "still missing after installing: $packages- install them by hand, then run this again"
fi

# One that is broken, or was made elsewhere or by another Python, is made anew; else only what changed is installed.
if ! .venv/bin/python -c "import pip, sys; sys.exit(sys.prefix != '$PWD/.venv' or sys.version_info[:2] != (${version%.*}, ${version#*.}))" 2>/dev/null; then
    say "making .venv with Python $version"
    "$python" -m venv --clear .venv
fi
say "installing the locked dependencies: about 250 MB the first time"
.venv/bin/python -m pip install --disable-pip-version-check --no-input --no-deps --only-binary :all: \
    --require-hashes -r requirements-dev.lock ||
    fail "the dependencies could not be installed: see the lines above; once the cause is gone, run this again"
.venv/bin/python -m pip install --disable-pip-version-check --no-input --quiet --no-deps --no-build-isolation -e .
printf '%s\n' "$wanted" >"$stamp"
say "done. Next: make demo, make up or make test"
