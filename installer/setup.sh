# Sourced by ./run and ./test: installs what is missing, and builds.
# shellcheck shell=bash

# The packages of installer/debian-packages.txt; without "test" as argument those marked [test] are left out.
needed_packages() {
  if [ "${1:-}" = test ]; then
    awk '!/^#/ && NF { print $1 }' installer/debian-packages.txt
  else
    awk '!/^#/ && NF && $2 != "[test]" { print $1 }' installer/debian-packages.txt
  fi
}

missing_packages() {
  local package
  for package in $(needed_packages "$@"); do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || echo "$package"
  done
}

install_missing() {
  if ! command -v dpkg-query >/dev/null; then
    echo "Cutaway: this is not a Debian or Ubuntu system; install the equivalents of installer/debian-packages.txt yourself." >&2
    return 0
  fi
  local missing
  missing=$(missing_packages "$@" | tr '\n' ' ')
  [ -n "$missing" ] || return 0
  echo "Cutaway needs these packages to be built and run:"
  for package in $missing; do
    awk -v p="$package" '$1 == p { $1 = ""; sub(/^ /, ""); sub(/^\[test\] /, ""); printf "  %-26s %s\n", p, $0 }' \
      installer/debian-packages.txt
  done
  local apt="apt-get install -y --no-install-recommends $missing"
  local sudo=""
  if [ "$(id -u)" -ne 0 ]; then
    if sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null; }; then
      sudo=sudo
    else
      echo "They cannot be installed from here without rights. Run this as root, then start again:" >&2
      echo "  apt-get update && $apt" >&2
      exit 1
    fi
  fi
  echo "Installing them: $sudo $apt"
  $sudo apt-get update -qq
  $sudo env DEBIAN_FRONTEND=noninteractive $apt >/dev/null
}

# build PRESET [TARGET...]: configures once, builds; prints the log only when something fails.
build() {
  local preset=$1 log
  shift
  log=$(mktemp)
  if ! { cmake --preset "$preset" && cmake --build --preset "$preset" ${1:+--target "$@"}; } >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    rm -f "$log"
    echo "Cutaway: the $preset build failed; the end of its log is above." >&2
    exit 1
  fi
  grep -E '^-- Cutaway' "$log" || true
  rm -f "$log"
}
