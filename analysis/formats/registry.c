/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/formats/format.h"
#include "analysis/formats/indexed.h"

/* Every format there is, in the order of detection; names are what --input-format takes. */
static const struct pgo_format formats[] = {
	{"indexed", pgo_indexed_probe, pgo_indexed_read, "LLVM .profdata", NULL},
	{"raw", pgo_raw_probe, pgo_raw_read, "LLVM .profraw",
	 "the file is damaged or was cut off: run the workload again; --max-lost sets damaged records aside"},
	{"gcda", pgo_gcda_probe, pgo_gcda_read, "gcc .gcda",
	 "the file is damaged or was cut off: remove it and run the workload again"},
	{"gcno", pgo_gcno_probe, pgo_gcno_read, NULL, "the notes file is damaged: compile again"},
	{"sample", pgo_sample_probe, pgo_sample_read, "AutoFDO and CSSPGO sample profiles",
	 "the file is damaged or was cut off: make it again from its perf data"},
	{"pprof", pgo_pprof_probe, pgo_pprof_read, "Go pprof", "the file is damaged or was cut off: record it again"},
	{"memprof", pgo_memprof_probe, pgo_memprof_read, NULL, NULL},
	{"fdata", pgo_fdata_probe, pgo_fdata_read, "BOLT .fdata", "the file is damaged: make it again with perf2bolt"},
	{"bolt-yaml", pgo_bolt_yaml_probe, pgo_bolt_yaml_read, "BOLT YAML",
	 "the file is damaged: make it again with perf2bolt"},
	{"csv", pgo_csv_probe, pgo_csv_read, "CSV with columns function, counter, count",
	 "each row has a field for each column of the first line: function, counter, count and perhaps hash"},
	{"text", pgo_text_probe, pgo_text_read, "LLVM .proftext", NULL},
};
#define FORMAT_COUNT (sizeof formats / sizeof formats[0])

static int find_format(const char *name, const struct pgo_format **out, struct pgo_error *err)
{
	for (size_t i = 0; i < FORMAT_COUNT; i++)
		if (strcmp(formats[i].name, name) == 0) {
			*out = &formats[i];
			return PGO_OK;
		}
	char known[256] = "";
	for (size_t i = 0, used = 0; i < FORMAT_COUNT && used < sizeof known; i++)
		if (formats[i].what)
			used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "",
						 formats[i].name);
	int rc = pgo_error_set(err, PGO_EINVAL, "unknown profile format '%s'", name);
	pgo_error_hint(err, "known formats: %s", known);
	return rc;
}

static int fail_unknown(struct pgo_error *err)
{
	char known[400] = "";
	for (size_t i = 0, used = 0; i < FORMAT_COUNT && used < sizeof known; i++)
		if (formats[i].what)
			used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "",
						 formats[i].what);
	int rc = pgo_error_set(err, PGO_EFORMAT, "not a profile of any known format");
	pgo_error_hint(err, "known are %s; what is damaged at its start can be read with --input-format", known);
	return rc;
}

static int detect_format(const unsigned char *bytes, size_t length, const struct pgo_format **out,
			 struct pgo_error *err)
{
	const struct pgo_format *best = NULL, *rival = NULL;
	enum pgo_bid best_bid = PGO_BID_NO;
	for (size_t i = 0; i < FORMAT_COUNT; i++) {
		enum pgo_bid bid = formats[i].probe(bytes, length);
		if (bid > best_bid) {
			best = &formats[i];
			best_bid = bid;
			rival = NULL;
		} else if (bid == best_bid && bid != PGO_BID_NO) {
			rival = &formats[i];
		}
	}
	if (!best)
		return fail_unknown(err);
	if (rival) {
		int rc = pgo_error_set(err, PGO_EFORMAT, "could be a profile of format '%s' or '%s'", best->name,
				       rival->name);
		pgo_error_hint(err, "name the format: --input-format %s", best->name);
		return rc;
	}
	*out = best;
	return PGO_OK;
}

enum pgo_bid pgo_format_bid(const unsigned char *bytes, size_t length, const char **name)
{
	enum pgo_bid best = PGO_BID_NO;
	*name = NULL;
	for (size_t i = 0; i < FORMAT_COUNT; i++) {
		enum pgo_bid bid = formats[i].probe(bytes, length);
		if (bid > best) {
			best = bid;
			*name = formats[i].name;
		}
	}
	return best;
}

