#!/bin/sh
# Installs Debian's podman and buildah, by which the test of the image builds and runs it, when root; it is skipped where they are missing.
set -eu

if command -v podman >/dev/null && command -v buildah >/dev/null && command -v mmdebstrap >/dev/null && command -v runc >/dev/null; then
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    printf '%s\n' "Without a container engine the test of the image is skipped: sudo apt-get install -y --no-install-recommends podman buildah runc mmdebstrap" >&2
    exit 0
fi
printf '%s\n' "installing Debian's podman and buildah, for the test of the image: about 150 MB"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends podman buildah runc mmdebstrap </dev/null
