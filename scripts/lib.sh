# Shared by the scripts beside it: sourced, never run. Sets ROOT and offers say, need.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DEBIAN_FRONTEND=noninteractive

say() { printf '%s\n' "$*" >&2; }

# need PACKAGE...: install those that are missing, saying so; asks for sudo only when not root.
need() {
	local missing=() p
	for p in "$@"; do
		dpkg-query -W -f='${db:Status-Status}\n' "$p" 2>/dev/null | grep -qx installed || missing+=("$p")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	say "installing missing Debian packages: ${missing[*]}"
	local sudo=()
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || {
			say "error: not root and no sudo; as root, run: apt-get install ${missing[*]}"
			exit 4
		}
		sudo=(sudo)
	fi
	local log
	log=$(mktemp)
	if ! { "${sudo[@]}" apt-get -o DPkg::Lock::Timeout=300 update &&
		"${sudo[@]}" apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		say "error: apt-get could not install: ${missing[*]}"
		exit 4
	fi
	rm -f "$log"
}

BUILD_PACKAGES=(cmake ninja-build gcc libc6-dev libgsl-dev libcsv-dev libcyaml-dev libyaml-dev libjson-c-dev libiberty-dev zlib1g-dev
	libmd-dev libxxhash-dev)
# What instrumented C builds and their measurement need.
CLANG_PACKAGES=(clang-22 llvm-22 lld-22 libclang-rt-22-dev make valgrind)
