"""Links in messages, until they are followed: by fingerprint, good once."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ForeignKey, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from domain.errors import EmailTaken
from domain.user_ports import Proof, Purpose
from domain.users import User
from storage._engine import constraint, reading, transaction
from storage._people import UserRow, end_sessions, read_user, sealed_user
from storage._rows import Row
from storage._seals import Seals, opened, seal
from storage.api_keys import ApiKeyRow
from storage.journal import append_line, lock
from storage.second_factors import SecondFactorRow


class ProofRow(Row):
    """A link that was sent; where to is sealed by its user's key."""

    __tablename__ = "proofs"
    __table_args__ = ({"schema": "users"},)

    digest: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey(UserRow.id))
    purpose: Mapped[str]
    email: Mapped[bytes]
    expires_at: Mapped[datetime]


_EMAIL = "users.proofs.email"
_ADDRESS = (Purpose.VERIFY_EMAIL, Purpose.CHANGE_EMAIL)


class SqlProofStore:
    """Kept by the users service."""

    def __init__(self, engine: AsyncEngine, seals: Seals) -> None:
        self._engine = engine
        self._seals = seals

    async def add(self, proof: Proof, digest: str) -> None:
        """Keeps one, beside those sent before; those that nobody followed in time go."""
        gone = delete(ProofRow).where(ProofRow.user_id == proof.user_id, ProofRow.expires_at <= datetime.now(UTC))
        async with transaction(self._engine) as connection:
            await connection.execute(gone)
            email = seal(await self._seals.of(connection, proof.user_id), _EMAIL, digest, proof.email)
            values = proof.model_dump() | {"email": email, "digest": digest}
            await connection.execute(insert(ProofRow).values(values))

    async def get(self, digest: str, now: datetime) -> Proof | None:
        """One that is still good."""
        async with reading(self._engine) as connection:
            return await _read(connection, self._seals, digest, now)

    async def verify_email(self, digest: str, now: datetime) -> User | None:
        """Uses it up, and all of its kind; None when it is no longer good. Raises EmailTaken. Another address also
        makes void what was sent to the one before."""
        try:
            async with transaction(self._engine) as connection:
                proof = await _used(connection, self._seals, digest, now, _ADDRESS)
                if proof is None:
                    return None
                changed = proof.purpose is Purpose.CHANGE_EMAIL
                kind = "user.email_changed" if changed else "user.email_verified"
                await append_line(connection, proof.user_id, kind, proof.user_id, {})
                if changed:
                    await drop_proofs(connection, proof.user_id)
                theirs, key = UserRow.id == proof.user_id, await self._seals.of(connection, proof.user_id)
                sealed = sealed_user(self._seals, key, proof.user_id, email=proof.email)
                await connection.execute(update(UserRow).where(theirs).values(**sealed, email_verified_at=now))
                return await read_user(connection, self._seals, proof.user_id)
        except IntegrityError as error:
            if constraint(error) == "users_email":
                raise EmailTaken from None
            raise

    async def reset_password(self, digest: str, password_hash: str, now: datetime) -> User | None:
        """Uses it up, and every other link; None when it is no longer good."""
        async with transaction(self._engine) as connection:
            proof = await _used(connection, self._seals, digest, now, (Purpose.RESET_PASSWORD,))
            user = None if proof is None else await read_user(connection, self._seals, proof.user_id)
            if user is None:
                return None
            await append_line(connection, user.id, "user.password_changed", user.id, {"how": "reset"})
            await end_sessions(connection, user.id, now)
            await drop_proofs(connection, user.id)
            values: dict[str, Any] = {"password_hash": password_hash, "password_set_at": now}
            if user.email_verified_at is None:
                # Whoever registered this address need not have been its owner, who stands here now.
                values["email_verified_at"] = now
                await append_line(connection, user.id, "user.email_verified", user.id, {})
                await _end_what_a_stranger_set_up(connection, user.id, now)
            await connection.execute(update(UserRow).where(UserRow.id == user.id).values(values))
            return await read_user(connection, self._seals, user.id)


async def _end_what_a_stranger_set_up(connection: AsyncConnection, user_id: str, now: datetime) -> None:
    """Second factor and keys, each told under the user: the organisation's lines are not locked here."""
    factor = delete(SecondFactorRow).where(SecondFactorRow.user_id == user_id).returning(SecondFactorRow.confirmed_at)
    if await connection.scalar(factor) is not None:
        await append_line(connection, user_id, "user.second_factor_off", user_id, {"kind": "totp"})
    made = update(ApiKeyRow).where(ApiKeyRow.created_by == user_id, ApiKeyRow.revoked_at.is_(None))
    for key in (await connection.scalars(made.values(revoked_at=now).returning(ApiKeyRow.id))).all():
        await append_line(connection, user_id, "key.revoked", user_id, {"key": key})


async def drop_proofs(connection: AsyncConnection, user_id: str) -> None:
    """No link sent before changes anything any more: whoever asked for it may be whom the user is getting rid of."""
    changing = [str(Purpose.CHANGE_EMAIL), str(Purpose.RESET_PASSWORD)]
    await connection.execute(delete(ProofRow).where(ProofRow.user_id == user_id, ProofRow.purpose.in_(changing)))


async def _read(connection: AsyncConnection, seals: Seals, digest: str, now: datetime) -> Proof | None:
    query = select(*ProofRow.__table__.columns).where(ProofRow.digest == digest, ProofRow.expires_at > now)
    row = (await connection.execute(query)).one_or_none()
    key = None if row is None else (await seals.known((row.user_id,), connection)).get(row.user_id)
    if row is None or key is None:
        return None
    return Proof.model_validate({**row._mapping, "email": opened(key, _EMAIL, row.digest, row.email)})


async def _used(
    connection: AsyncConnection, seals: Seals, digest: str, now: datetime, purposes: tuple[Purpose, ...]
) -> Proof | None:
    """The proof, gone with all others of its kind, its user's lines locked; None when it is not good for that."""
    proof = await _read(connection, seals, digest, now)
    if proof is None or proof.purpose not in purposes:
        return None
    await lock(connection, proof.user_id)
    wanted = [str(purpose) for purpose in purposes]
    kind = ProofRow.user_id == proof.user_id, ProofRow.purpose.in_(wanted)
    gone = await connection.scalars(delete(ProofRow).where(*kind).returning(ProofRow.digest))
    return proof if digest in gone.all() else None
