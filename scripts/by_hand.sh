#!/bin/sh
# Runs one of our commands in a cluster and shows what it says: `sh scripts/by_hand.sh reconcile`. It is the chart's
# `jobs.operator`, to be enabled before, with other words; exit code 1 if the command does not end well.
set -eu
name=entrega-by-hand-$(date +%s)
words=$(python3 -c 'import json, sys; print(json.dumps(sys.argv[1:]))' "$@")
once="{\"op\": \"replace\", \"path\": \"/spec/backoffLimit\", \"value\": 0}"
other="{\"op\": \"replace\", \"path\": \"/spec/template/spec/containers/0/args\", \"value\": $words}"

kubectl --namespace entrega create job "$name" --from cronjob/entrega-operator --dry-run=client --output json |
    kubectl patch --local --filename - --type json --patch "[$once, $other]" --output json |
    kubectl apply --filename - >/dev/null
kubectl --namespace entrega logs --follow --pod-running-timeout 5m "job/$name"
kubectl --namespace entrega wait --for condition=complete --timeout 30s "job/$name"
