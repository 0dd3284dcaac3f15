"""Refresh tokens: whoever shows an old one is found out, whatever came before."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.sessions import GRACE, Session, Verdict, judge, lasts
from domain.users import Role

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def session(**more: object) -> Session:
    values = {
        "id": "ses_1", "user_id": "usr_1", "organisation_id": "org_1", "amr": ("pwd",), "created_at": NOW,
        "rotated_at": NOW, "expires_at": NOW + lasts(Role.CUSTOMER),
    }  # fmt: skip
    return Session.model_validate({**values, **more})


def test_the_newest_is_exchanged_the_one_before_only_at_the_same_moment() -> None:
    soon, late = NOW + GRACE, NOW + GRACE + timedelta(seconds=1)
    assert judge(session(), ["new"], ["old"], "new", late) is Verdict.NEXT
    assert judge(session(), ["new"], ["old"], "old", soon) is Verdict.SIBLING
    assert judge(session(), ["new"], ["old"], "old", late) is Verdict.REUSED
    assert judge(session(), ["new"], ["old"], "older", soon) is Verdict.REUSED


def test_nobody_collects_tokens_in_the_moment_of_grace() -> None:
    assert judge(session(), [str(n) for n in range(16)], ["old"], "old", NOW) is Verdict.REUSED


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 900)), max_size=40))
def test_an_old_token_shown_late_always_ends_the_session(story: list[tuple[int, int]]) -> None:
    """A browser and a thief take turns in any order and at any pace: nobody goes on with a token older than the last
    turn's, and after a refusal nobody goes on at all."""
    state, newest, before, at = session(), ["t0"], [], NOW
    shown: list[tuple[str, int]] = [("t0", 0)]
    for number, (back, pause) in enumerate(story):
        at += timedelta(seconds=pause)
        token, its_turn = shown[-1 - min(back, len(shown) - 1)]
        verdict = judge(state, newest, before, token, at)
        if state.ended_at is not None:
            assert verdict is Verdict.OVER
        elif verdict is Verdict.NEXT:
            assert its_turn == state.turn
            before, newest = newest, [f"t{number}-next"]
            state = state.model_copy(update={"turn": state.turn + 1, "rotated_at": at})
            shown.append((newest[0], state.turn))
        elif verdict is Verdict.SIBLING:
            assert its_turn == state.turn - 1
            assert at - state.rotated_at <= GRACE
            newest = [*newest, f"t{number}-sibling"]
            shown.append((newest[-1], state.turn))
        elif verdict is Verdict.REUSED:
            assert its_turn < state.turn
            state = state.model_copy(update={"ended_at": at})
