#!/bin/sh
# A look at a running Entrega from outside: `sh scripts/smoke.sh HOST`. Changes nothing there.
set -eu
host=$1

say() { printf '%s\n' "smoke: $*"; }
fail() { say "$*" >&2; exit 1; }
status() { curl --silent --show-error --max-time 15 --output /dev/null --write-out '%{http_code}' "$@"; }

[ "$(status "https://$host/v1/users/jwks")" = 200 ] || fail "the users service does not show its keys"
for path in /v1/deliveries /v1/quotes /v1/areas /v1/audit /v1/notifications; do
    answer=$(status "https://$host$path")
    case "$answer" in
        401 | 405) say "$path is closed to strangers" ;;  # 405: it takes no GET
        *) fail "$path answers $answer to a stranger" ;;
    esac
done
for path in /metrics /healthz/ready; do
    curl --silent --max-time 15 "https://$host$path" | grep -q -e '^# HELP' -e '"status":"ok"' && fail "$path is told to the world"
done
if curl --silent --max-time 5 --output /dev/null "http://$host/v1/users/jwks"; then
    [ "$(status "http://$host/v1/users/jwks")" != 200 ] || fail "the API speaks in the clear"
fi
curl --silent --max-time 15 --head "https://$host/v1/users/jwks" | grep -qi '^strict-transport-security:' || fail "no HSTS"
say "well"
