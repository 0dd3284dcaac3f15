#!/bin/sh
# Asks Prometheus for so many minutes whether what was rolled out does harm: `sh scripts/watch_burn.sh PROMETHEUS MINUTES
# SINCE`. Exit code 1 as soon as an alert that wakes somebody has begun since that second, of the API's error budget, of
# workflows or their queues, or when nobody could be asked. PROMETHEUS is a URL, or its path at the cluster's own API.
set -eu
prometheus=$1 minutes=$2 since=$3
alerts='alertname=~"ApiErrorBudgetBurn|WorkflowsInTrouble|TaskQueueUnattended|TaskQueueBacklog|ProcessGone",severity="page"'
query="count(ALERTS{$alerts,alertstate=\"firing\"} and ignoring(alertstate) (ALERTS_FOR_STATE >= $since)) or vector(0)"

ask() {
    case "$prometheus" in
        http*) curl --silent --show-error --fail --max-time 15 --get --data-urlencode "query=$query" "$prometheus/api/v1/query" ;;
        *)
            quoted=$(python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.argv[1]))' "$query")
            kubectl get --request-timeout 15s --raw "$prometheus/api/v1/query?query=$quoted"
            ;;
    esac
}

for minute in $(seq "$minutes"); do
    told=$(ask)
    firing=$(printf '%s' "$told" | sed -n 's/.*"value":\[[^,]*,"\([0-9.]*\)"\].*/\1/p')
    case "$firing" in
        0) ;;
        '') printf '%s\n' "Prometheus did not say: $told" >&2; exit 1 ;;
        *) printf '%s\n' "an alert fires in minute $minute that did not before" >&2; exit 1 ;;
    esac
    [ "$minute" = "$minutes" ] || sleep 60
done