/** Functions from which on it pays to leave them unread; below, every name is checked against its hash when it is read.
 */
#define LAZY_FROM (PGO_INDEXED_CHECKED_KEYS + 1)

/** Where the bytes of a profile come from, and who keeps them when a reader leaves names and counters in place. */
struct input {
	void *bytes;
	size_t length;
	bool mapped;
	bool borrowed; /**< the caller's: copied before it is read */
	bool lazy;     /**< functions may be left unread */
	double max_lost;
	const struct pgo_part *parts; /**< files it is made of; NULL: one */
	size_t part_count;
};

static void release_input(struct input *input)
{
	if (input->mapped)
		munmap(input->bytes, input->length);
	else if (!input->borrowed)
		free(input->bytes);
	*input = (struct input){0};
}

static int own_input(struct input *input, struct pgo_error *err)
{
	void *copy = input->borrowed ? malloc(input->length) : NULL;
	if (!input->borrowed)
		return PGO_OK;
	if (!copy)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	memcpy(copy, input->bytes, input->length);
	*input = (struct input){.bytes = copy, .length = input->length, .max_lost = input->max_lost};
	return PGO_OK;
}

/** Which record it was, as far as its reason does not say so. */
static void place_of(const struct pgo_quarantined *q, char *out, size_t size)
{
	bool named = q->name && q->name[0] && !strstr(q->reason, q->name);
	size_t used = 0;
	out[0] = '\0';
	if (named)
		used = (size_t)snprintf(out, size, "'%.100s', ", q->name);
	if (q->has_offset)
		snprintf(out + used, size - used, "%s %llu: ", q->is_line ? "line" : "offset",
			 (unsigned long long)q->offset);
	pgo_printable(out, "");
}

/** Say what was set aside where everyone looks. */
static int warn_of_loss(struct pgo_profile *p, const struct pgo_loss *loss, struct pgo_error *err)
{
	const struct pgo_quarantined *first = &p->quarantine->items[0];
	char mass[64] = "", place[160], *text,
	     **warnings = realloc(p->warnings, (p->warning_count + 1) * sizeof *warnings);
	if (!warnings)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	p->warnings = warnings;
	if (loss->mass_known)
		snprintf(mass, sizeof mass, ", with %.3g %% of its mass", loss->mass * 100);
	place_of(first, place, sizeof place);
	if (asprintf(&text, "%llu damaged record%s set aside, %.3g %% of all%s: %s%s%s",
		     (unsigned long long)loss->records, loss->records == 1 ? " was" : "s were", loss->functions * 100,
		     mass, place, first->reason, loss->records == 1 ? "" : "; …") < 0)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	p->warnings[p->warning_count++] = text;
	return PGO_OK;
}

/** Is what was set aside no more than the caller puts up with? If it is, the first of it is the error. */
static int check_loss(struct pgo_profile *profile, double max_lost, struct pgo_error *err)
{
	struct pgo_loss loss;
	int rc = profile->quarantine ? pgo_profile_loss(&loss, profile, err) : PGO_EOF;
	if (rc != PGO_OK)
		return rc == PGO_EOF ? PGO_OK : rc;
	if (loss.functions <= max_lost && loss.mass <= max_lost)
		return warn_of_loss(profile, &loss, err);
	const struct pgo_quarantined *first = &profile->quarantine->items[0];
	rc = first->has_offset ? (first->is_line ? pgo_error_line : pgo_error_at)(err, PGO_EFORMAT, first->offset, "%s",
										  first->reason)
			       : pgo_error_set(err, PGO_EFORMAT, "%s", first->reason);
	char mass[64] = "";
	if (loss.mass_known)
		snprintf(mass, sizeof mass, ", %.3g %% of its mass is lost", loss.mass * 100);
	pgo_error_hint(err, "%.3g %% of its records are damaged%s; allowed are %.3g %% (--max-lost)",
		       loss.functions * 100, mass, max_lost * 100);
	return rc;
}

static int hand_out(struct pgo_profile **out, struct pgo_profile *profile, double max_lost, struct pgo_error *err)
{
	int rc = check_loss(profile, max_lost, err);
	if (rc == PGO_OK)
		*out = profile;
	else
		pgo_profile_free(profile);
	return rc;
}

