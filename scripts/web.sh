#!/bin/sh
# The web app's own steps: `build` (only what is stale), `check`, `test`, or any npm script. Finds Node, or installs its wheel.
set -eu
cd "$(dirname "$0")/.."
root=$PWD

say() { printf '%s\n' "web: $*"; }
fail() { printf '%s\n' "web: $*" >&2; exit 1; }

# Node and npm, the system's if they are new enough.
new_enough() { node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null; }
if ! { new_enough && command -v npm >/dev/null; }; then
    PATH="$root/.venv/bin:$PATH"
    if ! new_enough; then
        say "no Node 20.19 or newer found: installing it from its wheel, about 60 MB"
        .venv/bin/python -m pip install --disable-pip-version-check --no-input --no-deps --only-binary :all: \
            --require-hashes -r scripts/node.lock || fail "Node could not be installed: see above, then run this again"
    fi
fi
node=$(node --version)
cd web

# The libraries of this folder, by its lock file and the Node they were installed with.
install() {
    wanted=$({ cat package-lock.json .npmrc; echo "$node $root"; } | sha256sum | cut -d' ' -f1)
    if [ "$(cat node_modules/.entrega-setup 2>/dev/null)" != "$wanted" ]; then
        say "installing $1"
        npm ci --loglevel=error || fail "they could not be installed: see above; once the cause is gone, run this again"
        printf '%s\n' "$wanted" >node_modules/.entrega-setup
    fi
}
install "the locked libraries with Node $node: about 400 MB of small files the first time"

build() {
    sources=$({ cat package-lock.json vite.config.ts index.html; find src public vite -type f -exec sha256sum {} + | sort; } | sha256sum | cut -d' ' -f1)
    if [ ! -f dist/index.html ] || [ "$(cat node_modules/.entrega-built 2>/dev/null)" != "$sources" ]; then
        say "building the pages"
        npm run --silent build -- --logLevel warn
        printf '%s\n' "$sources" >node_modules/.entrega-built
    fi
}
# By itself, and only for who asks: it weighs half as much as all the rest.
lighthouse() {
    cd lighthouse
    install "Lighthouse: about 190 MB"
}
describe() { ../.venv/bin/entrega openapi >.openapi.json; }

case "${1:-build}" in
    build) build ;;
    check)
        describe
        npm run --silent types:check || fail "the API changed: run \`sh scripts/web.sh types\` and commit src/lib/api/schema.d.ts"
        npm run --silent typecheck
        npm run --silent lint
        ;;
    test) describe && npm run --silent test ;;
    dev:mock) describe && npm run dev:mock ;;
    lighthouse) lighthouse ;;
    types) describe && npm run --silent types ;;
    *) npm run "$@" ;;
esac
