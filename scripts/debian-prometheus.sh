#!/bin/sh
# Installs Debian's Prometheus and Alertmanager, which the tests of monitoring run, when root; they are skipped where
# they are missing.
set -eu

! command -v promtool >/dev/null || ! command -v amtool >/dev/null || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    printf '%s\n' "Without Debian's Prometheus the tests of monitoring are skipped: sudo apt-get install -y --no-install-recommends prometheus prometheus-alertmanager" >&2
    exit 0
fi
printf '%s\n' "installing Debian's Prometheus and Alertmanager, for the tests of monitoring"
apt-get update -qq
# RUNLEVEL: their services are not started.
RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends prometheus prometheus-alertmanager </dev/null
