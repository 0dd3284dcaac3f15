#!/bin/sh
# Has Caddy read each of these files as it would at a start, with certificates made for this once.
set -eu
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
entrega prepare "$made" --host entrega.example.com >/dev/null
export XDG_DATA_HOME="$made" ENTREGA_HOST=entrega.example.com ENTREGA_SECRETS_DIR="$made/proxy"
export ENTREGA_TLS_CERT_FILE="$made/web/tls.pem" ENTREGA_TLS_KEY_FILE="$made/web/tls.key"
export ENTREGA_PUBLIC_TLS="$made/proxy/tls.pem $made/proxy/tls.key"
for file in "$@"; do
    caddy validate --adapter caddyfile --config "$file"
done