/** Read, and hand the input over to the profile where it points into it. The input is released in every other case. */
static int read_input(struct pgo_profile **out, struct input *input, const char *format, struct pgo_error *err)
{
	const struct pgo_format *f = NULL;
	struct pgo_profile *profile = NULL;
	int rc = format ? find_format(format, &f, err) : PGO_OK;
	if (rc != PGO_OK)
		goto done;
	if (input->length == 0) {
		rc = pgo_error_set(err, PGO_EFORMAT, "the file is empty");
		pgo_error_hint(
			err, "the profiled program did not end normally, or llvm-profdata merge failed; run it again");
		goto done;
	}
	if (!format && (rc = detect_format(input->bytes, input->length, &f, err)) != PGO_OK)
		goto done;
	if ((rc = own_input(input, err)) != PGO_OK)
		goto done;
	struct pgo_builder b = {.format = f->name,
				.lazy_from = input->lazy ? LAZY_FROM : 0,
				.may_quarantine = input->max_lost > 0,
				.parts = input->parts,
				.part_count = input->part_count};
	rc = f->read(&b, input->bytes, input->length, err);
	if (rc == PGO_EFORMAT && f->remedy)
		pgo_error_hint(err, "%s", f->remedy);
	bool in_place = b.in_place;
	if (rc == PGO_OK)
		rc = pgo_builder_finish(&b, input->length, &profile, err);
	else
		pgo_builder_release(&b);
	if (rc != PGO_OK)
		goto done;
	if (in_place) {
		profile->input = input->bytes;
		profile->input_length = input->length;
		profile->input_mapped = input->mapped;
		*input = (struct input){.max_lost = input->max_lost};
	}
	rc = hand_out(out, profile, input->max_lost, err);
done:
	release_input(input);
	return rc;
}

int pgo_profile_read_with(struct pgo_profile **out, const void *bytes, size_t length,
			  const struct pgo_read_options *options, struct pgo_error *err)
{
	struct input input = {.bytes = (void *)bytes, .length = length, .borrowed = true};
	input.max_lost = options ? options->max_lost : 0;
	return read_input(out, &input, options ? options->format : NULL, err);
}

int pgo_profile_read(struct pgo_profile **out, const void *bytes, size_t length, const char *format,
		     struct pgo_error *err)
{
	return pgo_profile_read_with(out, bytes, length, &(struct pgo_read_options){.format = format}, err);
}

/** What is no profile by its first bytes is not read to its end, which it may not have. */
#define TELL_FROM ((size_t)1 << 20)

/** Everything `fd` yields, for input that cannot be mapped. *out is the caller's to free. */
static int read_stream(int fd, char **out, size_t *length, const char *format, struct pgo_error *err)
{
	PGO_VEC(char) buffer = {0};
	const struct pgo_format *told = NULL;
	int known = format ? find_format(format, &told, err) : PGO_OK;
	if (known != PGO_OK)
		return known;
	for (;;) {
		if (pgo_vec_reserve(&buffer, 65536)) {
			free(buffer.items);
			return pgo_error_set(err, PGO_ENOMEM, "out of memory");
		}
		ssize_t n = read(fd, buffer.items + buffer.count, buffer.capacity - buffer.count);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int rc = pgo_error_errno(err, "cannot read");
			free(buffer.items);
			return rc;
		}
		if (n == 0)
			break;
		buffer.count += (size_t)n;
		int rc = PGO_OK;
		if (!told && buffer.count >= TELL_FROM)
			rc = detect_format((unsigned char *)buffer.items, buffer.count, &told, err);
		if (rc != PGO_OK) {
			free(buffer.items);
			return rc;
		}
	}
	*out = buffer.items;
	*length = buffer.count;
	return PGO_OK;
}

static int read_unmappable(struct pgo_profile **out, int fd, const struct pgo_read_options *options,
			   struct pgo_error *err)
{
	char *bytes = NULL;
	size_t length = 0;
	int rc = read_stream(fd, &bytes, &length, options->format, err);
	if (rc != PGO_OK)
		return rc;
	struct input input = {.bytes = bytes, .length = length, .max_lost = options->max_lost};
	return read_input(out, &input, options->format, err);
}

int pgo_raw_read_parts(struct pgo_profile **out, void *mapping, size_t length, const struct pgo_part *parts,
		       size_t part_count, struct pgo_error *err)
{
	struct input input = {
		.bytes = mapping, .length = length, .mapped = true, .parts = parts, .part_count = part_count};
	return read_input(out, &input, "raw", err);
}

