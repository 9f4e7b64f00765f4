#!/bin/sh
# Installs licsync into a virtual environment of its own: what constraints/ names, by hash, and nothing else. No package
# runs code to be installed, but licsync itself, which is built in an environment that is thrown away.
#
# A job starts this in a checkout that others wrote. `-I` keeps Python from importing what lies there, such as a pip.py.
#
#   sh constraints/install.sh FOLDER
set -eu
source=$(dirname "$0")/..
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

install() { # FOLDER FILE
    python3 -I -m venv "$1"
    "$1/bin/python" -I -m pip install --quiet --require-hashes --only-binary :all: --requirement "$2"
}

install "$scratch/build" "$source/constraints/build.txt"
"$scratch/build/bin/python" -I -m pip wheel --quiet --no-deps --no-index --no-build-isolation \
    --wheel-dir "$scratch/wheel" "$source"
install "$1" "$source/constraints/run.txt"
"$1/bin/python" -I -m pip install --quiet --no-deps --no-index "$scratch"/wheel/licsync-*.whl
