#!/usr/bin/env bash
# Installs what some of the tests need, a browser and a Redis, on Debian and as root. Skips what is already installed.
set -euo pipefail

missing=()
[ -x /usr/bin/chromium ] || missing+=(chromium)
command -v redis-server > /dev/null || missing+=(redis-server)
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

export DEBIAN_FRONTEND=noninteractive
apt-get --option Acquire::Retries=3 update
apt-get --option Acquire::Retries=3 install --yes --no-install-recommends "${missing[@]}"
