#!/bin/sh
# Makes our namespace, how long it keeps closed deliveries, and what they are found by; again it changes nothing.
set -eu
export TEMPORAL_ADDRESS=temporal:7233 TEMPORAL_NAMESPACE=entrega
export TEMPORAL_TLS_CA=/run/secrets/ca.pem TEMPORAL_TLS_CERT=/run/secrets/tls.pem TEMPORAL_TLS_KEY=/run/secrets/tls.key

temporal operator namespace describe --namespace entrega >/dev/null 2>&1 ||
    temporal operator namespace create --namespace entrega --retention 90d
temporal operator namespace update --namespace entrega --retention 90d
known=$(temporal operator search-attribute list)
attributes="DeliveryStatus:Keyword Carrier:Keyword Service:Keyword OrganisationId:Keyword TrackingNumber:Keyword Attention:Keyword PromisedAt:Datetime"
for each in $attributes; do
    echo "$known" | grep -q "${each%:*}" ||
        temporal operator search-attribute create --name "${each%:*}" --type "${each#*:}"
done
