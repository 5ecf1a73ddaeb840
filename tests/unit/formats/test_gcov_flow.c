/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Solving the flow against walks: random control flow graphs are walked at random from entry to exit while everything
 * is counted; of the arcs only those outside a spanning tree are handed over, and every block must come out as counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "tests/unit/formats/samples.h"

#include "tests/unit/formats/gcov_build.h"

enum { BLOCKS_MOST = 40, ARCS_MOST = 200, GRAPHS = 2000 };

struct walked {
	uint32_t blocks, arc_count;
	uint32_t from[ARCS_MOST], to[ARCS_MOST];
	bool on_tree[ARCS_MOST];
	uint64_t arc_runs[ARCS_MOST], block_runs[BLOCKS_MOST];
};

static uint64_t seed;

static uint32_t below(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((seed >> 33) % n);
}

static uint32_t root_of(uint32_t *parent, uint32_t b)
{
	while (parent[b] != b)
		b = parent[b];
	return b;
}

static void add_arc(struct walked *w, uint32_t from, uint32_t to)
{
	w->from[w->arc_count] = from;
	w->to[w->arc_count++] = to;
}

/** Entry 0, exit 1; every block leads on, most of them to a later one so that walks end. */
static void make_graph(struct walked *w)
{
	*w = (struct walked){.blocks = 3 + below(BLOCKS_MOST - 3)};
	add_arc(w, 0, 2);
	for (uint32_t b = 2; b < w->blocks; b++) {
		add_arc(w, b, b + 1 < w->blocks ? b + 1 : 1);
		for (uint32_t n = below(3); n; n--)
			add_arc(w, b, below(4) ? 1 + below(w->blocks - 1) : b);
	}
	/* a spanning tree with the arc from exit to entry in it, the rest is counted */
	uint32_t parent[BLOCKS_MOST];
	for (uint32_t b = 0; b < w->blocks; b++)
		parent[b] = b;
	parent[1] = 0;
	for (uint32_t n = 0; n < 4 * w->arc_count; n++) {
		uint32_t arc = below(w->arc_count), from = root_of(parent, w->from[arc]),
			 to = root_of(parent, w->to[arc]);
		if (from == to)
			continue;
		w->on_tree[arc] = true;
		parent[from] = to;
	}
}

static void walk_graph(struct walked *w)
{
	uint32_t at = 0;
	w->block_runs[0]++;
	for (int step = 0; at != 1; step++) {
		uint32_t out[ARCS_MOST], count = 0;
		for (uint32_t i = 0; i < w->arc_count; i++)
			if (w->from[i] == at)
				out[count++] = i;
		/* after many steps straight on, so that it ends */
		uint32_t arc = out[step < 1000 ? below(count) : 0];
		w->arc_runs[arc]++;
		at = w->to[arc];
		w->block_runs[at]++;
	}
}

static void to_graph(struct pgo_gcov_graph *g, const struct walked *w, uint64_t *counters)
{
	struct pgo_gcov_arc back = {.source = 1, .destination = 0, .on_tree = true};
	g->exit = 1;
	g->counted = g->arcs.count = 0;
	assert_int_equal(pgo_vec_reserve(&g->blocks, BLOCKS_MOST), 0);
	g->blocks.count = w->blocks;
	for (uint32_t i = 0; i < w->arc_count; i++) {
		struct pgo_gcov_arc arc = {.source = w->from[i], .destination = w->to[i], .on_tree = w->on_tree[i]};
		assert_int_equal(pgo_vec_push(&g->arcs, arc), 0);
		if (!arc.on_tree)
			counters[g->counted++] = w->arc_runs[i];
	}
	assert_int_equal(pgo_vec_push(&g->arcs, back), 0);
}

static void walks_are_found_again(void **state)
{
	(void)state;
	struct pgo_gcov_graph g = {0};
	uint64_t counters[ARCS_MOST];
	static struct walked w;
	size_t uncounted = 0;
	for (uint64_t n = 0; n < GRAPHS; n++) {
		seed = n;
		make_graph(&w);
		for (uint32_t walks = below(6); walks; walks--)
			walk_graph(&w);
		to_graph(&g, &w, counters);
		uncounted += w.arc_count - g.counted;
		assert_int_equal(pgo_gcov_graph_solve(&g, counters), PGO_GCOV_SOLVED);
		for (uint32_t b = 0; b < w.blocks; b++)
			if (g.blocks.items[b].out != w.block_runs[b])
				fail_msg("graph %llu, block %u: %llu, walked %llu times", (unsigned long long)n, b,
					 (unsigned long long)g.blocks.items[b].out,
					 (unsigned long long)w.block_runs[b]);
	}
	assert_in_range(uncounted, GRAPHS, UINT32_MAX); /* the trees were not empty */
	pgo_gcov_graph_release(&g);
}

static enum pgo_gcov_solution solve(struct pgo_gcov_graph *g, const struct pgo_gcov_arc *arcs, size_t count,
				    uint32_t blocks, const uint64_t *counters)
{
	struct pgo_gcov_arc back = {.source = 1, .destination = 0, .on_tree = true};
	g->exit = 1;
	g->arcs.count = 0;
	assert_int_equal(pgo_vec_reserve(&g->blocks, blocks), 0);
	g->blocks.count = blocks;
	for (size_t i = 0; i < count; i++)
		assert_int_equal(pgo_vec_push(&g->arcs, arcs[i]), 0);
	assert_int_equal(pgo_vec_push(&g->arcs, back), 0);
	return pgo_gcov_graph_solve(g, counters);
}

static void rings_are_not_solved(void **state)
{
	(void)state;
	struct pgo_gcov_graph g = {0};
	/* all arcs on the tree: with the one back from the exit they form a ring */
	const struct pgo_gcov_arc ring[] = {{0, 2, true, false}, {2, 1, true, false}};
	assert_int_equal(solve(&g, ring, 2, 3, NULL), PGO_GCOV_UNDETERMINED);
	const struct pgo_gcov_arc self[] = {{0, 2, false, false}, {2, 2, true, false}, {2, 1, true, false}};
	assert_int_equal(solve(&g, self, 3, 3, COUNTS(1)), PGO_GCOV_UNDETERMINED);
	pgo_gcov_graph_release(&g);
}

static void lost_counts_show(void **state)
{
	(void)state;
	struct pgo_gcov_graph g = {0};
	/* 2 -> 3 -> 1 and 2 -> 1: entered 5 times, 2 -> 3 taken 7 times */
	const struct pgo_gcov_arc arcs[] = {
		{0, 2, false, false}, {2, 3, false, false}, {2, 1, true, false}, {3, 1, true, false}};
	assert_int_equal(solve(&g, arcs, 4, 4, COUNTS(5, 7)), PGO_GCOV_NEGATIVE);
	/* the same, but 2 -> 1 stands for a call that returned twice */
	struct pgo_gcov_arc fake[4];
	memcpy(fake, arcs, sizeof fake);
	fake[2].fake = true;
	assert_int_equal(solve(&g, fake, 4, 4, COUNTS(5, 7)), PGO_GCOV_SOLVED);
	/* counters at the limit of 64 bits do not overflow */
	assert_int_equal(solve(&g, arcs, 4, 4, COUNTS(UINT64_MAX, UINT64_MAX)), PGO_GCOV_SOLVED);
	assert_true(g.blocks.items[3].out == UINT64_MAX);
	pgo_gcov_graph_release(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks_are_found_again),
		cmocka_unit_test(rings_are_not_solved),
		cmocka_unit_test(lost_counts_show),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
