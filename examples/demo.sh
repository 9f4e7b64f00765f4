#!/bin/sh
# Plans the account `acme`, applies the plan, and plans again. Works on a copy to keep the tree clean,
# and on a fixed day, because a plan depends on the day.
set -eu
licsync=${LICSYNC:-licsync}
today=2026-11-24T09:00:00Z
export LICSYNC_TEST_CLOCK=1 # apply on the day of the example, too
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

This was a copy, on the day of the example. To continue with an account of your own:

  . .venv/bin/activate      # puts licsync on the PATH of this shell
  licsync init shop
  licsync plan shop
END
