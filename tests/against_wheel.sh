#!/bin/sh
# Runs the tests against the wheel in dist/, as somebody has it who installed it: in a new environment, and in the
# unpacked sdist without src/licsync. tests/project is about the checkout, and tests/bench about its benchmarks.
#
#   sh tests/against_wheel.sh PYTHON CONSTRAINTS [TESTS OF PYTEST]
set -eu
python=$1 constraints=$(realpath "$2")
shift 2
wheel=$(realpath dist/*.whl) sdist=$(realpath dist/*.tar.gz)
uv=${UV:-$PWD/build/tools/bin/uv}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$uv" venv --quiet --python "$python" "$scratch/venv"
"$uv" pip install --quiet --python "$scratch/venv" --constraints "$constraints" "licsync[dev,fleet] @ file://$wheel"
mkdir "$scratch/unpacked"
tar -xzf "$sdist" -C "$scratch/unpacked" --strip-components 1
rm -r "$scratch/unpacked/src/licsync"
cd "$scratch/unpacked"
"$scratch/venv/bin/python" -c 'import licsync, sys; print(sys.version.split()[0], licsync.__file__)'
if [ $# = 0 ]; then set -- tests --ignore tests/project --ignore tests/bench; fi
"$scratch/venv/bin/python" -m pytest -q -n "${WORKERS:-2}" "$@"
