/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Adding up many files: threads read the next ones while one is added. At most two more than there are threads are in
 * memory.
 *
 * Large indexed profiles are opened only, and several of them are added at once, read from where they lie.
 *
 * Raw profiles of one program are read several at a time, one behind the other in memory, as their reader takes what a
 * program wrote that appends: it goes through the names once, and adds the counters of the further ones up in place.
 * Where that reading fails or warns of something, the files are read again, each by itself, so that what is said names
 * the file.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/base/threads.h"
#include "analysis/formats/indexed.h"
#include "pgo/inputs.h"

#define THREADS_MOST 7

/** Raw profiles in one reading: the more, the less often names are gone through; but every thread should have some. */
#define BATCH_FILES 64
#define BATCH_FILES_LEAST 4
#define BATCH_BYTES ((size_t)1 << 30) /* of addresses: one file is in memory at a time */

/** Bytes, of addresses, of profiles that are opened, not read, and added at once. */
#define UNREAD_BYTES ((size_t)2048 << 20)

/** Files in one reading: paths[first .. first + count). */
struct task {
	size_t first, count;
	size_t bytes; /**< of a batch: of the whole mapping */
	enum { TASK_FREE, TASK_TAKEN, TASK_DONE } state;
	struct pgo_profile *profile; /**< NULL: failed */
	struct pgo_error err;
};

struct crew {
	const struct pgo_inputs *inputs;
	const struct pgo_read_options *options;
	const struct pgo_merge_weight *weights; /**< one for each file; NULL: once */
	const struct pgo_inputs_watch *watch;	/**< or NULL */
	struct pgo_merge *merge;		/**< or NULL */
	struct pgo_merge_walk *walk;		/**< for `merge` */
	struct task *tasks;
	size_t count;
	size_t next;	 /**< to be taken */
	size_t added;	 /**< tasks done with */
	size_t window;	 /**< tasks between them, but for those that are opened only */
	size_t unread;	 /**< such tasks */
	bool no_batches; /**< one failed: the others probably do, too */
	bool stop;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

/* Batches ---------------------------------------------------------------------------------------------------------- */

/** Magic and version word of a raw profile, and its size. */
struct raw_head {
	unsigned char bytes[16];
	size_t size;
};

static bool read_raw_head(const char *path, struct raw_head *out)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool is_raw = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		      pread(fd, out->bytes, sizeof out->bytes, 0) == (ssize_t)sizeof out->bytes &&
		      pgo_raw_probe(out->bytes, sizeof out->bytes) == PGO_BID_MAGIC;
	if (fd >= 0)
		close(fd);
	out->size = is_raw ? (size_t)st.st_size : 0;
	return is_raw;
}

static size_t page_up(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	return (bytes + page - 1) / page * page;
}

/** File `i` counts as the one before it, in whole numbers: a product is rounded once for each file. */
static bool same_weight(const struct crew *crew, size_t i)
{
	const struct pgo_merge_weight *w = crew->weights;
	return !w || i == 0 || (w[i].factor <= 0 && w[i - 1].factor <= 0 && w[i].times == w[i - 1].times);
}

/** A batch hides which file something comes from. */
static bool may_batch(const struct crew *crew)
{
	const struct pgo_read_options *o = crew->options;
	return crew->inputs->count > 1 && !(crew->watch && crew->watch->profile) && o->max_lost <= 0 &&
	       (!o->format || strcmp(o->format, "raw") == 0);
}