static int read_mapped(struct pgo_profile **out, int fd, size_t length, const struct pgo_read_options *options,
		       struct pgo_error *err)
{
	void *bytes = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return read_unmappable(out, fd, options, err);
	struct input input = {.bytes = bytes,
			      .length = length,
			      .mapped = true,
			      .lazy = options->lazily && options->max_lost <= 0,
			      .max_lost = options->max_lost};
	int rc = read_input(out, &input, options->format, err);
	/* 0 to 2 are standard streams; without one, all is done by the mapping */
	if (rc == PGO_OK && (*out)->settle)
		(*out)->input_file = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return rc;
}

/** gcc's profiles come with a second file, which their reader looks for. @return PGO_EOF when it is none of them */
static int open_gcda(struct pgo_profile **out, int fd, const struct stat *st, const char *path,
		     const struct pgo_read_options *options, struct pgo_error *err)
{
	unsigned char magic[4];
	struct pgo_profile *profile;
	bool may_quarantine = options->max_lost > 0;
	int rc;
	if (options->format && strcmp(options->format, "gcda") != 0)
		return PGO_EOF;
	if (S_ISDIR(st->st_mode))
		rc = pgo_gcov_open_directory(&profile, path, may_quarantine, err);
	else if (!S_ISREG(st->st_mode) || pread(fd, magic, sizeof magic, 0) != (ssize_t)sizeof magic ||
		 pgo_gcda_probe(magic, sizeof magic) == PGO_BID_NO)
		return PGO_EOF;
	else
		rc = pgo_gcov_open_file(&profile, path, may_quarantine, err);
	return rc == PGO_OK ? hand_out(out, profile, options->max_lost, err) : rc;
}

static int open_file(struct pgo_profile **out, const char *path, const struct pgo_read_options *options,
		     struct pgo_error *err)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return pgo_error_errno(err, "cannot open");
	int rc;
	if (fstat(fd, &st) < 0) {
		rc = pgo_error_errno(err, "cannot read");
	} else if ((rc = open_gcda(out, fd, &st, path, options, err)) != PGO_EOF) {
		/* all is said */
	} else if (S_ISDIR(st.st_mode)) {
		rc = pgo_error_set(err, PGO_EFORMAT, "is a directory, not a profile");
		pgo_error_hint(err,
			       "name the profile in it; raw ones become one with: llvm-profdata merge -o x.profdata "
			       "%s/*.profraw",
			       path);
	} else if (S_ISREG(st.st_mode) && st.st_size > 0) {
		rc = read_mapped(out, fd, (size_t)st.st_size, options, err);
	} else {
		rc = read_unmappable(out, fd, options, err);
	}
	close(fd);
	return rc;
}

int pgo_profile_open_with(struct pgo_profile **out, const char *path, const struct pgo_read_options *options,
			  struct pgo_error *err)
{
	static const struct pgo_read_options none;
	bool standard_input = strcmp(path, "-") == 0;
	options = options ? options : &none;
	int rc = standard_input ? read_unmappable(out, STDIN_FILENO, options, err) : open_file(out, path, options, err);
	if (rc != PGO_OK)
		pgo_error_path(err, standard_input ? "standard input" : path);
	return rc;
}

bool pgo_profile_opens_at_once(const char *path, const struct pgo_read_options *options)
{
	unsigned char magic[8];
	struct stat st;
	/* a pipe must not be opened twice */
	if (!options->lazily || options->max_lost > 0 || options->format || stat(path, &st) != 0 ||
	    !S_ISREG(st.st_mode))
		return false;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool yes = fd >= 0 && pread(fd, magic, sizeof magic, 0) == (ssize_t)sizeof magic &&
		   pgo_indexed_probe(magic, sizeof magic) != PGO_BID_NO;
	if (fd >= 0)
		close(fd);
	return yes;
}

int pgo_profile_open(struct pgo_profile **out, const char *path, const char *format, struct pgo_error *err)
{
	return pgo_profile_open_with(out, path, &(struct pgo_read_options){.format = format}, err);
}

int pgo_profile_open_lazily(struct pgo_profile **out, const char *path, const char *format, struct pgo_error *err)
{
	return pgo_profile_open_with(out, path, &(struct pgo_read_options){.format = format, .lazily = true}, err);
}
