#!/bin/sh
# Updates the services that SERVICES (a JSON list) names to DIGEST, and the pages to WEB_DIGEST; all others stay as they
# are. VALUES is the environment's own, as YAML. Where it does not become ready, Helm goes back by itself.
set -eu

values=$(mktemp)
trap 'rm -f "$values"' EXIT
printf '%s\n' "$VALUES" >"$values"

set -- --reset-then-reuse-values --values "$values"
for service in $(printf '%s' "$SERVICES" | tr -d '[]" ' | tr ',' ' '); do
    case "$service" in
        web) set -- "$@" --set "web.image.digest=${WEB_DIGEST:?}" ;;
        *) set -- "$@" --set "services.$service.image.digest=${DIGEST:?}" ;;
    esac
done
# The newest image of all: the database's shape is the newest service's, and older ones live with it.
[ -z "${DIGEST:-}" ] || set -- "$@" --set "migrate.image.digest=$DIGEST"

helm upgrade entrega deploy/helm/entrega --namespace entrega "$@" --wait --rollback-on-failure --timeout 15m
