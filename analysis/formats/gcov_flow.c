/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Block counts from arc counts. gcc counts only the arcs outside a spanning tree of the flow graph, closed by an arc
 * from exit to entry; what comes into a block goes out of it, so the arcs on the tree follow, leaf by leaf. (D. E.
 * Knuth, F. R. Stevenson, Optimal measurement points for program frequency counts, BIT 13, 1973.)
 */
#include "analysis/formats/gcov.h"

static void know(struct pgo_gcov_graph *g, const struct pgo_gcov_arc *arc, pgo_gcov_flow count)
{
	struct pgo_gcov_block *from = &g->blocks.items[arc->source], *to = &g->blocks.items[arc->destination];
	from->balance -= count;
	from->out += count;
	to->balance += count;
}

/** The arc is or is no longer of unknown count; a ring of one block is never solved. */
static void mark(struct pgo_gcov_graph *g, uint32_t index, int change)
{
	const struct pgo_gcov_arc *arc = &g->arcs.items[index];
	struct pgo_gcov_block *ends[] = {&g->blocks.items[arc->source], &g->blocks.items[arc->destination]};
	for (int i = 0; i < 2; i++) {
		ends[i]->unknown += (uint32_t)change;
		ends[i]->arcs ^= index;
	}
}

enum pgo_gcov_solution pgo_gcov_graph_solve(struct pgo_gcov_graph *g, const uint64_t *counters)
{
	size_t unknown = 0;
	bool negative = false;
	if (pgo_vec_reserve(&g->pending, g->blocks.count))
		return PGO_GCOV_NO_MEMORY;
	memset(g->blocks.items, 0, g->blocks.count * sizeof *g->blocks.items);
	for (uint32_t i = 0; i < g->arcs.count; i++) {
		if (g->arcs.items[i].on_tree) {
			mark(g, i, 1);
			unknown++;
		} else {
			know(g, &g->arcs.items[i], *counters++);
		}
	}
	/* a block has one unknown arc at most once, and is pending then */
	g->pending.count = 0;
	for (uint32_t b = 0; b < g->blocks.count; b++)
		if (g->blocks.items[b].unknown == 1)
			g->pending.items[g->pending.count++] = b;
	while (g->pending.count) {
		const struct pgo_gcov_block *leaf = &g->blocks.items[g->pending.items[--g->pending.count]];
		if (leaf->unknown != 1)
			continue; /* the other end of its arc was first */
		uint32_t index = leaf->arcs;
		const struct pgo_gcov_arc *arc = &g->arcs.items[index];
		bool leaves = &g->blocks.items[arc->source] == leaf;
		pgo_gcov_flow count = leaves ? leaf->balance : -leaf->balance;
		uint32_t other = leaves ? arc->destination : arc->source;
		know(g, arc, count);
		mark(g, index, -1);
		/* a call that returns more than once (setjmp, fork) leaves its fake arc below zero */
		negative |= count < 0 && !arc->fake;
		unknown--;
		if (g->blocks.items[other].unknown == 1)
			g->pending.items[g->pending.count++] = other;
	}
	return unknown ? PGO_GCOV_UNDETERMINED : negative ? PGO_GCOV_NEGATIVE : PGO_GCOV_SOLVED;
}
