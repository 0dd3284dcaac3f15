"""Administrators, who are made by hand: nobody can register as one."""

from datetime import UTC, datetime

import uuid_utils.compat as uuid

from domain.users import Organisation, Role, User
from runtime import passwords
from runtime.wiring import Wiring


async def add_admin(wiring: Wiring, email: str, name: str, password: str) -> User:
    """A new administrator with an organisation of their own. Raises EmailTaken, PasswordTooShort, PasswordTooCommon."""
    passwords.check(password, (email, name))
    now = datetime.now(UTC)
    organisation = Organisation(id=f"org_{uuid.uuid7().hex}", name=name, created_at=now)
    user = User(
        id=f"usr_{uuid.uuid7().hex}",
        organisation_id=organisation.id,
        email=email,
        name=name,
        role=Role.ADMIN,
        email_verified_at=now,
        password_set_at=now,
        created_at=now,
    )
    await wiring.users().add(user, organisation, await passwords.Passwords().hash(password))
    return user
