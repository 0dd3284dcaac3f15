#!/bin/sh
# Installs Debian's PostgreSQL, which the tests of TLS run, when root; they are skipped where it is missing.
set -eu

for server in /usr/lib/postgresql/*/bin/postgres; do
    [ ! -x "$server" ] || exit 0
done
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    printf '%s\n' "Without Debian's PostgreSQL the tests of TLS are skipped: sudo apt-get install -y --no-install-recommends postgresql" >&2
    exit 0
fi
printf '%s\n' "installing Debian's PostgreSQL, for the tests of TLS"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql </dev/null
