#!/bin/sh
# The real udata (software of data.gouv.fr, AGPL: tests only) in an environment of its own, .udata-venv/, with mongomock
# in the place of MongoDB. About a minute and 480 MB. Where it cannot be installed the tests that need it skip, saying
# why (.udata-venv.reason). PROCUREMENT_UDATA_VENV names another folder to keep it in.
set -u
cd "$(dirname "$0")/.."
VENV=${PROCUREMENT_UDATA_VENV:-.udata-venv}
WANTED='udata>=17.18,<17.19 mongomock>=4.3,<5'
[ "$(cat "$VENV/.ready" 2>/dev/null)" = "$WANTED" ] && exit 0
PYTHON=${PYTHON:-.venv/bin/python}
[ -x "$PYTHON" ] || PYTHON=$(command -v python3)
LIMIT=
command -v timeout >/dev/null 2>&1 && LIMIT='timeout 240'
rm -rf "$VENV"
install() {
  # $WANTED is split into words on purpose.
  set -f
  if command -v uv >/dev/null 2>&1; then
    uv venv -q --python "$PYTHON" "$VENV" && $LIMIT uv pip install -q --python "$VENV/bin/python" $WANTED
  else
    "$PYTHON" -m venv "$VENV" && $LIMIT "$VENV/bin/python" -m pip install -q --disable-pip-version-check $WANTED
  fi
}
if install >"$VENV.log" 2>&1; then
  echo "$WANTED" >"$VENV/.ready"
  rm -f "$VENV.log" "$VENV.reason"
  exit 0
fi
tail -n 3 "$VENV.log" >&2
echo "udata could not be installed: $(tail -n 1 "$VENV.log")" >"$VENV.reason"
rm -rf "$VENV" "$VENV.log"
cat "$VENV.reason" >&2
exit 0
