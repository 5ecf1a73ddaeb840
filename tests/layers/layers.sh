# SPDX-License-Identifier: GPL-3.0-or-later
# Who may include whom (docs/architecture.md):
#
#     base <- model <- { formats, metrics } <- verdict <- { reports, harness } <- cli
#
# Reads the #include lines of every source file; at the end it proves on a copy that each law can be broken and is noticed.
set -eu
: "${SOURCE:?the source directory}"

# Quoted includes a folder may use, as prefixes. A folder inside harness/ may use its siblings' headers but for internals.
allowed() {
	case $1 in
	include/pgo) echo "pgo/" ;;
	analysis/base) echo "pgo/error.h analysis/base/" ;;
	analysis/model) echo "pgo/ analysis/base/ analysis/model/" ;;
	analysis/formats) echo "pgo/ analysis/base/ analysis/model/ analysis/formats/" ;;
	analysis/metrics) echo "pgo/ analysis/base/ analysis/model/ analysis/metrics/" ;;
	analysis/verdict) echo "pgo/ analysis/base/ analysis/model/ analysis/formats/ analysis/metrics/ analysis/verdict/" ;;
	reports) echo "pgo/ reports/" ;;
	analysis/cli) echo "pgo/ analysis/cli/" ;;
	harness/*) echo "pgo/ harness/" ;;
	*) echo "" ;;
	esac
}

# System and library headers that belong to some folders only: "pattern folder..."
owners=(
	"gsl/* analysis/metrics harness/measure"
	"elfutils/* analysis/formats"
	"argp.h analysis/cli harness/cli"
	"cyaml/* harness/corpus"
)

# Metrics are pure functions: nothing that opens, reads or writes.
io_headers="stdio.h stdio_ext.h unistd.h fcntl.h dirent.h glob.h ftw.h sys/stat.h sys/ioctl.h sys/socket.h sys/uio.h sys/wait.h poll.h"

check_quoted() { # FILE FOLDER HEADER
	local prefix header=$3
	case $header in */*) ;; *) header=$2/$header ;; esac # "cli.h" lies beside the file
	case $header in
	*_internal.h) [ "${header%/*}" = "$2" ] || { echo "$1: includes '$3', which is internal to ${header%/*}"; return; } ;;
	esac
	for prefix in $(allowed "$2"); do
		case $header in "$prefix"*) return ;; esac
	done
	echo "$1: $2 may not include '$3'"
}

check_system() { # FILE FOLDER HEADER
	local owner folders
	for owner in "${owners[@]}"; do
		folders=${owner#* }
		case $3 in ${owner%% *}) ;; *) continue ;; esac
		case " $folders " in *" $2 "*) ;; *) echo "$1: only $folders may include <$3>" ;; esac
	done
	[ "$2" != analysis/metrics ] || case " $io_headers " in
	*" $3 "*) echo "$1: metrics are pure, <$3> is not" ;;
	esac
}

# Prints each breach; nothing when the tree is in order.
check_tree() { # ROOT
	local file folder line header
	cd "$1"
	while read -r line; do
		file=${line%%:*}
		folder=${file%/*}
		header=${line#*[<\"]}
		header=${header%%[>\"]*}
		case $line in
		*include*\"*\"*) check_quoted "$file" "$folder" "$header" ;;
		*) check_system "$file" "$folder" "$header" ;;
		esac
	done < <(grep -rHE --include='*.[ch]' '^[ 	]*#[ 	]*include' include analysis reports harness)
	# the library neither prints to the standard streams by itself nor ends the process; pgo_error_print() is the one that may
	grep -rnE --include='*.c' '(^|[^_a-zA-Z])(exit|abort|printf|puts|putchar|perror) ?\(' \
		analysis/base analysis/model analysis/formats analysis/metrics analysis/verdict reports |
		sed 's/$/   <- the library does not print or exit/' || true
}

breaches=$(check_tree "$SOURCE")
[ -z "$breaches" ] || { printf '%s\n' "$breaches"; exit 1; }
files=$(cd "$SOURCE" && find include analysis reports harness -name '*.[ch]' | wc -l)
[ "$files" -ge 50 ] || { echo "only $files files were looked at"; exit 1; }

# Each law, broken on purpose.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
missed=0
breaks() { # FILE LINE
	rm -rf "$scratch/tree"
	mkdir -p "$scratch/tree"/{include/pgo,reports,harness/cli,harness/replay,analysis/{base,model,formats,metrics,verdict,cli}}
	printf '%s\n' "$2" >"$scratch/tree/$1"
	[ -n "$(check_tree "$scratch/tree")" ] || { echo "not noticed: $2 in $1"; missed=1; }
}
keeps() {
	rm -rf "$scratch/tree"
	mkdir -p "$scratch/tree"/{include/pgo,reports,harness/cli,harness/replay,analysis/{base,model,formats,metrics,verdict,cli}}
	printf '%s\n' "$2" >"$scratch/tree/$1"
	[ -z "$(check_tree "$scratch/tree")" ] || { echo "forbidden without reason: $2 in $1"; missed=1; }
}
breaks include/pgo/x.h '#include "analysis/base/vec.h"'
breaks analysis/base/x.c '#include "pgo/profile.h"'
breaks analysis/base/x.c '#include "analysis/model/builder.h"'
breaks analysis/model/x.c '#include "analysis/formats/format.h"'
breaks analysis/formats/x.c '#include "analysis/metrics/metrics.h"'
breaks analysis/metrics/x.c '#include "analysis/formats/format.h"'
breaks analysis/metrics/x.c '#include <stdio.h>'
breaks analysis/metrics/x.h '#include <sys/stat.h>'
breaks reports/x.c '#include <elfutils/libdw.h>'
breaks analysis/verdict/x.c '#include <gsl/gsl_cdf.h>'
breaks analysis/verdict/x.c '#include "reports/common.h"'
breaks reports/x.c '#include "analysis/metrics/metrics.h"'
breaks reports/x.c '#include <argp.h>'
breaks reports/x.c 'printf("hello");'
breaks analysis/formats/x.c '	exit(1);'
breaks harness/replay/x.c '#include "analysis/base/vec.h"'
breaks harness/replay/x.c '#include "harness/sys/child_internal.h"'
breaks harness/replay/x.c ' # include "../../analysis/base/vec.h"'
breaks harness/cli/x.c '#include "analysis/cli/cli.h"'
breaks analysis/cli/x.c '#include "analysis/base/vec.h"'
breaks analysis/cli/x.c '#include "reports/writers.h"'
keeps analysis/cli/x.c '#include "cli.h"'
keeps analysis/metrics/x.c '#include <gsl/gsl_cdf.h>'
keeps harness/replay/x.c '#include "harness/replay/replay_internal.h"'
keeps reports/x.c '	fprintf(out, "x");'
exit $missed
