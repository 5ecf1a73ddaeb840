/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Adding profiles to a sum: of those whose functions are unread what the sum has already by a walk, the rest as read.
 */
#include "analysis/base/threads.h"
#include "analysis/formats/indexed.h"

static int take_warnings(struct pgo_merge *m, const struct pgo_profile *p, const char *name, struct pgo_error *err)
{
	int rc = PGO_OK;
	for (size_t i = 0; i < p->warning_count && rc == PGO_OK; i++)
		rc = pgo_merge_warn(m, err, "%s: %s", name, p->warnings[i]);
	return rc;
}

static int add_read(struct pgo_merge *m, const struct pgo_indexed_item *item, struct pgo_error *err)
{
	int rc = pgo_profile_settle(item->profile, err);
	if (rc == PGO_OK)
		rc = take_warnings(m, item->profile, item->name, err);
	return rc == PGO_OK ? pgo_merge_add(m, item->profile, item->name, item->weight, err) : rc;
}

/** What a walk left of the profiles, each as a profile of its own. */
struct leavings {
	const struct pgo_merge_walk *walk;
	struct pgo_profile *left[PGO_MERGE_PARTS]; /**< NULL: not read */
	int rc[PGO_MERGE_PARTS];
};

/** The copies of all ranges, one behind the other. @return heap; NULL: out of memory */
static unsigned char *join_copies(const struct pgo_merge_part *part, size_t *length)
{
	*length = 0;
	for (size_t i = 0; i < PGO_MERGE_RANGES; i++)
		*length += part->ranges[i].copies.count;
	unsigned char *all = malloc(*length + 1);
	for (size_t i = 0, at = 0; all && i < PGO_MERGE_RANGES; i++) {
		size_t count = part->ranges[i].copies.count;
		if (count)
			memcpy(all + at, part->ranges[i].copies.items, count);
		at += count;
	}
	return all;
}

static int read_part(struct pgo_profile **out, const struct pgo_merge_part *part)
{
	struct pgo_builder b = {.format = part->profile->format};
	size_t length;
	unsigned char *copies = join_copies(part, &length);
	int rc = copies ? pgo_indexed_read_keys(&b, part, copies, length, NULL) : PGO_ENOMEM;
	if (rc == PGO_OK)
		rc = pgo_builder_finish(&b, 0, out, NULL);
	else
		pgo_builder_release(&b);
	if (rc == PGO_OK)
		(*out)->input = copies;
	else
		free(copies);
	return rc;
}

static void read_left(void *context, size_t index)
{
	struct leavings *l = context;
	if (l->walk->parts[index].rc == PGO_OK)
		l->rc[index] = read_part(&l->left[index], &l->walk->parts[index]);
}

static int fail(int rc, struct pgo_profile *p, struct pgo_error *err)
{
	if (rc == PGO_ENOMEM)
		return pgo_error_set(err, rc, "out of memory");
	rc = pgo_profile_settle(p, err); /* which says what is wrong, and where */
	return rc == PGO_OK ? pgo_error_set(err, PGO_EFORMAT, "it was written to while it was read") : rc;
}

/** What there is to do of a profile after the walk. */
static int add_rest(struct pgo_merge *m, struct leavings *l, size_t index, const struct pgo_indexed_item *item,
		    struct pgo_error *err)
{
	int rc = l->walk->parts[index].rc;
	if (rc == PGO_EOF)
		return add_read(m, item, err);
	rc = rc == PGO_OK ? l->rc[index] : rc;
	if (rc != PGO_OK)
		return fail(rc, item->profile, err);
	rc = take_warnings(m, item->profile, item->name, err);
	return rc == PGO_OK ? pgo_merge_add_rest(m, item->profile, l->left[index], item->name, item->weight, err) : rc;
}

int pgo_indexed_merge(struct pgo_merge *m, struct pgo_merge_walk *walk, const struct pgo_indexed_item *items,
		      size_t count, size_t *failed, struct pgo_error *err)
{
	struct leavings l = {.walk = walk};
	int rc = PGO_OK;
	walk->count = count;
	for (size_t i = 0; i < count; i++) {
		walk->parts[i].profile = items[i].profile;
		walk->parts[i].weight = items[i].weight;
	}
	pgo_merge_walk(walk, m);
	pgo_parallel(read_left, &l, count, pgo_processors());
	for (size_t i = 0; i < count && rc == PGO_OK; i++) {
		rc = add_rest(m, &l, i, &items[i], err);
		*failed = i;
	}
	for (size_t i = 0; i < count; i++)
		pgo_profile_free(l.left[i]);
	return rc;
}
