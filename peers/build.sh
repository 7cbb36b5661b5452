#!/usr/bin/env bash
# Builds the pinned real programs into peers/bin/. Usage: peers/build.sh [name ...]; no name means all.
# A program whose pin, Go version and flags have not changed is left alone.
#
# A folder with a main.go is a small Go program of ours around published packages (an oracle, a harness); its name is the
# folder's, and its own sources count as its pin.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=$here/bin
all=(kubelogin aws-iam-authenticator dex etcd kubectl kube-apiserver)
own=()
for main in "$here"/*/main.go; do
  [[ -e $main ]] || continue
  own+=("$(basename "$(dirname "$main")")")
done
all+=(${own[@]+"${own[@]}"})

# Cgo off: one static file each, and no C compiler needed. `-s -w` leaves out symbols and debug data: links faster.
flags=(-p 2 -trimpath -buildvcs=false)
export CGO_ENABLED=0

fail() { echo "peers: $1" >&2; exit 1; }

# locate NAME: sets module (the folder with go.mod), package, and stamp (-X settings that give the program its version).
locate() {
  stamp=
  case $1 in
    kubelogin) module=kubelogin package=github.com/int128/kubelogin; stamp="-X main.version=$(pin "$package")" ;;
    aws-iam-authenticator)
      module=$1 package=sigs.k8s.io/$1/cmd/$1
      stamp="-X sigs.k8s.io/$1/pkg.Version=$(pin "sigs.k8s.io/$1")"
      ;;
    dex) module=dex package=github.com/dexidp/dex/cmd/dex; stamp="-X main.version=v2.44.0" ;;
    etcd) module=kubernetes package=go.etcd.io/etcd/server/v3 ;;
    kubectl | kube-apiserver) module=kubernetes package=k8s.io/kubernetes/cmd/$1; stamp=$(kubernetes_version) ;;
    *)
      [[ -e $here/$1/main.go ]] || fail "no program named '$1'; there are: ${all[*]}"
      module=$1 package=.
      ;;
  esac
}

# pin MODULE: the version that the current module's go.mod requires of it.
pin() { awk -v want="$1" '$1 == want && $2 ~ /^v/ { print $2; exit } $1 == "require" && $2 == want { print $3; exit }' "$here/$module/go.mod"; }

kubernetes_version() {
  local version variable=k8s.io/component-base/version
  version=$(pin k8s.io/kubernetes)
  local numbers=${version#v}
  local minor=${numbers#*.}
  echo "-X $variable.gitVersion=$version -X $variable.gitMajor=${numbers%%.*} -X $variable.gitMinor=${minor%%.*}"
}

require_go() {
  command -v go >/dev/null || fail 'go is not on the PATH. Hint: install Go 1.26 or newer (Debian 12 packages an older one).'
  local problem
  for module in kubernetes dex kubelogin aws-iam-authenticator ${own[@]+"${own[@]}"}; do
    problem=$(cd "$here/$module" && go list -m 2>&1 >/dev/null) ||
      fail "${problem##*$'\n'}. Hint: install Go 1.26 or newer, or let Go fetch it with GOTOOLCHAIN=auto."
  done
}

build() {
  local name=$1 started=$SECONDS module package stamp wanted
  locate "$name"
  local linker="-s -w $stamp"
  wanted=$({ find "$here/$module" -type f -print0 | LC_ALL=C sort -z | xargs -0 cat; (cd "$here/$module" && go version); echo "$package ${flags[*]} $linker"; } | sha256sum | cut -d' ' -f1)
  if [[ -x $bin/$name && $(cat "$bin/$name.pin" 2>/dev/null) == "$wanted" ]]; then
    echo "peers: $name is up to date"
    return
  fi
  (cd "$here/$module" && go build "${flags[@]}" -ldflags "$linker" -o "$bin/$name.new" "$package") || fail "$name did not build"
  mv "$bin/$name.new" "$bin/$name"
  echo "$wanted" >"$bin/$name.pin"
  echo "peers: $name built in $((SECONDS - started)) s"
}

names=("$@")
((${#names[@]})) || names=("${all[@]}")
for name in "${names[@]}"; do module=; locate "$name"; done
require_go
mkdir -p "$bin"
# Two test runs may start at once: the second waits and then finds everything built.
exec 9>"$bin/.lock"
flock 9
for name in "${names[@]}"; do build "$name"; done
