/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/explain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/text_util.h"

static const char *const sides[2] = {"A", "B"};

static const struct pgo_profile *profile_of(const struct pgo_explanation *e, unsigned s)
{
	return s ? e->comparison->test_profile : e->comparison->train_profile;
}

const struct pgo_function *pgo_explain_record(const struct pgo_explanation *e)
{
	return e->side[0].present ? &e->side[0].f : &e->side[1].f;
}

char *pgo_explain_name(const struct pgo_explanation *e, const struct pgo_matched *m)
{
	unsigned s = m->index[0] == UINT32_MAX;
	struct pgo_function f = pgo_profile_function(profile_of(e, s), m->index[s]);
	return pgo_function_name(&f);
}

/* Demangled; a static function of C keeps its file, for there may be several of the name. */
static char *name_text(const char *name, size_t length)
{
	char *stored = strndup(name, length), *readable = stored ? pgo_demangle(stored) : NULL;
	size_t shown = readable ? strlen(readable) : 0;
	if (readable && shown < length && strcmp(stored + length - shown, readable) == 0) {
		free(readable);
		return stored;
	}
	free(stored);
	return readable;
}

/*
 * LLVM (12 and later) counts sizes up to 8 and powers of two up to 512 one by one; others fall to the lowest of the
 * range between two powers, and all above 512 together. Source: LLVM's InstrProfGetRangeRepValue().
 */
static void size_text(char *out, size_t size, uint64_t value)
{
	uint64_t below = value - 1;
	if (value == 513)
		snprintf(out, size, "513 bytes or more");
	else if (value > 8 && value < 513 && (below & (below - 1)) == 0)
		snprintf(out, size, "%" PRIu64 " to %" PRIu64 " bytes", value, 2 * below - 1);
	else
		snprintf(out, size, "%" PRIu64 " byte%s", value, value == 1 ? "" : "s");
}

char *pgo_value_text(const struct pgo_value_names *names, enum pgo_value_kind kind, uint64_t value)
{
	char text[40];
	const char *name;
	size_t length = pgo_value_names_find(names, kind, value, &name);
	if (length) {
		return name_text(name, length);
	}
	if (kind == PGO_VALUE_MEMOP_SIZE)
		size_text(text, sizeof text, value);
	else if (value == 0)
		snprintf(text, sizeof text, "not instrumented"); /* a target the profiled program did not know */
	else
		snprintf(text, sizeof text, "unknown 0x%016" PRIx64, value);
	return strdup(text);
}

uint64_t pgo_explain_key(const struct pgo_explanation *e, unsigned s, uint32_t index)
{
	const uint64_t *keys = pgo_profile_keys(profile_of(e, s), &e->side[s].f);
	return keys ? keys[index] : index;
}

/* What follows from a hot counter where the entry count is not what is hot. */
static void say_hot(char out[PGO_EXPLAIN_WORDS], const struct pgo_explanation *e, unsigned s)
{
	const struct pgo_explained_side *side = &e->side[s];
	char max[PGO_TEXT_CELL], hot[PGO_TEXT_CELL], entry[PGO_TEXT_CELL];
	bool ir = profile_of(e, s)->flags & PGO_PROFILE_IR;
	int n = snprintf(
		out, PGO_EXPLAIN_WORDS,
		"would treat its hot blocks as hot: its largest counter, %s, reaches the hot threshold, %s; calls "
		"in them would be inlined more readily and the function would be placed with hot code",
		pgo_text_count(max, side->f.max), pgo_text_count(hot, side->summary->hot_threshold));
	if (n < 0 || n >= PGO_EXPLAIN_WORDS)
		return;
	size_t left = PGO_EXPLAIN_WORDS - (size_t)n;
	if (!ir)
		snprintf(out + n, left, "; front-end profiles set the entry count (%s) and no inlinehint",
			 pgo_text_count(entry, side->entry));
	else if (side->entry_known)
		snprintf(out + n, left, "; no inlinehint, for its entry count, %s, is below it",
			 pgo_text_count(entry, side->entry));
	else
		snprintf(
			out + n, left,
			"; whether it would get inlinehint hangs on its entry count, which the compiler works out from "
			"the counters and the control flow, and the profile alone does not tell");
}

