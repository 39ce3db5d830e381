#!/usr/bin/env bash
# build.sh SET...   Builds programs of Kubernetes from the Go module proxy, once, and prints the folder that holds them.
#
#   l1    etcd, and v1.36.3/ kube-apiserver kube-controller-manager kube-scheduler
#   v135  v1.35.4/ kube-apiserver kube-controller-manager
#   node  v1.36.3/ kubelet kube-proxy
#   kubectl v1.36.3/kubectl
#   kwok  kwok, which simulates nodes
#   capi  Cluster API with its in-memory provider: capi-core capi-bootstrap capi-control-plane capi-docker
#
# A folder that has them under these names is used as it is, and nothing is built, where OPENKUPE_KUBERNETES_PROGRAMS names it. Otherwise they are
# kept in ~/.cache, by a hash of what decides about them. A first build takes minutes (about 6 for l1 on two cores, 3.5 GiB of memory), a later one none.
# Exit codes: 0 done, 1 failed, 2 misused, 77 it cannot build here; the reason is on stderr.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
newest=1.36.3
older=1.35.4
capi=sigs.k8s.io/cluster-api

fail() {
  echo "$2" >&2
  exit "$1"
}

# The programs of a set, a line each: path below the folder, module of ours (version of Kubernetes), package.
programs() {
  local name
  case $1 in
    l1)
      for name in kube-apiserver kube-controller-manager kube-scheduler; do echo "v$newest/$name $newest k8s.io/kubernetes/cmd/$name"; done
      echo "etcd $newest go.etcd.io/etcd/server/v3"
      ;;
    v135) for name in kube-apiserver kube-controller-manager; do echo "v$older/$name $older k8s.io/kubernetes/cmd/$name"; done ;;
    node) for name in kubelet kube-proxy; do echo "v$newest/$name $newest k8s.io/kubernetes/cmd/$name"; done ;;
    kubectl) echo "v$newest/kubectl $newest k8s.io/kubernetes/cmd/kubectl" ;;
    kwok) echo "kwok $newest sigs.k8s.io/kwok/cmd/kwok" ;;
    capi)
      echo "capi-core $newest $capi/core"
      echo "capi-bootstrap $newest $capi/bootstrap/kubeadm"
      echo "capi-control-plane $newest $capi/controlplane/kubeadm"
      echo "capi-docker $newest $capi/test/infrastructure/docker"
      ;;
    *) fail 2 "There is no set \"$1\"; the sets are l1, v135, node, kubectl, kwok, capi." ;;
  esac
}

[ $# -gt 0 ] || fail 2 'Name the sets to build: l1, v135, node, kubectl, kwok, capi.'
wanted=$(for set; do programs "$set"; done)

if [ -n "${OPENKUPE_KUBERNETES_PROGRAMS:-}" ]; then
  folder=$OPENKUPE_KUBERNETES_PROGRAMS
  while read -r path _; do
    [ -x "$folder/$path" ] || fail 1 "OPENKUPE_KUBERNETES_PROGRAMS has no program $folder/$path; put it there, or unset the variable to have it built."
  done <<<"$wanted"
  echo "$folder"
  exit 0
fi

go_version=$(go env GOVERSION 2>/dev/null || true)
case $go_version in
  go1.2[6-9]* | go1.[3-9][0-9]*) ;;
  *) fail 77 "The programs of Kubernetes are built with Go 1.26 or newer, and ${go_version:-no Go} was found: install it, or name a folder that has them in OPENKUPE_KUBERNETES_PROGRAMS." ;;
esac
export GOWORK=off CGO_ENABLED=0 GOFLAGS='-mod=readonly -trimpath' GOTOOLCHAIN=local

key=$({ cat "$here"/build.sh "$here"/v*/go.mod "$here"/v*/go.sum; go env GOVERSION GOOS GOARCH; } | sha256sum | cut -c1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/openkupe-engine
folder=$cache/$key
mkdir -p "$folder"

# The lines of what is not built yet.
missing() { while read -r path rest; do [ -x "$folder/$path" ] || echo "$path $rest"; done <<<"$wanted"; }

if [ -z "$(missing)" ]; then
  echo "$folder"
  exit 0
fi
# Two builds at once would compile the same packages twice.
exec 9>"$cache/lock"
flock 9

stamps() {
  local stamp=k8s.io/component-base/version
  echo "-s -w -X $stamp.gitVersion=v$1 -X $stamp.gitMajor=1 -X $stamp.gitMinor=$(cut -d. -f2 <<<"$1") -X $stamp.gitTreeState=clean"
}

# build VERSION PATH PACKAGE: into a draft, so that a build that was interrupted leaves no program behind.
build() {
  local draft
  draft=$(mktemp "$folder/.draft-XXXXXX")
  if ! (cd "$here/v$1" && go build -ldflags "$(stamps "$1")" -o "$draft" "$3") >&2; then
    rm -f "$draft"
    fail 1 "$(basename "$2") could not be built, for the reason above. Where it is a download, the module proxy ($(go env GOPROXY)) has to be reachable and to serve that version."
  fi
  mkdir -p "$(dirname "$folder/$2")"
  chmod 755 "$draft"
  mv "$draft" "$folder/$2"
}

while read -r path version package; do
  [ -n "$path" ] || continue
  echo "building $path of Kubernetes $version (minutes the first time)" >&2
  build "$version" "$path" "$package" </dev/null
done <<<"$(missing)"
echo "$folder"
