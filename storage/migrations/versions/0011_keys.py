"""Data keys, wrapped, and who may have which: each row belongs to a subject, and each role to some subjects."""

from alembic import op

revision = "0011"
down_revision = "0010"

_DELIVERIES, _PEOPLE, _ACCOUNTS = ("del_",), ("usr_", "org_"), ("carrier/",)
_SERVICE = ("service/",)  # what belongs to nobody in particular, as a carrier's report of an unknown booking
_READ = {
    "users": _PEOPLE,
    "quotes": (*_DELIVERIES, *_ACCOUNTS, *_SERVICE),
    "availability": (*_DELIVERIES, *_ACCOUNTS, *_SERVICE),
    "deliveries": (*_DELIVERIES, *_ACCOUNTS, *_SERVICE),
    "tracking": (*_DELIVERIES, *_ACCOUNTS, *_SERVICE),
    "codec": (*_DELIVERIES, *_SERVICE),
}
_MAKE = {
    "users": _PEOPLE,
    "quotes": (*_ACCOUNTS, *_SERVICE),
    "availability": _SERVICE,
    "deliveries": (*_DELIVERIES, *_SERVICE),
    "tracking": _SERVICE,
}
_ERASE = {"users": _PEOPLE, "quotes": _ACCOUNTS, "deliveries": _DELIVERIES}


def upgrade() -> None:
    """Two more roles: `codec` reads for staff, `keys` wraps anew and can read nothing that the keys seal."""
    for role in ("codec", "keys"):
        op.execute(f"""
            DO $$ BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'entrega_{role}') THEN
                    CREATE ROLE entrega_{role} NOLOGIN;
                END IF;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END $$
        """)
        op.execute(f"GRANT USAGE ON SCHEMA journal TO entrega_{role}")
        op.execute(f"GRANT SELECT ON journal.journal TO entrega_{role}")
        op.execute(f"""
            GRANT INSERT (subject, seq, kind, actor, organisation_id, data, digest, prev_hash, hash, at)
            ON journal.journal TO entrega_{role}
        """)
    op.execute("CREATE SCHEMA keys")
    op.execute("""
        CREATE TABLE keys.data_keys (
            subject text PRIMARY KEY,
            wrapped bytea,
            kek_id text,
            created_at timestamptz NOT NULL,
            erased_at timestamptz,
            CONSTRAINT data_keys_there_or_erased CHECK (
                (wrapped IS NULL) = (erased_at IS NOT NULL) AND (wrapped IS NULL) = (kek_id IS NULL)
            )
        )
    """)
    op.execute("ALTER TABLE keys.data_keys ENABLE ROW LEVEL SECURITY")
    for role, prefixes in _READ.items():
        op.execute(f"GRANT USAGE ON SCHEMA keys TO entrega_{role}")
        op.execute(f"GRANT SELECT ON keys.data_keys TO entrega_{role}")
        op.execute(f"CREATE POLICY {role}_reads ON keys.data_keys FOR SELECT TO entrega_{role} USING ({_of(prefixes)})")
    for role, prefixes in _MAKE.items():
        op.execute(f"GRANT INSERT (subject, wrapped, kek_id, created_at) ON keys.data_keys TO entrega_{role}")
        op.execute(f"""
            CREATE POLICY {role}_makes ON keys.data_keys FOR INSERT TO entrega_{role}
            WITH CHECK (({_of(prefixes)}) AND wrapped IS NOT NULL)
        """)
    for role, prefixes in _ERASE.items():
        # Whoever owns the data may end a key, and neither change one nor bring it back.
        op.execute(f"GRANT UPDATE (wrapped, kek_id, erased_at) ON keys.data_keys TO entrega_{role}")
        op.execute(f"""
            CREATE POLICY {role}_erases ON keys.data_keys FOR UPDATE TO entrega_{role}
            USING ({_of(prefixes)}) WITH CHECK (wrapped IS NULL)
        """)
    op.execute("GRANT USAGE ON SCHEMA keys TO entrega_keys")
    op.execute("GRANT SELECT, UPDATE (wrapped, kek_id) ON keys.data_keys TO entrega_keys")
    op.execute("CREATE POLICY keys_reads ON keys.data_keys FOR SELECT TO entrega_keys USING (true)")
    op.execute("""
        CREATE POLICY keys_wraps ON keys.data_keys FOR UPDATE TO entrega_keys
        USING (wrapped IS NOT NULL) WITH CHECK (wrapped IS NOT NULL)
    """)


def _of(prefixes: tuple[str, ...]) -> str:
    return " OR ".join(f"starts_with(subject, '{prefix}')" for prefix in prefixes)
