#!/bin/sh
# The XLSX exports are opened in LibreOffice: install Debian's where there is none and we may. Without it those tests
# skip, saying so.
command -v soffice >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libreoffice-calc \
    >/dev/null && exit 0
fi
echo "LibreOffice is not installed: tests that open XLSX files in it will be skipped" >&2
exit 0
