# SPDX-License-Identifier: GPL-3.0-or-later
# Each public header compiles alone, as C17 and as C++17, and its functions link from C++.
set -eu
: "${BUILD:?the build directory}" "${SOURCE:?the source directory}"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
bad=0
cc=$(command -v cc || command -v gcc || command -v clang-22 || command -v clang)
cxx=$(command -v c++ || command -v g++ || command -v clang++-22 || command -v clang++ || true)

for header in "$SOURCE"/include/pgo/*.h; do
	name=pgo/$(basename "$header")
	# twice: a header may be included again
	printf '#include "%s"\n#include "%s"\nint main(void) { return 0; }\n' "$name" "$name" >"$scratch/x.c"
	"$cc" -std=c17 -pedantic -Wall -Wextra -Werror -I"$SOURCE/include" -fsyntax-only "$scratch/x.c" ||
		{ echo "$name does not stand alone in C17"; bad=1; }
	[ -z "$cxx" ] || "$cxx" -x c++ -std=c++17 -pedantic -Wall -Wextra -Werror -I"$SOURCE/include" -fsyntax-only "$scratch/x.c" ||
		{ echo "$name does not stand alone in C++17"; bad=1; }
	grep -q 'extern "C"' "$header" || { echo "$name does not say extern \"C\""; bad=1; }
done

if [ -n "$cxx" ]; then
	cat >"$scratch/link.cpp" <<-'CPP'
		#include <cstdio>
		#include "pgo/compare.h"
		#include "pgo/report.h"
		int main()
		{
			pgo_error err = {};
			pgo_error_set(&err, PGO_EINVAL, "%s", "from C++");
			char text[40];
			std::printf("%s %s %s\n", err.message, pgo_class_name(PGO_CLASS_COLD), pgo_u128_text(1, text));
			return pgo_writer_find("json") == nullptr;
		}
	CPP
	flags=""
	grep -q '^PGO_SANITIZE:BOOL=ON' "$BUILD/CMakeCache.txt" && flags="-fsanitize=address,undefined"
	# shellcheck disable=SC2086
	"$cxx" -std=c++17 $flags -I"$SOURCE/include" "$scratch/link.cpp" "$BUILD/libpgo.a" -lgsl -lgslcblas -lcsv -ljson-c \
		-liberty -lz -lmd -lxxhash -lprotobuf-c -lyaml -ldw -lelf -lpthread -lm -o "$scratch/link" || { echo "libpgo does not link from C++"; exit 1; }
	[ "$("$scratch/link")" = "from C++ cold 1" ] || { echo "libpgo called from C++ says: $("$scratch/link")"; bad=1; }
fi
exit $bad
