#!/bin/sh
# Lints deploy/Dockerfile, and holds deploy/kubernetes.yaml against the types of Kubernetes' API. `scripts/manifests.sh`; the linters are fetched for it and thrown away.
set -eu
cd "$(dirname "$0")/.."
PEBBLE_INSTALL_ONLY=1 ./pebble
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && echo '{}' >package.json && npm install --ignore-scripts --no-audit --no-fund --loglevel=error \
  dockerfilelint@1.8.0 kubernetes-models@5.1.0 yaml@2.9.1 >/dev/null)
"$work/node_modules/.bin/dockerfilelint" deploy/Dockerfile

# A field that Kubernetes does not know is an error of types, and nowhere else one.
cat >"$work/types.mjs" <<'TYPES'
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
parseAllDocuments(readFileSync(0, 'utf8')).forEach((document, n) => {
  if (document.errors.length > 0) throw document.errors[0];
  const object = document.toJS();
  console.log(`import type { I${object.kind} as Type${n} } from 'kubernetes-models/${object.apiVersion}';`);
  console.log(`export const object${n}: Type${n} = ${JSON.stringify(object, null, 2)};`);
});
TYPES
node_modules/.bin/node "$work/types.mjs" <deploy/kubernetes.yaml >"$work/manifest.ts"
grep -q 'IDaemonSet' "$work/manifest.ts"
node_modules/.bin/node node_modules/.bin/tsc --noEmit --strict --module nodenext --skipLibCheck --ignoreConfig "$work/manifest.ts"
echo 'manifests: good'
