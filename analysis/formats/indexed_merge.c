/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Adding a profile to a sum: of one whose functions are unread what the sum has already by a walk, the rest as read. */
#include "analysis/formats/indexed.h"

static int take_warnings(struct pgo_merge *m, const struct pgo_profile *p, const char *name, struct pgo_error *err)
{
	int rc = PGO_OK;
	for (size_t i = 0; i < p->warning_count && rc == PGO_OK; i++)
		rc = pgo_merge_warn(m, err, "%s: %s", name, p->warnings[i]);
	return rc;
}

static int add_read(struct pgo_merge *m, struct pgo_profile *p, const char *name, const struct pgo_merge_weight *weight,
		    struct pgo_error *err)
{
	int rc = pgo_profile_settle(p, err);
	if (rc == PGO_OK)
		rc = take_warnings(m, p, name, err);
	return rc == PGO_OK ? pgo_merge_add(m, p, name, weight, err) : rc;
}

/** The records that were left, as a profile that borrows its input. */
static int read_left(struct pgo_profile **out, const struct pgo_profile *p, const struct pgo_merge_walk *walk,
		     struct pgo_error *err)
{
	struct pgo_builder b = {.format = p->format};
	int rc = pgo_indexed_read_keys(&b, p, walk, err);
	if (rc != PGO_OK) {
		pgo_builder_release(&b);
		return rc;
	}
	rc = pgo_builder_finish(&b, 0, out, err);
	if (rc == PGO_OK)
		(*out)->input = p->input;
	return rc;
}

static void free_left(struct pgo_profile *left)
{
	if (left)
		left->input = NULL;
	pgo_profile_free(left);
}

int pgo_indexed_merge(struct pgo_merge *m, struct pgo_merge_walk *walk, struct pgo_profile *p, const char *name,
		      const struct pgo_merge_weight *weight, struct pgo_error *err)
{
	struct pgo_profile *left = NULL;
	int rc = pgo_merge_walk_look(walk, m, p);
	if (rc == PGO_EOF)
		return add_read(m, p, name, weight, err);
	if (rc != PGO_OK)
		return pgo_error_set(err, rc, "out of memory");
	rc = read_left(&left, p, walk, err);
	if (rc == PGO_OK)
		rc = take_warnings(m, p, name, err);
	if (rc == PGO_OK) {
		pgo_merge_walk_add(walk, m, weight);
		rc = pgo_merge_add_rest(m, p, left, name, weight, err);
	}
	free_left(left);
	return rc;
}
