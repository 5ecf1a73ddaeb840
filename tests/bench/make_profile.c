/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Writes an indexed IR profile (version 12) like that of a large C++ program, the same for the same seed:
 *
 *	bench_make_profile FUNCTIONS SEED OUT.profdata [--perturb SEED2]
 *
 * Functions have C++-like mangled names, some local to a file; counters per function are geometric with mean 5.1,
 * as in the Chromium profile of llvm-project issue 65416 (871,932 functions, 4,448,106 counters); half of the functions
 * never ran, as in the median of the real programs in docs/method.md; counts follow a power law, the counters of a
 *function scatter around its own weight.
 * --perturb writes the profile of another run of nearly the same program: counts times lognormal noise, 1 % of the
 *functions missing, 1 % with another hash, 1 % renamed (so that either side has some of its own).
 */
#include <inttypes.h>
#include <math.h>
#include <md5.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define VERSION (12ull | 1ull << 56)
#define MAX_COUNTERS 256

/** splitmix64: every function draws from a stream of its own, so that runs differ only where they should. */
struct random {
	uint64_t state;
};

static uint64_t draw(struct random *r)
{
	uint64_t z = (r->state += 0x9e3779b97f4a7c15ull);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/** In (0, 1). */
static double draw_unit(struct random *r)
{
	return ((double)(draw(r) >> 11) + 0.5) / 9007199254740992.0;
}

static double draw_normal(struct random *r)
{
	double u = draw_unit(r);
	return sqrt(-2 * log(u)) * cos(6.283185307179586 * draw_unit(r));
}

static struct random stream(uint64_t seed, uint64_t index)
{
	struct random r = {.state = seed * 0xd1342543de82ef95ull ^ index * 0xa0761d6478bd642full};
	draw(&r);
	return r;
}

struct function {
	uint64_t key; /**< of the hash table */
	uint64_t hash;
	uint32_t name, name_length; /**< into names */
	uint64_t first_counter;
	uint32_t counter_count;
};

struct profile {
	size_t count;
	struct function *functions;
	char *names;
	size_t names_length;
	uint64_t *counters;
	uint64_t counter_count;
};

static uint64_t name_reference(const char *name, size_t length)
{
	uint8_t digest[MD5_DIGEST_LENGTH];
	MD5_CTX context;
	MD5Init(&context);
	MD5Update(&context, (const uint8_t *)name, length);
	MD5Final(digest, &context);
	uint64_t ref = 0;
	for (int i = 7; i >= 0; i--)
		ref = ref << 8 | digest[i];
	return ref;
}

static void draw_name(struct random *r, size_t index, bool renamed, char out[160])
{
	static const char *const words[] = {"parse", "Node",	"visit",  "emit",  "Buffer", "lower",
					    "Type",  "resolve", "scan",	  "Cache", "insert", "Stream",
					    "fold",  "Graph",	"update", "Layout"};
	const char *a = words[draw(r) % 16], *b = words[draw(r) % 16], *c = words[draw(r) % 16];
	char method[48];
	snprintf(method, sizeof method, "%s%zu%s", c, index, renamed ? "v2" : "");
	bool local = draw(r) % 5 == 0;
	char file[48] = "";
	if (local)
		snprintf(file, sizeof file, "src/%s/%s%" PRIu64 ".cpp;", a, b, draw(r) % 100);
	snprintf(out, 160, "%s_Z%sN%zu%s%zu%s%zu%sE%s", file, local ? "L" : "", strlen(a), a, strlen(b), b,
		 strlen(method), method, draw(r) % 2 ? "PKcm" : "RKSt6vectorIiSaIiEE");
}

/** Counts of one function; `noise` NULL for the plain profile. */
static void draw_counters(struct random *r, struct random *noise, uint64_t *out, unsigned count)
{
	bool ran = draw(r) % 2 == 0;
	double weight =
		pow(draw_unit(r), -1.1) * 3; /* Pareto: the heaviest of 300,000 is about a million times the median */
	for (unsigned i = 0; i < count; i++) {
		bool zero = draw(r) % 4 == 0;
		double value = weight * exp(1.5 * draw_normal(r));
		if (noise)
			value *= exp(0.5 * draw_normal(noise));
		out[i] = !ran || zero ? 0 : value < 1e15 ? (uint64_t)value : (uint64_t)1e15;
	}
}

/** Append function `index`, unless the perturbed program does not have it. */
static void add_function(struct profile *p, size_t index, uint64_t seed, bool perturb, uint64_t seed2)
{
	struct random r = stream(seed, index), noise = stream(seed2 ^ 0x5eed, index);
	unsigned fate = perturb ? (unsigned)(draw(&noise) % 100) : 99;
	if (fate == 0)
		return;
	char name[160];
	draw_name(&r, index, fate == 1, name);
	unsigned count = 1 + (unsigned)(log(draw_unit(&r)) / log(4.1 / 5.1));
	count = count > MAX_COUNTERS ? MAX_COUNTERS : count;
	uint64_t hash = draw(&r) >> 4; /* the top four bits are flags */
	if (fate == 2)
		hash ^= 0x1234567;
	struct function *f = &p->functions[p->count++];
	*f = (struct function){.hash = hash,
			       .name = (uint32_t)p->names_length,
			       .name_length = (uint32_t)strlen(name),
			       .first_counter = p->counter_count,
			       .counter_count = count};
	f->key = name_reference(name, f->name_length);
	memcpy(p->names + p->names_length, name, f->name_length);
	p->names_length += f->name_length;
	draw_counters(&r, perturb ? &noise : NULL, p->counters + p->counter_count, count);
	p->counter_count += count;
}

/** Bytes in the order of the file, with the offset LLVM's table needs. */
struct output {
	FILE *file;
	uint64_t offset;
};

static void put(struct output *o, const void *bytes, size_t length)
{
	fwrite(bytes, 1, length, o->file);
	o->offset += length;
}

static void put_u64(struct output *o, uint64_t value)
{
	unsigned char bytes[8];
	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(value >> 8 * i);
	put(o, bytes, sizeof bytes);
}

static int compare_descending(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;
	return a > b ? -1 : a < b;
}

/** By the plain definition, from the sorted counters: it also serves to check the faster way the library takes. */
static void put_summary(struct output *o, const struct profile *p)
{
	static const uint64_t cutoffs[] = {10000,  100000, 200000, 300000, 400000, 500000, 600000, 700000,
					   800000, 900000, 950000, 990000, 999000, 999900, 999990, 999999};
	uint64_t max = 0, max_first = 0, max_internal = 0, total = 0;
	for (size_t i = 0; i < p->count; i++)
		for (uint32_t c = 0; c < p->functions[i].counter_count; c++) {
			uint64_t v = p->counters[p->functions[i].first_counter + c];
			uint64_t *which = c ? &max_internal : &max_first;
			*which = v > *which ? v : *which;
			max = v > max ? v : max;
			total += v;
		}
	uint64_t *sorted = malloc(p->counter_count * sizeof *sorted + 1);
	memcpy(sorted, p->counters, p->counter_count * sizeof *sorted);
	qsort(sorted, p->counter_count, sizeof *sorted, compare_descending);
	uint64_t head[8] = {6, 16, p->count, p->counter_count, max_first, max, max_internal, total};
	for (int i = 0; i < 8; i++)
		put_u64(o, head[i]);
	uint64_t at = 0, sum = 0, last = 0;
	for (int i = 0; i < 16; i++) {
		/* floor(total * cutoff / 10^6), split to keep the product within 64 bits */
		uint64_t want = total / 1000000 * cutoffs[i] + total % 1000000 * cutoffs[i] / 1000000;
		while (sum < want && at < p->counter_count) {
			last = sorted[at];
			while (at < p->counter_count && sorted[at] == last)
				sum += sorted[at++];
		}
		put_u64(o, cutoffs[i]);
		put_u64(o, last);
		put_u64(o, at);
	}
	free(sorted);
}

static int compare_buckets(const void *pa, const void *pb, void *context)
{
	const uint64_t *mask = context;
	const struct function *a = pa, *b = pb;
	uint64_t x = a->key & *mask, y = b->key & *mask;
	if (x != y)
		return x < y ? -1 : 1;
	return a->name > b->name ? -1 : a->name < b->name; /* chains are last in, first out */
}

static void put_item(struct output *o, const struct profile *p, const struct function *f)
{
	put_u64(o, f->key);
	put_u64(o, f->name_length);
	put_u64(o, 8 * (f->counter_count + 4ull));
	put(o, p->names + f->name, f->name_length);
	put_u64(o, f->hash);
	put_u64(o, f->counter_count);
	for (uint32_t c = 0; c < f->counter_count; c++)
		put_u64(o, p->counters[f->first_counter + c]);
	put_u64(o, 0); /* no bitmap */
	put_u64(o, 8); /* no value data */
}

/** Payload and directory. @return offset of the directory */
static uint64_t put_table(struct output *o, struct profile *p, uint64_t buckets)
{
	uint64_t *offsets = calloc(buckets, sizeof *offsets);
	uint64_t mask = buckets - 1;
	qsort_r(p->functions, p->count, sizeof *p->functions, compare_buckets, &mask);
	for (size_t i = 0; i < p->count;) {
		uint64_t bucket = p->functions[i].key & mask;
		size_t end = i;
		while (end < p->count && (p->functions[end].key & mask) == bucket)
			end++;
		offsets[bucket] = o->offset;
		unsigned char items[2] = {(unsigned char)(end - i), (unsigned char)((end - i) >> 8)};
		put(o, items, 2);
		for (; i < end; i++)
			put_item(o, p, &p->functions[i]);
	}
	put(o, "\0\0\0\0\0\0\0", -o->offset & 7);
	uint64_t directory = o->offset;
	put_u64(o, buckets);
	put_u64(o, p->count);
	for (uint64_t b = 0; b < buckets; b++)
		put_u64(o, offsets[b]);
	free(offsets);
	return directory;
}

static int write_profile(const char *path, struct profile *p)
{
	struct output o = {.file = fopen(path, "wb")};
	if (!o.file) {
		perror(path);
		return 1;
	}
	uint64_t buckets = 1;
	while (p->count > 2 && buckets < p->count * 4 / 3 + 1)
		buckets *= 2;
	uint64_t header[9] = {0x8169666f72706cffull, VERSION};
	for (int i = 0; i < 9; i++)
		put_u64(&o, header[i]);
	put_summary(&o, p);
	header[4] = put_table(&o, p, buckets);
	header[6] = o.offset; /* binary ids: none */
	put_u64(&o, 0);
	header[8] = o.offset; /* vtable names: none */
	put_u64(&o, 0);
	fseek(o.file, 0, SEEK_SET);
	for (int i = 0; i < 9; i++)
		put_u64(&o, header[i]);
	bool failed = ferror(o.file);
	if (fclose(o.file) != 0 || failed) {
		perror(path);
		return 1;
	}
	return 0;
}

static bool parse(const char *text, uint64_t *out)
{
	char *end;
	*out = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0';
}

int main(int argc, char **argv)
{
	uint64_t functions, seed, seed2 = 0;
	bool perturb = argc == 6 && strcmp(argv[4], "--perturb") == 0;
	if ((argc != 4 && !perturb) || !parse(argv[1], &functions) || functions > 10000000 || !parse(argv[2], &seed) ||
	    (perturb && !parse(argv[5], &seed2))) {
		fprintf(stderr, "usage: bench_make_profile FUNCTIONS SEED OUT.profdata [--perturb SEED2]\n");
		return 2;
	}
	/* most have far fewer counters: what is not used is never touched */
	struct profile p = {.functions = malloc((functions + 1) * sizeof *p.functions),
			    .names = malloc(functions * 160 + 1),
			    .counters = malloc((functions + 1) * MAX_COUNTERS * 8)};
	if (!p.functions || !p.names || !p.counters) {
		fprintf(stderr, "bench_make_profile: out of memory\n");
		return 4;
	}
	for (size_t i = 0; i < functions; i++)
		add_function(&p, i, seed, perturb, seed2);
	int rc = write_profile(argv[3], &p);
	free(p.functions);
	free(p.names);
	free(p.counters);
	return rc;
}
