/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_CONTINUITY_H
#define PGO_CONTINUITY_H

#include "pgo/concentration.h"
#include "pgo/panel.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Is a new training profile as whole as the last accepted one? (docs/method.md, section 1.) A profile that lost the
 * files of some processes is sound in itself; beside the old one it is thin and part of what was hot is cold.
 */

/** Bands; each an option of the command. */
struct pgo_continuity_bands {
	double min_mass_ratio;	    /**< total count, new / old; default 0.5 */
	double max_mass_ratio;	    /**< default 2 */
	double min_functions_ratio; /**< functions that ran, new / old; default 0.8 */
	double max_lost_hot;	    /**< share of the old hot mass that is cold or gone; default 0.05 */
	uint32_t set;		    /**< bit i: row i of the table was set by the user */
};

struct pgo_continuity_field {
	const char *name; /**< JSON key and, with '-' for '_', flag */
	size_t offset;	  /**< of a double in the bands */
	double fallback;
	double low, high; /**< what makes sense, ends included */
	const char *help;
};

/** The table, and its length. */
const struct pgo_continuity_field *pgo_continuity_fields(size_t *count);

struct pgo_continuity_bands pgo_continuity_defaults(void);

/** Value of row `field` of the table. */
double pgo_continuity_band(const struct pgo_continuity_bands *bands, size_t field);

/** What became of a function. */
enum pgo_fate {
	PGO_FATE_COLD = 0,  /**< runs still, below the cold cutoff */
	PGO_FATE_NEVER = 1, /**< is there, without any count */
	PGO_FATE_GONE = 2,  /**< no function of that name */
	PGO_FATES = 3,
};

/** "cold", "never ran", "gone". */
const char *pgo_fate_name(enum pgo_fate fate);

#define PGO_LOST_FUNCTIONS 10

struct pgo_lost_function {
	struct pgo_named named; /**< share of the old hot mass */
	enum pgo_fate fate;
};

struct pgo_continuity {
	struct pgo_summary old_summary, new_summary;
	struct pgo_optional mass_ratio;	     /**< new / old; absent when the old profile has no counts */
	struct pgo_optional functions_ratio; /**< functions that ran, new / old */
	double hot_mass;		     /**< share of the old mass in its hot counters, about 0.99 */
	struct pgo_optional lost;  /**< share of hot_mass that is cold, never ran or gone; absent without counts */
	double lost_by[PGO_FATES]; /**< its parts */
	double changed;		   /**< share of hot_mass in functions whose hash changed, judged as whole functions */
	uint64_t hot_functions;	   /**< old functions with a hot counter */
	uint64_t hot_functions_lost; /**< of them: those with all their hot counters lost */
	uint64_t functions_stopped;  /**< ran in the old profile, not in the new one (same name) */
	uint64_t functions_gone;     /**< ran in the old profile, no such name in the new one */
	size_t lost_count;	     /**< functions with lost hot mass */
	size_t named;
	struct pgo_lost_function functions[PGO_LOST_FUNCTIONS]; /**< by falling share, then in the order of the panel */
};

/**
 * Measure. Old hot set: counters at or above the old 99 % cutoff. A counter of a function that matches by name, hash
 * and number of counters is lost when the new profile has it at or below its own 99.9999 % cutoff and not at its hot
 * one; where only the name matches the function counts whole, by its largest counter there; where not even that, it is
 * gone. Names are normalised.
 *
 * @param panel  of two profiles: old, new.
 * @param[out] out  caller releases with pgo_continuity_release(). Untouched on failure.
 * @return PGO_OK or PGO_ENOMEM. Linear in the counters.
 */
int pgo_continuity_measure(struct pgo_continuity *out, const struct pgo_panel *panel, struct pgo_error *err);

void pgo_continuity_release(struct pgo_continuity *c);

/** Judge by the bands: a ratio or share outside fails; an old profile without counts is inconclusive. */
int pgo_judge_continuity(struct pgo_verdict *out, const struct pgo_continuity *c,
			 const struct pgo_continuity_bands *bands, struct pgo_error *err);

#ifdef __cplusplus
}
#endif

#endif
