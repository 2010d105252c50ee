#!/bin/sh
# `npm run packages`: makes the packages, installs each one here as a user would, runs it, removes it again, and says its size and start time.
# As root: dpkg installs and purges pgpebble.
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" -eq 0 ] || { echo 'installing a Debian package needs root' >&2; exit 1; }
! dpkg -s pgpebble >/dev/null 2>&1 || { echo 'pgpebble is installed here: this would remove it' >&2; exit 1; }
work=$(mktemp -d)
# The executable unpacks itself there, once for each build of it.
cache=/var/cache/pebble
unpacked() { find "$cache" -mindepth 1 -maxdepth 1 2>/dev/null | sort; }
unpacked >"$work/unpacked"
clean() {
  dpkg --purge pgpebble >/dev/null 2>&1 || true
  unpacked | comm -13 "$work/unpacked" - | xargs -r rm -rf
  rmdir "$cache" 2>/dev/null || true
  rm -rf "$work"
}
trap clean EXIT
commit=$(git rev-parse --short=12 HEAD)
sh scripts/manifests.sh
sh scripts/release.sh "$work/dist" >/dev/null

# Runs it from an empty folder and environment; prints size, start time and what it says.
check() {
  name=$1 program=$2 size=$3
  trap 'echo "$name: does not do what it should, see above" >&2; clean' EXIT
  (cd "$work" && env -i "HOME=$work" PATH=/usr/bin:/bin "$program" version) | grep -q "commit $commit" || {
    echo "$name: does not say commit $commit" >&2
    exit 1
  }
  env -i "HOME=$work" PATH=/usr/bin:/bin "$program" run | grep -q '^ *runqlat '
  env -i "HOME=$work" PATH=/usr/bin:/bin "$program" agent --dry-run --store none | grep -q 'nothing is attached'
  begin=$(date +%s%N)
  for _ in 1 2 3 4 5; do env -i "HOME=$work" PATH=/usr/bin:/bin "$program" version >/dev/null; done
  echo "$name: $((size / 1000000)) MB, starts in $((($(date +%s%N) - begin) / 5000000)) ms"
  trap clean EXIT
}
size_of() { stat -c %s "$work"/dist/$1; }

mkdir "$work/npm"
(cd "$work/npm" && echo '{}' >package.json && npm install --ignore-scripts --no-audit --no-fund --loglevel=error "$work"/dist/*.tgz)
check 'npm tarball' "$work/npm/node_modules/.bin/pebble" "$(size_of '*.tgz')"

dpkg -i "$work"/dist/*.deb >/dev/null
systemd-analyze verify /usr/lib/systemd/system/pebble-agent.service 2>&1 | grep -i pebble && exit 1
man -w pebble >/dev/null
check 'Debian package' /usr/bin/pebble "$(size_of '*.deb')"

# What maintainer scripts ask of systemd, written down by a systemctl of ours: an upgrade starts anew what runs, only a removal ends it.
mkdir "$work/bin"
printf '#!/bin/sh\necho "$*" >>%s/asked\n' "$work" >"$work/bin/systemctl"
chmod 755 "$work/bin/systemctl"
# In a mount namespace what is written to /run, /etc and /var stays nowhere.
apart='mount -t tmpfs none "$1" && for at in etc var; do mkdir "$1/$at" "$1/$at.work" && mount -t overlay -o "lowerdir=/$at,upperdir=$1/$at,workdir=$1/$at.work" none "/$at"; done && mount -t tmpfs none /run && shift && exec "$@"'
script() { unshare -m sh -c 'mount -t tmpfs none /run && mkdir -p /run/systemd/system && PATH="$0:$PATH" exec "$@"' "$work/bin" "/var/lib/dpkg/info/pgpebble.$@"; }
script prerm upgrade 9.9 && script postinst configure 0.0 && script postinst configure && script prerm remove
printf '%s\n' daemon-reload 'try-restart pebble-agent.service' daemon-reload 'disable --now pebble-agent.service' | cmp - "$work/asked"
mkdir "$work/apart"
unshare -m sh -c "$apart" sh "$work/apart" node_modules/.bin/node --disable-warning=ExperimentalWarning test/packaging/removal.ts
dpkg --purge pgpebble >/dev/null
left=$(find /usr/lib/pebble /usr/bin/pebble /usr/lib/systemd/system/pebble-agent.service 2>/dev/null || true)
[ -z "$left" ] || { printf 'left behind by dpkg --purge:\n%s\n' "$left" >&2; exit 1; }

check 'executable' "$work/dist/pebble" "$(size_of pebble)"

# The same commit makes the same packages.
sh scripts/release.sh "$work/again" >/dev/null
for file in "$work"/dist/*.tgz "$work"/dist/*.deb; do
  cmp "$file" "$work/again/$(basename "$file")"
done
cmp "$work/dist/pebble" "$work/again/pebble"
echo 'packages: good'
