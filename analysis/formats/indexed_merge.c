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

/** What a walk left of the profiles, each as a profile that borrows its input. */
struct leavings {
	const struct pgo_merge_walk *walk;
	struct pgo_profile *left[PGO_MERGE_PARTS]; /**< NULL: not read */
	int rc[PGO_MERGE_PARTS];
};

static int read_part(struct pgo_profile **out, const struct pgo_merge_part *part, struct pgo_error *err)
{
	struct pgo_builder b = {.format = part->profile->format};
	int rc = pgo_indexed_read_keys(&b, part, err);
	if (rc != PGO_OK) {
		pgo_builder_release(&b);
		return rc;
	}
	rc = pgo_builder_finish(&b, 0, out, err);
	if (rc == PGO_OK)
		(*out)->input = part->profile->input;
	return rc;
}

static void read_left(void *context, size_t index)
{
	struct leavings *l = context;
	if (l->walk->parts[index].rc == PGO_OK)
		l->rc[index] = read_part(&l->left[index], &l->walk->parts[index], NULL);
}

static void free_left(struct leavings *l)
{
	for (size_t i = 0; i < l->walk->count; i++) {
		if (l->left[i])
			l->left[i]->input = NULL;
		pgo_profile_free(l->left[i]);
	}
}

/** What there is to do of a profile when all pairs are added. */
static int add_rest(struct pgo_merge *m, struct leavings *l, size_t index, const struct pgo_indexed_item *item,
		    struct pgo_error *err)
{
	const struct pgo_merge_part *part = &l->walk->parts[index];
	if (part->rc == PGO_EOF)
		return add_read(m, item, err);
	if (part->rc != PGO_OK)
		return pgo_error_set(err, part->rc,
				     part->rc == PGO_EFORMAT ? "it was written to while it was read" : "out of memory");
	/* once more for what to say */
	int rc = l->rc[index] == PGO_OK ? PGO_OK : read_part(&l->left[index], part, err);
	if (rc == PGO_OK)
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
	free_left(&l);
	return rc;
}
