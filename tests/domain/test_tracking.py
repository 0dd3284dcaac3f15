"""Any order, duplicates and delays of one story end in the same place."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.deliveries import FINAL, DeliveryStatus, may_move
from domain.tracking import IMPLIES, Mark, ScanKind, standing

_BEGIN = datetime(2030, 1, 1, tzinfo=UTC)
_WAY = [ScanKind.ACCEPTED, ScanKind.COURIER_TO_PICKUP, ScanKind.PICKED_UP, ScanKind.IN_TRANSIT]
_ENDS = {
    "delivered": [ScanKind.OUT_FOR_DELIVERY, ScanKind.DELIVERED, ScanKind.FINISHED],
    "delivered_at_second_try": [ScanKind.ATTEMPT_FAILED, ScanKind.OUT_FOR_DELIVERY, ScanKind.DELIVERED],
    "returned": [ScanKind.ATTEMPT_FAILED, ScanKind.RETURNING, ScanKind.RETURNED],
    "lost": [ScanKind.PROBLEM, ScanKind.LOST],
    "under_way": [ScanKind.OUT_FOR_DELIVERY, ScanKind.UNKNOWN],
    "failed_attempt": [ScanKind.AT_DROPOFF, ScanKind.ATTEMPT_FAILED],
}


def _story(kinds: list[ScanKind]) -> list[Mark]:
    return [Mark(id=str(n), kind=kind, occurred_at=_BEGIN + timedelta(minutes=n)) for n, kind in enumerate(kinds)]


@st.composite
def told(draw: st.DrawFn) -> tuple[list[Mark], list[Mark]]:
    """A story in order, and the same one shuffled with some of it told twice."""
    story = _story(_WAY + _ENDS[draw(st.sampled_from(sorted(_ENDS)))])
    again = draw(st.lists(st.sampled_from(story), max_size=6))
    return story, draw(st.permutations(story + again))


@given(told())
def test_the_order_of_arrival_does_not_matter(stories: tuple[list[Mark], list[Mark]]) -> None:
    story, heard = stories
    assert standing(heard) == standing(story)


@given(told())
def test_a_delivery_heard_scan_by_scan_ends_where_the_whole_story_does(stories: tuple[list[Mark], list[Mark]]) -> None:
    """As the workflow does it: it moves only where it may, and each new scan brings the whole set to bear."""
    story, heard = stories
    status, marks = DeliveryStatus.BOOKED, []
    for mark in heard:
        marks.append(mark)
        if may_move(status, standing(marks)):
            status = standing(marks)
    assert status == standing(story)


@given(st.lists(st.sampled_from(list(ScanKind)), max_size=12))
def test_no_order_of_scans_leads_out_of_a_final_status(kinds: list[ScanKind]) -> None:
    story = _story(kinds)
    for end in range(len(story)):
        if standing(story[:end]) in FINAL:
            assert standing(story) is standing(story[:end])


def test_every_scan_kind_implies_a_status_or_is_left_to_judgement() -> None:
    judged = {"pending", "rejected", "cancelled", "problem", "finished", "refunded", "refund_rejected", "unknown"}
    assert set(ScanKind) - set(IMPLIES) == judged
