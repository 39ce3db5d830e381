#!/usr/bin/env bash
# vcluster-chart.sh   Prints two lines: the helm program, and the folder of vCluster's chart of the version that the engine writes.
#
# The chart is a folder of a Go module, kept in ~/.cache, and helm is that of helm.sh. The test that compares the engine's objects with
# the chart's runs it. Exit codes: 0 done, 1 failed, 77 it cannot be had here; the reason is on stderr.
set -euo pipefail
version=0.36.1

command -v go >/dev/null || { echo 'the chart of vCluster needs go, which was not found' >&2; exit 77; }
helm=$("$(dirname "${BASH_SOURCE[0]}")/helm.sh")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/openkupe-engine/vcluster-$version
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
cd "$cache"
[ -f go.mod ] || printf 'module openkupe.test/chart\n\ngo 1.26\n' >go.mod
chart=$(GOTOOLCHAIN=local GOWORK=off go mod download -json "github.com/loft-sh/vcluster@v$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
[ -d "$chart/chart" ] || { echo "the module proxy of Go did not give the chart of vCluster $version" >&2; exit 77; }
echo "$helm"
echo "$chart/chart"
