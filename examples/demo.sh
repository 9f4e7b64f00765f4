#!/bin/sh
# Plan the account `acme`, apply the plan, and plan again. On a copy, so that the tree stays as it is,
# and on a fixed day, because what a plan says depends on the day.
set -eu
licsync=${LICSYNC:-licsync}
today=2026-11-24T09:00:00Z
export LICSYNC_TEST_CLOCK=1 # the day of the example is the day of the apply, too
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$(dirname "$0")/accounts/acme" "$work/acme"
cd "$work"

run() {
    printf '\n$ licsync %s\n\n' "$*"
    "$licsync" "$@"
}

run plan acme --now "$today"
run apply acme --auto-approve --now "$today"
run plan acme --now "$today"

cat <<'END'

That was a copy, on the day of the example. To go on with an account of your own:

  . .venv/bin/activate      # puts licsync on the PATH of this shell
  licsync init shop
  licsync plan shop
END
