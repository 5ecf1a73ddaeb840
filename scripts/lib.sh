# Shared by the scripts beside it: sourced, never run. Sets ROOT and offers say, need.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export PATH # without one bash has its own, but tells nobody

# say LINE...
say() { printf '%s\n' "$@" >&2; }

# need PACKAGE...: install those that are missing, saying so; asks for sudo only when not root. Removes nothing.
need() {
	local missing=() p installed hint
	installed=$(dpkg-query -W -f='${Package}=${db:Status-Status}\n' "$@" 2>/dev/null) || true
	for p in "$@"; do
		case $'\n'$installed$'\n' in *$'\n'"$p=installed"$'\n'*) ;; *) missing+=("$p") ;; esac
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	hint="hint: as root, run: apt-get update && apt-get install --no-install-recommends ${missing[*]}"
	SUDO=()
	if ! command -v apt-get >/dev/null; then
		say "error: packages are missing and there is no apt-get; on Debian 12 they are called: ${missing[*]}"
		exit 4
	elif [ "$(id -u)" -ne 0 ]; then
		SUDO=(sudo)
		command -v sudo >/dev/null || {
			say "error: Debian packages are missing, and to install them takes root or sudo" "$hint"
			exit 4
		}
	fi
	say "installing missing Debian packages${SUDO[0]+ (with sudo)}: ${missing[*]}"
	APT_LOG=$(mktemp)
	trap 'rm -f "$APT_LOG"' EXIT
	update_lists
	if ! apt install -y --no-install-recommends --no-remove "${missing[@]}"; then
		tail -n 20 "$APT_LOG" >&2
		say "error: apt-get could not install what is missing" "$hint"
		exit 4
	fi
}

# apt ARGUMENT...: what apt-get says goes to APT_LOG; on a terminal its last line is shown while it works.
apt() {
	local line status=0
	"${SUDO[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" </dev/null 2>&1 |
		while IFS= read -r line; do
			printf '%s\n' "$line" >&3
			[ ! -t 2 ] || printf '\r\033[K  %.70s' "$line" >&2
		done 3>"$APT_LOG" || status=$?
	[ ! -t 2 ] || printf '\r\033[K' >&2
	return $status
}

# Waits while another apt does the same. A list that cannot be had is no failure yet: the others may hold all that is needed.
update_lists() {
	local try
	for try in {1..60}; do
		! apt update || return 0
		grep -q 'Could not get lock' "$APT_LOG" || break
		[ "$try" -gt 1 ] || say "waiting for another apt to finish"
		sleep 5
	done
	grep -E '^[EW]:' "$APT_LOG" >&2 || tail -n 5 "$APT_LOG" >&2
}

BUILD_PACKAGES=(cmake ninja-build gcc libc6-dev libgsl-dev libcsv-dev libcyaml-dev libyaml-dev libjson-c-dev libiberty-dev zlib1g-dev
	libmd-dev libxxhash-dev libprotobuf-c-dev protobuf-c-compiler libdw-dev libelf-dev liblzma-dev libbz2-dev)
# What instrumented C builds and their measurement need.
CLANG_PACKAGES=(clang-22 llvm-22 lld-22 libclang-rt-22-dev make valgrind)
