#!/usr/bin/env bash
# Installs what the browser tests need, on Debian and as root. Does nothing where it is there already.
set -euo pipefail

if [ -x /usr/bin/chromium ]; then exit 0; fi
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --yes --no-install-recommends chromium