static void say_cold(char out[PGO_EXPLAIN_WORDS], const struct pgo_explanation *e, unsigned s)
{
	const struct pgo_explained_side *side = &e->side[s];
	char max[PGO_TEXT_CELL], cold[PGO_TEXT_CELL];
	bool ir = profile_of(e, s)->flags & PGO_PROFILE_IR;
	snprintf(out, PGO_EXPLAIN_WORDS,
		 "would take it for cold and optimise it for size: its largest counter, %s, is not above the cold "
		 "threshold, %s; %s",
		 pgo_text_count(max, side->f.max), pgo_text_count(cold, side->summary->cold_threshold),
		 ir ? "it would get the cold attribute unless a block that several counters add up in is above it"
		    : "a front-end profile sets no cold attribute, the passes read its counts");
}

const char *pgo_explain_treatment(char out[PGO_EXPLAIN_WORDS], const struct pgo_explanation *e, unsigned s)
{
	const struct pgo_explained_side *side = &e->side[s];
	char a[PGO_TEXT_CELL], b[PGO_TEXT_CELL], c[PGO_TEXT_CELL];
	bool ir = profile_of(e, s)->flags & PGO_PROFILE_IR;
	out[0] = 0;
	switch (side->treatment) {
	case PGO_TREAT_INLINE:
		snprintf(out, PGO_EXPLAIN_WORDS,
			 "would give it inlinehint: its entry count, %s, reaches the hot threshold, %s",
			 pgo_text_count(a, side->entry), pgo_text_count(b, side->summary->hot_threshold));
		break;
	case PGO_TREAT_HOT:
		say_hot(out, e, s);
		break;
	case PGO_TREAT_WARM:
		snprintf(out, PGO_EXPLAIN_WORDS,
			 "would optimise it as usual, with its branch weights: its largest counter, %s, lies between "
			 "the "
			 "cold threshold, %s, and the hot one, %s",
			 pgo_text_count(a, side->f.max), pgo_text_count(b, side->summary->cold_threshold),
			 pgo_text_count(c, side->summary->hot_threshold));
		break;
	case PGO_TREAT_COLD:
		say_cold(out, e, s);
		break;
	case PGO_TREAT_NEVER:
		snprintf(out, PGO_EXPLAIN_WORDS,
			 "would optimise it for size: every counter is zero, so its entry count is "
			 "0%s",
			 ir ? " and it would get the cold attribute" : "; the passes read that as cold");
		break;
	case PGO_TREAT_STALE:
		snprintf(out, PGO_EXPLAIN_WORDS,
			 "would drop the record with a warning when it compiles the code B was "
			 "measured on, and compile the function as if there were no profile of it");
		break;
	case PGO_TREAT_UNPROFILED:
		snprintf(out, PGO_EXPLAIN_WORDS,
			 "would compile it as if there were no profile: neither hot nor cold, no "
			 "branch weights");
		break;
	case PGO_TREAT_PSEUDO:
		snprintf(out, PGO_EXPLAIN_WORDS,
			 "would take it for %s: its record is a pseudo count, not a measurement",
			 side->f.counters[0] == UINT64_MAX ? "hot" : "warm");
		break;
	case PGO_TREAT_UNSTATED:
		snprintf(out, PGO_EXPLAIN_WORDS,
			 "would go by rules of its own, which are not followed here: those known are LLVM's for "
			 "profiles that "
			 "count executions; the classes are by the same cutoffs");
		break;
	}
	return out;
}

static double row_sum(const struct pgo_explanation *e, unsigned a)
{
	double sum = 0;
	for (unsigned b = 0; b < PGO_CLASS_COUNT; b++)
		sum += e->table[a][b];
	return sum;
}

