#!/bin/sh
# Has the CDN forget the pages after a release: `purge.sh https://entrega.example.com`. Assets never need it, and public
# tracking forgets by itself. ENTREGA_CDN_KEY, if set, goes along as the header Fastly-Key.
set -eu
site=${1:?the site, as in https://entrega.example.com}
for path in / /index.html /config.json; do
    curl --fail --silent --show-error --max-time 10 --request PURGE \
        ${ENTREGA_CDN_KEY:+--header "Fastly-Key: $ENTREGA_CDN_KEY"} "$site$path" >/dev/null ||
        { printf '%s\n' "not purged: $site$path; forget it by your CDN's own means" >&2; exit 1; }
done
