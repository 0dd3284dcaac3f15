#!/bin/sh
# Installs Debian's Chromium, in which the tests of the web app run, when root; they are skipped where it is missing.
set -eu

! command -v chromium >/dev/null || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    printf '%s\n' "Without Debian's Chromium the tests in a browser are skipped: sudo apt-get install -y --no-install-recommends chromium" >&2
    exit 0
fi
printf '%s\n' "installing Debian's Chromium, for the tests in a browser: about 300 MB"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium </dev/null