/** Share the paths out. */
static size_t plan(const struct crew *crew, struct task *tasks)
{
	const struct pgo_inputs *inputs = crew->inputs;
	size_t count = 0;
	bool batches = may_batch(crew);
	size_t most = inputs->count / (2 * (THREADS_MOST + 1));
	most = most < BATCH_FILES_LEAST ? BATCH_FILES_LEAST : most > BATCH_FILES ? BATCH_FILES : most;
	struct raw_head last = {0}, head;
	for (size_t i = 0; i < inputs->count; i++) {
		bool is_raw = batches && read_raw_head(inputs->paths[i], &head);
		struct task *t = count ? &tasks[count - 1] : NULL;
		size_t bytes = is_raw ? page_up(head.size) : 0;
		if (t && is_raw && t->bytes && same_weight(crew, i) &&
		    memcmp(last.bytes, head.bytes, sizeof head.bytes) == 0 && t->count < BATCH_FILES &&
		    t->bytes + bytes <= BATCH_BYTES) {
			t->count++;
			t->bytes += bytes;
			continue;
		}
		/* zeroed already: errors are large, and are only touched when there is one */
		tasks[count].first = i;
		tasks[count].count = 1;
		tasks[count++].bytes = bytes;
		last = head;
	}
	return count;
}

