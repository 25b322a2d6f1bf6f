#!/bin/sh
# Pin every dependency with its hashes, for all platforms and Python >= 3.11. The output names no index.
set -eu
compile="uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet pyproject.toml $*"
$compile --output-file requirements.txt
$compile --group dev --constraint requirements.txt --output-file requirements-dev.txt
