/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PGO_SEVERAL_H
#define PGO_SEVERAL_H

#include "pgo/calibration.h"
#include "pgo/continuity.h"
#include "pgo/distances.h"
#include "pgo/report.h"
#include "pgo/stability.h"
#include "pgo/sufficiency.h"
#include "pgo/weights.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What the writers of the commands on several runs are given, beside the verdict in struct pgo_report. Borrowed; those
 * a command has nothing for are NULL. */
struct pgo_several {
	size_t count;
	const char *const
		*names; /**< profiles as a person named them; "skew": the one judged; "continuity": old, new */
	const struct pgo_profile *const *profiles; /**< of all names, those of references behind the others; or NULL */
	const struct pgo_optional *join_shares;    /**< as `profiles`; NULL: not measured */
	const size_t *twins; /**< "calibrate": as pgo_panel_twins(), but for repeats of one workload; NULL: not known */
	size_t reference_count;
	const char *const *reference_names;	       /**< "skew", "weights" */
	const struct pgo_concentration *concentration; /**< "skew" */
	const struct pgo_concentration_ranks *ranks;   /**< "skew" */
	double alpha;				       /**< "skew" */
	const struct pgo_dominance *dominance;	       /**< "skew --merged" */
	double least_survival;			       /**< "skew --merged", "weights" */
	const struct pgo_sufficiency *sufficiency;     /**< "sufficiency" */
	const struct pgo_weights *weights;	       /**< "weights" */
	const char *no_file; /**< "weights": a workload that is no single file, so that no command can name it; or NULL */
	const struct pgo_continuity *continuity;       /**< "continuity" */
	const struct pgo_continuity_bands *bands;      /**< "continuity" */
	const struct pgo_calibration *calibration;     /**< "calibrate" */
	const char *const
		*workload_names; /**< "calibrate": one for each row; "stability": of each profile, that of its workload */
	const struct pgo_distances *distances;	       /**< "matrix" */
	const struct pgo_clusters *clusters;	       /**< "matrix": of symmetric distances */
	const struct pgo_stability *stability;	       /**< "stability" */
};

/** Writers of one format. */
struct pgo_several_writer {
	int (*skew)(FILE *out, const struct pgo_report *report, struct pgo_error *err);
	int (*dominance)(FILE *out, const struct pgo_report *report, struct pgo_error *err);
	int (*sufficiency)(FILE *out, const struct pgo_report *report, struct pgo_error *err);
	int (*weights)(FILE *out, const struct pgo_report *report, struct pgo_error *err);
	int (*continuity)(FILE *out, const struct pgo_report *report, struct pgo_error *err);
	int (*calibrate)(FILE *out, const struct pgo_report *report, struct pgo_error *err);
	int (*matrix)(FILE *out, const struct pgo_report *report, struct pgo_error *err);
	int (*stability)(FILE *out, const struct pgo_report *report, struct pgo_error *err);
};

/** Note number `index` on how far report->several->calibration can be trusted. @return false when there is none */
bool pgo_calibration_note(char out[400], const struct pgo_several *several, size_t index);

/** A policy file of the thresholds of report->several->calibration, each with what it rests on; `gate --policy` and the
 * `gate:` section of a manifest take it. */
int pgo_policy_write(FILE *out, const struct pgo_report *report, struct pgo_error *err);

#ifdef __cplusplus
}
#endif

#endif
