#!/bin/sh
# Make a virtual environment hold what a requirements file pins:
#   sh config/install.sh requirements.txt                             .venv, with the newest Python of this machine
#   sh config/install.sh requirements.txt .venv-python3.13 python3.13
set -eu
requirements=$1
venv=${2:-.venv}
wanted=${3:-}
done_with=$venv/$requirements # a copy of the file, made last: where it is missing, the work was cut short

is_usable() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
can_make_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

find_python() {
    found=
    for name in ${wanted:-python3.14 python3.13 python3.12 python3.11 python3 python}; do
        is_usable "$name" || continue
        found=$name
        if can_make_venv "$name"; then
            echo "$name"
            return
        fi
    done
    if [ -n "$found" ]; then
        echo "Python's venv module is missing: install it (on Debian and Ubuntu: apt install python3-venv)." >&2
    elif [ -n "$wanted" ]; then
        echo "$wanted is missing, or older than Python 3.11." >&2
    else
        echo "Python 3.11 or newer is missing: install it (on Debian and Ubuntu: apt install python3 python3-venv)." >&2
    fi
    exit 1
}

if is_usable "$venv/bin/python" && cmp -s "$requirements" "$done_with"; then
    exit 0
fi
if ! is_usable "$venv/bin/python" || ! ls "$venv"/requirements*.txt >/dev/null 2>&1; then
    python=$(find_python)
    echo "Making $venv with $python …"
    rm -rf "$venv"
    "$python" -m venv "$venv"
fi
echo "Installing $requirements …"
rm -f "$venv"/requirements*.txt
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --requirement "$requirements" || {
    echo "The packages could not be installed (see above): check the network and run the same command again." >&2
    exit 1
}
cp "$requirements" "$done_with"
