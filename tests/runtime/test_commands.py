"""Commands that a schedule runs: what is wrong must end them so that somebody hears of it."""

import pytest
from typer.testing import CliRunner

from entrega import app
from runtime import data_keys
from runtime.data_keys import KekUse
from runtime.settings import Settings

_USED = [KekUse("first", 3, here=True, current=False), KekUse("second", 2, here=True, current=True)]
_LOST = [KekUse("first", 3, here=False, current=False), _USED[1]]


@pytest.mark.parametrize(("used", "code"), [(_USED, 0), (_LOST, 1)])
def test_a_missing_file_of_a_key_in_use_ends_the_list_badly(
    used: list[KekUse], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def list_data_keys(_settings: Settings) -> tuple[list[KekUse], int]:
        return used, 0

    monkeypatch.setattr(data_keys, "list_data_keys", list_data_keys)
    ended = CliRunner().invoke(app, ["keys", "list"])
    assert ended.exit_code == code
    assert ("its file is missing" in ended.output) == bool(code)
