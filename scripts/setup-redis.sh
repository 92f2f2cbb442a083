#!/usr/bin/env bash
# Installs the Redis that the tests of the fleet need, on Debian and as root. Does nothing where it is there already.
set -euo pipefail

if command -v redis-server > /dev/null; then exit 0; fi
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --yes --no-install-recommends redis-server
