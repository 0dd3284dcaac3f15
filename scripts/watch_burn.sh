#!/bin/sh
# Asks Prometheus for so many minutes whether the API's error budget burns: `sh scripts/watch_burn.sh URL MINUTES`; exit
# code 1 as soon as it does, or when nobody could be asked.
set -eu
prometheus=$1 minutes=$2
query='sum(ALERTS{alertname="ApiErrorBudgetBurn",alertstate="firing",severity="page"}) or vector(0)'

for minute in $(seq "$minutes"); do
    told=$(curl --silent --show-error --fail --max-time 15 --get --data-urlencode "query=$query" "$prometheus/api/v1/query")
    burning=$(printf '%s' "$told" | sed -n 's/.*"value":\[[^,]*,"\([0-9.]*\)"\].*/\1/p')
    case "$burning" in
        0) ;;
        '') printf '%s\n' "Prometheus did not say: $told" >&2; exit 1 ;;
        *) printf '%s\n' "the error budget burns in minute $minute" >&2; exit 1 ;;
    esac
    [ "$minute" = "$minutes" ] || sleep 60
done
