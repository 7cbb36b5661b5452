#!/usr/bin/env bash
# Installs the Debian packages that the system tests use and that are not there yet.
set -euo pipefail

# chromium: signs in on real pages · gnome-keyring, dbus, libsecret-tools: a real Secret Service · tmux, bsdutils (`script`):
# pseudo-terminals · openssl: certificates · time: peak memory · fonts-dejavu-core: screenshots with letters instead of boxes ·
# zsh, fish: completion · qemu-user with libc6 and libgcc of arm64: starts what is built for that
packages=(chromium gnome-keyring dbus libsecret-tools tmux bsdutils openssl time fonts-dejavu-core zsh fish
  qemu-user libc6-arm64-cross libgcc-s1-arm64-cross)

missing=()
for package in "${packages[@]}"; do
  [[ $(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  echo 'debian: everything is installed'
  exit 0
fi

command -v apt-get >/dev/null || { echo "debian: apt-get is missing; install by other means: ${missing[*]}" >&2; exit 1; }
root=()
if ((EUID != 0)); then
  root=(sudo -n)
  "${root[@]}" true 2>/dev/null || { echo "debian: needs root to install: ${missing[*]}" >&2; exit 1; }
fi

echo "debian: installing ${missing[*]}"
"${root[@]}" apt-get -qq update
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends "${missing[@]}" >/dev/null
echo "debian: installed ${missing[*]}"
