/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HARNESS_PIPELINE_RENDER_H
#define HARNESS_PIPELINE_RENDER_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Words that the terminal and the Markdown report share. All texts come from report.json and nothing else. */

/** "ACCEPTED", "REJECTED", "INCONCLUSIVE". */
const char *render_verdict(json_object *report);

/** The verdict in one sentence, without the word render_verdict() says already. Borrowed. */
const char *render_summary(json_object *report);

/** The line in capitals that a forced report carries; NULL when nothing was forced. Static. */
const char *render_forced(json_object *report);

/** What the performance gate said: "PASSED", "FAILED", "INCONCLUSIVE"; NULL when nothing was measured. Static. */
const char *render_performance(json_object *report);

/** Its reason in one sentence; "" when nothing was measured. Borrowed. */
const char *render_performance_summary(json_object *report);

/** The line a report carries when both builds did not write the same; NULL when they did. Static. */
const char *render_outputs(json_object *report);

/** "1.23x faster (0.81, 95 % 0.79..0.83)" of a measured entry; "no difference (…)" within `min_effect` or across 1.
 * @return out */
char *render_ratio(json_object *entry, double min_effect, bool interval, char *out, size_t size);

/** "-19.0 % time": what the ratio means in the method's unit. @return out */
char *render_gain(json_object *entry, const char *method, char *out, size_t size);

/** "0.75", "12 %", …: a rule's value against its threshold, and whose threshold it is. @return out */
char *render_rule(json_object *rule, char *out, size_t size);

/** "wall time, 10 pairs per workload", "cachegrind: estimated cycles, one run each (deterministic)". @return out */
char *render_method(json_object *measurement, char *out, size_t size);

/** "0.849 (95 % 0.404..1.254)": a cost ratio without judgement. @return out */
char *render_cost(json_object *entry, bool interval, char *out, size_t size);

/** "lua_getfield (12.0 %), …" of a comparison's under-served functions; "" when there are none. @return out */
char *render_functions(json_object *comparison, char *out, size_t size);

/** One line about the recipe's release profile (cargo); "" for others. @return out */
char *render_recipe(json_object *report, char *out, size_t size);

/** "12 functions did not match the profile, …" of the optimized build; "" when all fitted. @return out */
char *render_misfit(json_object *report, char *out, size_t size);

/** The build record of a phase ("instrumented", "baseline", "optimized"), or NULL. */
json_object *render_build(json_object *report, const char *phase);

/** Measured entry of a workload in a measurement, or NULL. */
json_object *render_measured(json_object *measurement, const char *workload);

/** Plain text, wrapped at 100 columns after `indent` blanks. */
void render_wrapped(FILE *out, int indent, const char *text);

/** The first advice among the rules that did not pass: whom to blame and what to do; NULL: none. Borrowed. */
const char *render_advice(json_object *report);

/** What to do next, one sentence each, at most `max`; each heap-allocated. @return how many */
size_t render_next(json_object *report, char **out, size_t max);

#endif
