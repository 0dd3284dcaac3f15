"""What was said to a carrier and what it answered, redacted: what support reads beside a delivery."""

from pydantic import Field, JsonValue

from domain._values import Code, Timestamp, Value
from domain.access import Whose
from domain.quotes import AccountRef

LARGEST = 16_384
"""Bytes of an exchange as JSON, both bodies included."""
KEPT_DAYS = 30


class Exchange(Value):
    """One request to a carrier and its answer. Ids, codes, numbers and times of the bodies stay; names, contacts,
    streets, notes, places and secrets do not: `…` stands for each."""

    id: str = Field(examples=["exc_0197…"])
    at: Timestamp = Field(description="when it was asked, to the millisecond")
    carrier: Code
    account: Code
    operation: Code = Field(examples=["quote", "book", "token"])
    delivery_id: str | None = Field(default=None, description="absent for price checks")
    booking_key: str | None = None
    request_id: str | None = Field(default=None, description="the request to us that it served")
    method: str
    path: str = Field(description="without the values in its query")
    status: int | None = Field(default=None, description="absent: no answer came")
    outcome: Code = Field(description="`ok`, or the code of the error that it was to us")
    reason: Code | None = Field(default=None, examples=["region_not_served"])
    ms: int = Field(description="until the answer was read, or awaited no longer")
    request: JsonValue = None
    answer: JsonValue = Field(default=None, description="of a body that is not JSON: its type and length")
    headers: dict[str, str] = Field(default_factory=dict, description="of the answer, the few that are kept")

    def whose(self) -> Whose:
        """The delivery's, if it was for one: little of anybody is left, and that little is somebody's."""
        return {self.delivery_id: None} if self.delivery_id else {}

    @property
    def ref(self) -> AccountRef:
        """Whose exchange it was."""
        return AccountRef(carrier=self.carrier, account=self.account)
