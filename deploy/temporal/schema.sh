#!/bin/sh
# Brings Temporal's two databases to the shape of this version; again it changes nothing.
set -eu
SQL_PASSWORD=$(cat /run/secrets/password)
export SQL_PASSWORD
for store in temporal:temporal temporal_visibility:visibility; do
    sql() {
        temporal-sql-tool --plugin postgres12_pgx --endpoint postgres --port 5432 --user temporal --database "${store%:*}" \
            --tls --tls-ca-file /run/secrets/ca.pem --tls-server-name postgres "$@"
    }
    # The first fails where there is a schema already; what is wrong otherwise, the second says as well.
    sql setup-schema --version 0.0 || true
    sql update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/${store#*:}/versioned"
done
