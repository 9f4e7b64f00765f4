#!/bin/sh
# Installs licsync into its own virtual environment: exactly the packages in constraints/, by hash. No package runs code
# during installation, except licsync itself, which is built in a temporary environment.
#
# A job runs this in a checkout that others wrote. `-I` keeps Python from importing files there, such as a pip.py.
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
