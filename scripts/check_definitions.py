"""Checks Kubernetes objects strictly against custom resource definitions: `MANIFEST... FOLDER-OF-DEFINITIONS`.

What a definition does not know is an error, as it is to `kubectl apply --validate=strict`; of kinds that the folder
has no definition of it is told that nobody looked.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import yaml

_EVERY_OBJECT = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
_EITHER = {"anyOf": [{"type": "integer"}, {"type": "string"}]}


def definitions(folder: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Schemas by apiVersion and kind."""
    found = {}
    for each in documents(sorted(folder.glob("*.yaml"))):
        if each["kind"] != "CustomResourceDefinition":
            continue
        for version in each["spec"]["versions"]:
            schema = strict(version["schema"]["openAPIV3Schema"])
            schema["properties"] = schema.get("properties", {}) | _EVERY_OBJECT
            found[f"{each['spec']['group']}/{version['name']}", each["spec"]["names"]["kind"]] = schema
    return found


def documents(files: list[Path]) -> Iterator[dict[str, Any]]:
    """Every object of these YAML files."""
    for file in files:
        yield from (each for each in yaml.safe_load_all(file.read_text()) if each)


def strict(schema: Any) -> Any:
    """The same in plain JSON Schema, with every field it does not name refused."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return _EITHER
    made = {
        key: {name: strict(each) for name, each in value.items()} if key == "properties" else strict(value)
        for key, value in schema.items()
    }
    closed = made.get("type") == "object" and "properties" in made and "additionalProperties" not in made
    if closed and not made.get("x-kubernetes-preserve-unknown-fields"):
        made["additionalProperties"] = False
    if made.pop("nullable", False) and "type" in made:
        made["type"] = [made["type"], "null"]
    return made


def main(argv: list[str]) -> int:
    """1 if an object is wrong."""
    *manifests, folder = map(Path, argv)
    known, seen, wrong, unknown = definitions(folder), 0, 0, set()
    for each in documents(manifests):
        schema = known.get((each["apiVersion"], each["kind"]))
        if schema is None:
            group = each["apiVersion"].rpartition("/")[0]
            if "." in group and not group.endswith(".k8s.io"):
                unknown.add(f"{group} {each['kind']}")
            continue
        seen += 1
        for error in jsonschema.Draft7Validator(schema).iter_errors(each):
            wrong += 1
            where = "/".join(map(str, error.absolute_path))
            print(f"{each['kind']} {each['metadata']['name']}: {where}: {error.message[:300]}")
    print(f"{seen} objects, {wrong} errors" + (f"; no definition of {', '.join(sorted(unknown))}" if unknown else ""))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
