"""What the journal still knows of lines that lie in an archive: how each delivery's chain ended, and whose it is."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from storage._rows import Row


class EndRow(Row):
    """A delivery's last archived line, and who told its first. Lines that it got later follow this one; nothing else
    changes it."""

    __tablename__ = "ends"
    __table_args__ = ({"schema": "journal"},)

    subject: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int]
    hash: Mapped[str]
    organisation_id: Mapped[str | None]
    created_by: Mapped[str | None]


class ArchiveRow(Row):
    """A partition whose deliveries' lines lie in the archive of its name; `deliveries` began in it."""

    __tablename__ = "archives"
    __table_args__ = ({"schema": "journal"},)

    name: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime | None]
    until: Mapped[datetime]
    lines: Mapped[int]
    deliveries: Mapped[int]
    manifest_sha256: Mapped[str]
    archived_at: Mapped[datetime]
    forgotten_at: Mapped[datetime | None]
