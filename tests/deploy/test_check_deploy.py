"""What looks at deploy/ sees what is wrong, and does not call what it could not look at right."""

from pathlib import Path

import pytest

from scripts import check_definitions, check_deploy
from scripts.check_deploy import Check

DEFINITION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  group: fruit.example.com
  names: {kind: Apple}
  versions:
    - name: v1
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                pips: {type: integer}
                port: {x-kubernetes-int-or-string: true}
                colour: {type: string, nullable: true}
"""
APPLE = """
apiVersion: fruit.example.com/v1
kind: Apple
metadata: {name: pippin}
spec: {pips: 5, port: http, colour: null}
"""


@pytest.fixture
def checked(tmp_path: Path) -> Path:
    folder = tmp_path / "definitions"
    folder.mkdir()
    (folder / "apples.yaml").write_text(DEFINITION)
    return folder


@pytest.mark.parametrize(
    ("right", "wrong"), [("pips: 5", "pips: many"), ("pips: 5", "seeds: 5"), ("port: http", "port: [80]")]
)
def test_a_field_that_a_definition_does_not_know_is_an_error(
    checked: Path, capsys: pytest.CaptureFixture[str], right: str, wrong: str
) -> None:
    manifest = checked.parent / "apple.yaml"
    manifest.write_text(APPLE)
    assert check_definitions.main([str(manifest), str(checked)]) == 0
    manifest.write_text(APPLE.replace(right, wrong))
    assert check_definitions.main([str(manifest), str(checked)]) == 1
    assert "Apple pippin" in capsys.readouterr().out


def test_of_a_kind_without_a_definition_it_is_told_that_nobody_looked(
    checked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = checked.parent / "pear.yaml"
    manifest.write_text(APPLE.replace("Apple", "Pear"))
    assert check_definitions.main([str(manifest), str(checked)]) == 0
    assert "0 objects, 0 errors; no definition of fruit.example.com Pear" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("check", "became"),
    [
        (Check("right", "test -f {files}", ("Makefile",)), "passed"),
        (Check("wrong", "test -d {files}", ("Makefile",)), "failed"),
        (Check("no tool", "no-such-tool {files}", ("Makefile",)), "no tool"),
        (Check("no folder", "test -d $NO_SUCH_VARIABLE", ("Makefile",)), "no tool"),
        (Check("no file", "test -f {files}", ("no-such-file*",)), "nothing there"),
    ],
)
def test_a_row_says_what_became_of_it(check: Check, became: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_deploy.run(check)[0] == became
    monkeypatch.setattr(check_deploy, "CHECKS", (check,))
    assert check_deploy.main([]) == (1 if became == "failed" else 0)
