#!/usr/bin/env bash
# Runs once, when Gradescope builds the autograder's image.
set -euo pipefail
root=${AUTOGRADER:-/autograder}

python=""
for name in python3.13 python3.12 python3.11 python3; do
  if "$name" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$name; break; fi
done
if [ -z "$python" ]; then
  apt-get update
  apt-get install -y python3.11 python3.11-venv
  python=python3.11
fi
"$python" -m venv "$root/venv" 2>/dev/null || {
  apt-get update
  apt-get install -y "$(basename "$python")-venv"
  "$python" -m venv "$root/venv"
}
"$root/venv/bin/python" -m pip install --disable-pip-version-check --requirement "$root/source/requirements.txt"
