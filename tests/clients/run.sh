#!/bin/sh
# Generates clients in TypeScript, Java and Go and compiles them, and verifies webhooks in Node and PHP.
# Fails on each warning. Needs node with npm, Java 17 with javac, Go 1.19 and php, and the registries of npm and PyPI.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=${1:-$root/.data/clients}
python=$root/.venv/bin/python
mkdir -p "$work"
cd "$work"

npm install --silent --no-fund --no-audit openapi-typescript@7 typescript@5 standardwebhooks@1
"$root/.venv/bin/uv" venv --quiet --allow-existing tools
"$root/.venv/bin/uv" pip install --quiet --python tools/bin/python "openapi-generator-cli>=7.26"
jar=$(echo tools/lib/python*/site-packages/openapi_generator_cli/openapi-generator.jar)
# 3.0 for openapi-generator, which prints a notice of its own for each document in 3.1
DJANGO_SETTINGS_MODULE=config.settings PYTHONPATH=$root "$python" - <<'PYTHON'
import django
from pathlib import Path

django.setup()
from config.api.document import rendered_document

Path("openapi.json").write_bytes(rendered_document("3.1")[0])
Path("openapi-3.0.json").write_bytes(rendered_document("3.0")[0])
PYTHON

generate() {
    language=$1
    shift
    rm -rf "$language"
    java -jar "$jar" generate -i openapi-3.0.json -g "$language" -o "$language" "$@" >"$language.log" 2>&1
    if grep -E 'WARN|ERROR|Inline schema created' "$language.log"; then exit 1; fi
}

node_modules/.bin/openapi-typescript openapi.json --output client.ts >typescript.log 2>&1
if grep -i warn typescript.log; then exit 1; fi
node_modules/.bin/tsc --noEmit --strict client.ts
echo "TypeScript: compiled"

# the jar has the libraries of the generated code, except for three annotations
generate java --additional-properties=library=native,openApiNullable=false,useJakartaEe=true,enumUnknownDefaultCase=true
mkdir -p java/src/main/java/jakarta/annotation
for name in Nonnull Nullable; do
    echo "package jakarta.annotation; public @interface $name {}" >"java/src/main/java/jakarta/annotation/$name.java"
done
echo "package jakarta.annotation; public @interface Generated { String value(); String date() default \"\"; String comments() default \"\"; }" \
    >java/src/main/java/jakarta/annotation/Generated.java
find java/src/main -name '*.java' >java.files
javac -nowarn -proc:none -d java/classes -cp "$jar" @java.files 2>java.errors || { cat java.errors; exit 1; }
echo "Java: compiled"

# `type`, a parameter of the feed, is a word of Go
generate go --parameter-name-mappings type=types --model-name-mappings type=EventType \
    --additional-properties=packageName=latchkey,enumClassPrefix=true,enumUnknownDefaultCase=true,withGoMod=false
rm -rf go/test # needs a module of its own
mkdir go/validator # stands in for the only module that the client needs, so that none is loaded
printf 'package validator\n\nfunc Validate(interface{}) error { return nil }\n' >go/validator/validator.go
printf 'module gopkg.in/validator.v2\n' >go/validator/go.mod
printf 'module latchkey\n\ngo 1.19\n\nrequire gopkg.in/validator.v2 v2.0.1\n' >go/go.mod
printf 'replace gopkg.in/validator.v2 => ./validator\n' >>go/go.mod
(cd go && GOFLAGS=-mod=mod GOPATH=$work/gopath GOCACHE=$work/gocache go vet ./...)
echo "Go: compiled"

cp "$root"/examples/verify_webhook.* "$root"/tests/clients/verify.* .
PYTHONPATH=$root "$python" -m tests.clients.messages >messages.json
node verify.mjs
php verify.php