/** Map the files of a batch, each from a page on. */
static void *map_batch(const struct crew *crew, const struct task *t, struct pgo_part parts[BATCH_FILES])
{
	unsigned char *all = mmap(NULL, t->bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t at = 0;
	bool failed = all == MAP_FAILED;
	for (size_t i = 0; i < t->count && !failed; i++) {
		struct stat st;
		int fd = open(crew->inputs->paths[t->first + i], O_RDONLY | O_CLOEXEC);
		failed = fd < 0 || fstat(fd, &st) != 0 || st.st_size <= 0 ||
			 page_up((size_t)st.st_size) > t->bytes - at ||
			 mmap(all + at, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) == MAP_FAILED;
		if (fd >= 0)
			close(fd);
		if (failed)
			break;
		parts[i] = (struct pgo_part){.start = at, .end = at + (size_t)st.st_size};
		at += page_up((size_t)st.st_size);
	}
	if (failed && all != MAP_FAILED)
		munmap(all, t->bytes);
	return failed ? NULL : all;
}

static void read_batch(struct crew *crew, struct task *t)
{
	struct pgo_part parts[BATCH_FILES];
	void *all = map_batch(crew, t, parts);
	if (!all)
		return;
	if (pgo_raw_read_parts(&t->profile, all, t->bytes, parts, t->count, &t->err) == PGO_OK &&
	    t->profile->warning_count > 0) {
		pgo_profile_free(t->profile);
		t->profile = NULL;
	}
}

/** The first one is the table the others are added to: it is read here, beside the others. */
static void open_task(struct crew *crew, struct task *t)
{
	struct pgo_read_options options = *crew->options;
	options.lazily = t->first > 0 && crew->merge && !(crew->watch && crew->watch->profile);
	pgo_profile_open_with(&t->profile, crew->inputs->paths[t->first], &options, &t->err);
}

static void read_task(struct crew *crew, struct task *t, bool batches)
{
	if (t->count == 1)
		open_task(crew, t);
	else if (batches)
		read_batch(crew, t);
}

static bool is_unread(const struct task *t)
{
	return t->profile && t->profile->settle;
}

/* Threads ---------------------------------------------------------------------------------------------------------- */

/** Read the next task, if there is one to be read now. Called and left with the lock held. @return false: there is none
 */
static bool read_next(struct crew *crew)
{
	size_t opened = crew->unread < PGO_MERGE_PARTS ? crew->unread : PGO_MERGE_PARTS;
	if (crew->stop || crew->next == crew->count || crew->next >= crew->added + crew->window + opened)
		return false;
	struct task *t = &crew->tasks[crew->next++];
	bool batches = !crew->no_batches;
	t->state = TASK_TAKEN;
	pthread_mutex_unlock(&crew->lock);
	read_task(crew, t, batches);
	pthread_mutex_lock(&crew->lock);
	t->state = TASK_DONE;
	crew->unread += is_unread(t);
	pthread_cond_broadcast(&crew->changed);
	return true;
}

static void *read_ahead(void *argument)
{
	struct crew *crew = argument;
	pthread_mutex_lock(&crew->lock);
	while (!crew->stop && crew->next < crew->count)
		if (!read_next(crew))
			pthread_cond_wait(&crew->changed, &crew->lock);
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

/** Wait for a task; read others meanwhile. */
static void await(struct crew *crew, struct task *t)
{
	pthread_mutex_lock(&crew->lock);
	while (t->state != TASK_DONE)
		if (!read_next(crew))
			pthread_cond_wait(&crew->changed, &crew->lock);
	pthread_mutex_unlock(&crew->lock);
}

/** `count` tasks from `first` on. */
static void done_with(struct crew *crew, size_t first, size_t count, size_t unread)
{
	for (size_t i = first; i < first + count; i++) {
		pgo_profile_free(crew->tasks[i].profile);
		crew->tasks[i].profile = NULL;
	}
	pthread_mutex_lock(&crew->lock);
	crew->added += count;
	crew->unread -= unread;
	pthread_cond_broadcast(&crew->changed);
	pthread_mutex_unlock(&crew->lock);
}

static void give_up_batches(struct crew *crew)
{
	pthread_mutex_lock(&crew->lock);
	crew->no_batches = true;
	pthread_mutex_unlock(&crew->lock);
}

/* Adding ----------------------------------------------------------------------------------------------------------- */

/** Profiles of files `first`, `first` + 1, ... */
static int add_profiles(const struct crew *crew, struct pgo_profile *const *profiles, size_t first, size_t count,
			struct pgo_error *err)
{
	struct pgo_indexed_item items[PGO_MERGE_PARTS];
	const struct pgo_inputs_watch *watch = crew->watch;
	size_t failed = 0;
	int rc = PGO_OK;
	for (size_t i = 0; i < count && rc == PGO_OK; i++) {
		items[i] = (struct pgo_indexed_item){.profile = profiles[i],
						     .name = crew->inputs->paths[first + i],
						     .weight = crew->weights ? &crew->weights[first + i] : NULL};
		if (watch && watch->profile)
			rc = watch->profile(watch->context, first + i, profiles[i], err);
		failed = i;
	}
	if (crew->merge && rc == PGO_OK)
		rc = pgo_indexed_merge(crew->merge, crew->walk, items, count, &failed, err);
	if (rc != PGO_OK) {
		const char *path = crew->inputs->paths[first + failed];
		pgo_error_path(err, strcmp(path, "-") == 0 ? "standard input" : path);
	}
	return rc;
}

/** A batch that could not be read at once. */
static int add_singly(const struct crew *crew, const struct task *t, struct pgo_error *err)
{
	int rc = PGO_OK;
	for (size_t i = t->first; i < t->first + t->count && rc == PGO_OK; i++) {
		struct pgo_profile *p = NULL;
		rc = pgo_profile_open_with(&p, crew->inputs->paths[i], crew->options, err);
		if (rc == PGO_OK)
			rc = add_profiles(crew, &p, i, 1, err);
		pgo_profile_free(p);
	}
	return rc;
}

static int add_task(struct crew *crew, const struct task *t, struct pgo_error *err)
{
	if (!t->profile && t->count > 1) {
		give_up_batches(crew);
		return add_singly(crew, t, err);
	}
	if (t->profile)
		return add_profiles(crew, &t->profile, t->first, 1, err);
	if (err && err->code == 0)
		*err = t->err;
	return t->err.code;
}

/** Tasks from `first` on, which is done, that are added at once: those that are opened only. At least 1. */
static size_t await_unread(struct crew *crew, size_t first)
{
	size_t count = 0, bytes = 0;
	while (count < PGO_MERGE_PARTS && first + count < crew->count) {
		struct task *t = &crew->tasks[first + count];
		await(crew, t);
		if (!is_unread(t) || (bytes += t->profile->input_length) > UNREAD_BYTES)
			break;
		count++;
	}
	return count ? count : 1;
}

static int add_unread(const struct crew *crew, size_t first, size_t count, struct pgo_error *err)
{
	struct pgo_profile *profiles[PGO_MERGE_PARTS];
	for (size_t i = 0; i < count; i++)
		profiles[i] = crew->tasks[first + i].profile;
	return add_profiles(crew, profiles, crew->tasks[first].first, count, err);
}

static int add_all(struct crew *crew, struct pgo_error *err)
{
	const struct pgo_inputs_watch *watch = crew->watch;
	pthread_t threads[THREADS_MOST];
	size_t started = 0;
	unsigned processors = pgo_processors();
	int rc = PGO_OK;
	pthread_mutex_lock(&crew->lock);
	/* this thread reads too; without a second one it reads all */
	while (started + 1 < crew->count && started + 1 < processors && started < THREADS_MOST &&
	       pgo_thread_start(&threads[started], read_ahead, crew) == 0)
		started++;
	crew->window = started + 2;
	pthread_mutex_unlock(&crew->lock);
	for (size_t i = 0, count; i < crew->count && rc == PGO_OK; i += count) {
		count = await_unread(crew, i);
		const struct task *t = &crew->tasks[i], *last = &crew->tasks[i + count - 1];
		bool unread = is_unread(t);
		rc = unread ? add_unread(crew, i, count, err) : add_task(crew, t, err);
		if (rc == PGO_OK && watch && watch->progress)
			watch->progress(watch->context, last->first + last->count, crew->inputs->count);
		done_with(crew, i, count, unread ? count : 0);
	}
	pthread_mutex_lock(&crew->lock);
	crew->stop = true;
	pthread_cond_broadcast(&crew->changed);
	pthread_mutex_unlock(&crew->lock);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < crew->count; i++)
		pgo_profile_free(crew->tasks[i].profile);
	return rc;
}

int pgo_inputs_add(struct pgo_merge *merge, const struct pgo_inputs *inputs, const struct pgo_read_options *options,
		   const struct pgo_merge_weight *weights, const struct pgo_inputs_watch *watch, struct pgo_error *err)
{
	struct pgo_read_options plain = options ? *options : (struct pgo_read_options){0};
	struct crew crew = {.inputs = inputs, .options = &plain, .weights = weights, .watch = watch, .merge = merge};
	plain.lazily = false;
	crew.tasks = calloc(inputs->count, sizeof *crew.tasks);
	crew.walk = calloc(1, sizeof *crew.walk);
	if (!crew.tasks || !crew.walk) {
		free(crew.tasks);
		free(crew.walk);
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	}
	crew.count = plan(&crew, crew.tasks);
	pthread_mutex_init(&crew.lock, NULL);
	pthread_cond_init(&crew.changed, NULL);
	int rc = add_all(&crew, err);
	pthread_cond_destroy(&crew.changed);
	pthread_mutex_destroy(&crew.lock);
	free(crew.tasks);
	pgo_merge_walk_release(crew.walk);
	free(crew.walk);
	return rc;
}

int pgo_inputs_open(struct pgo_profile **out, const char *argument, const struct pgo_read_options *options,
		    struct pgo_error *err)
{
	struct pgo_inputs inputs;
	struct pgo_merge *merge = NULL;
	int rc = pgo_inputs_find(&inputs, argument, err);
	if (rc != PGO_OK)
		return rc;
	if (inputs.count == 1) {
		rc = pgo_profile_open_with(out, inputs.paths[0], options, err);
		pgo_inputs_release(&inputs);
		return rc;
	}
	rc = pgo_merge_new(&merge, err);
	if (rc == PGO_OK)
		rc = pgo_inputs_add(merge, &inputs, options, NULL, NULL, err);
	if (rc == PGO_OK)
		rc = pgo_merge_finish(merge, out, err);
	pgo_merge_free(merge);
	pgo_inputs_release(&inputs);
	return rc;
}