const char *pgo_explain_view(char out[PGO_EXPLAIN_WORDS], const struct pgo_explanation *e)
{
	char share[PGO_TEXT_CELL], x[4][PGO_TEXT_CELL];
	double total = e->side[1].share,
	       demoted = e->table[PGO_CLASS_COLD][PGO_CLASS_HOT] + e->table[PGO_CLASS_NEVER][PGO_CLASS_HOT];
	if (!(total > 0)) {
		snprintf(out, PGO_EXPLAIN_WORDS, "B %s it%s", e->side[1].present ? "never ran" : "has no record of",
			 e->side[0].heat == PGO_CLASS_HOT ? "; what A makes hot here is heat that B has no use for"
							  : "");
		return out;
	}
	int n = snprintf(out, PGO_EXPLAIN_WORDS, "B spends %s of its counts in it; of these A calls ",
			 pgo_text_percent(share, total));
	bool first = true;
	if (e->side[0].treatment == PGO_TREAT_STALE || !e->side[0].present) {
		snprintf(out, PGO_EXPLAIN_WORDS, "B spends %s of its counts in it, and A says nothing of it%s", share,
			 e->side[1].heat == PGO_CLASS_HOT ? ": code that is hot to B is compiled without its profile"
							  : "");
		return out;
	}
	for (unsigned a = 0; a < PGO_CLASS_COUNT; a++) {
		double part = row_sum(e, a) / total;
		if (!(part > 0))
			continue;
		n += snprintf(out + n, PGO_EXPLAIN_WORDS - (size_t)n, "%s%s %s", first ? "" : ", ",
			      pgo_text_percent(x[a], part < 1 ? part : 1),
			      a == PGO_CLASS_NEVER ? "never run" : pgo_class_name(a));
		first = false;
	}
	if (demoted > 0)
		snprintf(out + n, PGO_EXPLAIN_WORDS - (size_t)n, "; %s are hot to B and cold to A, which costs most",
			 pgo_text_percent(share, demoted / total < 1 ? demoted / total : 1));
	return out;
}

const char *pgo_explain_join(char out[PGO_EXPLAIN_WORDS], const struct pgo_explanation *e)
{
	const struct pgo_function *f[2] = {&e->side[0].f, &e->side[1].f};
	out[0] = 0;
	if (e->joined)
		return out;
	if (!e->side[0].present || !e->side[1].present) {
		unsigned s = e->side[0].present;
		if (e->keyed)
			snprintf(out, PGO_EXPLAIN_WORDS,
				 "only %s has it: a sampled profile lists what was hit, so %s did not run it",
				 sides[!s], sides[s]);
		else
			snprintf(out, PGO_EXPLAIN_WORDS,
				 "only %s has a record of it. Either the function is not in the program %s was "
				 "measured on, "
				 "or it was compiled there without instrumentation, or a sparse merge left it out "
				 "because it "
				 "never ran. If it is newer than %s, make %s again from the current source",
				 sides[!s], sides[s], sides[s], sides[s]);
		return out;
	}
	if (f[0]->cfg_hash != f[1]->cfg_hash)
		snprintf(out, PGO_EXPLAIN_WORDS,
			 "the records are of other code: hash 0x%016" PRIx64 " in A, 0x%016" PRIx64 " in B, %u and %u "
			 "counters. The function was changed between the two builds, or compiled with other flags or "
			 "another "
			 "compiler; counters cannot be paired. Make A again from the source that B was measured on",
			 f[0]->cfg_hash, f[1]->cfg_hash, f[0]->counter_count, f[1]->counter_count);
	else
		snprintf(out, PGO_EXPLAIN_WORDS,
			 "the records have one hash, 0x%016" PRIx64
			 ", but %u counters in A and %u in B: they were made by "
			 "other compilers or with other options, and counters cannot be paired. Make both with one "
			 "compiler",
			 f[0]->cfg_hash, f[0]->counter_count, f[1]->counter_count);
	return out;
}

const char *pgo_explain_binary(char out[PGO_EXPLAIN_WORDS], const struct pgo_binary *binary, const char *binary_name,
			       const struct pgo_profile *profile, const char *profile_name)
{
	out[0] = 0;
	if (!binary)
		return out;
	if (pgo_binary_fits(binary, profile) == PGO_BINARY_OTHER)
		snprintf(out, PGO_EXPLAIN_WORDS,
			 "'%s' is another build than the one '%s' was measured on (the build ids differ): lines may be "
			 "off",
			 binary_name, profile_name);
	else if (pgo_binary_function_count(binary) == 0)
		snprintf(out, PGO_EXPLAIN_WORDS, "'%s' tells no lines: compile with -g, and do not strip it",
			 binary_name);
	return out;
}
