#!/bin/sh
# The configuration of deploy/nginx is tried on a real nginx: install Debian's where there is none and we may. Without
# it those tests skip, saying so; in CI (CI=true) a missing nginx is an error.
PATH=$PATH:/usr/sbin
command -v nginx >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq nginx-light >/dev/null && exit 0
fi
[ "${CI:-}" = true ] && { echo "nginx could not be installed" >&2; exit 1; }
echo "nginx is not installed: tests of the reverse proxy will be skipped" >&2
exit 0
