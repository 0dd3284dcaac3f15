#!/bin/sh
# Installs Debian's Redis, which speaks as Valkey does, for the test of a shared cache, when root; it is skipped where it is missing.
set -eu

! command -v redis-server >/dev/null && ! command -v valkey-server >/dev/null || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    printf '%s\n' "Without Valkey or Redis the test of a shared cache is skipped: sudo apt-get install -y --no-install-recommends redis-server" >&2
    exit 0
fi
printf '%s\n' "installing Debian's Redis, for the test of a shared cache: about 7 MB"
apt-get update -qq
# Its own service is not wanted.
printf '%s\n' '#!/bin/sh' 'exit 101' >/usr/sbin/policy-rc.d.entrega
[ -e /usr/sbin/policy-rc.d ] || { mv /usr/sbin/policy-rc.d.entrega /usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d && ours=yes; }
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server </dev/null
[ "${ours:-}" != yes ] || rm -f /usr/sbin/policy-rc.d
rm -f /usr/sbin/policy-rc.d.entrega
