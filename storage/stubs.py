"""What the database still knows of deliveries that lie in an archive: whose each is, and which file it is in."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from storage._rows import Row


class PieceRow(Row):
    """A sealed file of deliveries that ended from `since` to `until`, both included; `bytes` as it lies there."""

    __tablename__ = "archives"
    __table_args__ = ({"schema": "deliveries"},)

    number: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    sha256: Mapped[str]
    bytes: Mapped[int]
    deliveries: Mapped[int]
    since: Mapped[datetime]
    until: Mapped[datetime]
    archived_at: Mapped[datetime]
    forgotten_at: Mapped[datetime | None]


class StubRow(Row):
    """A delivery whose rows lie in the piece `archive`: so its id is never another's, and it can still be erased."""

    __tablename__ = "archived"
    __table_args__ = ({"schema": "deliveries"},)

    id: Mapped[str] = mapped_column(primary_key=True)
    archive: Mapped[int]
    organisation_id: Mapped[str]
    created_by: Mapped[str]
    seq: Mapped[int]
    updated_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]
