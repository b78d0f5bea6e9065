#!/bin/sh
# Pages are tested in headless Chromium: install Debian's where there is none and we may. Without it those tests skip,
# saying so; in CI (CI=true) a missing browser is an error.
command -v chromium >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null && exit 0
fi
[ "${CI:-}" = true ] && { echo "chromium could not be installed" >&2; exit 1; }
echo "chromium is not installed: tests of pages will be skipped" >&2
exit 0
