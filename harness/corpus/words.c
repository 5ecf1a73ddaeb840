/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/corpus/corpus.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int string_list_push(struct string_list *list, const char *item)
{
	/* Capacity is implied: room grows when the count (with its NULL) reaches a power of two. */
	size_t used = list->count + 1;
	if (!list->items || (used >= 4 && (used & (used - 1)) == 0)) {
		size_t room = list->items ? used * 2 : 4;
		char **items = realloc(list->items, room * sizeof *items);
		if (!items)
			return -1;
		list->items = items;
	}
	char *copy = strdup(item);
	list->items[list->count] = NULL;
	if (!copy)
		return -1;
	list->items[list->count++] = copy;
	list->items[list->count] = NULL;
	return 0;
}

void string_list_release(struct string_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	list->items = NULL;
	list->count = 0;
}

/* One word from `*text` into `word` (as long as the text); true when there was one. *open: the quote that never closed.
 */
static bool next_word(const char **text, char *word, char *open)
{
	const char *p = *text;
	size_t n = 0;
	bool any = false;
	char quote = 0;
	while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
		p++;
	for (; *p; p++) {
		if (!quote && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
			break;
		any = true;
		if (quote == '\'') {
			if (*p == '\'')
				quote = 0;
			else
				word[n++] = *p;
		} else if (*p == '\\' && p[1] && (!quote || strchr("\"\\$`\n", p[1]))) {
			p++;
			if (*p != '\n')
				word[n++] = *p;
		} else if (*p == quote && quote) {
			quote = 0;
		} else if (!quote && (*p == '\'' || *p == '"')) {
			quote = *p;
		} else {
			word[n++] = *p;
		}
	}
	word[n] = 0;
	*text = p;
	*open = quote;
	return any;
}

int string_list_split(struct string_list *out, const char *text, struct pgo_error *err)
{
	struct string_list list = {0};
	int rc = PGO_OK;
	char open = 0;
	const char *rest = text;
	char *word = malloc(strlen(text) + 1);
	if (!word)
		return pgo_error_set(err, PGO_ENOMEM, "out of memory");
	while (next_word(&rest, word, &open)) {
		if (open) {
			rc = pgo_error_set(err, PGO_EINVAL, "quote %c is never closed in '%.200s'", open, text);
			goto done;
		}
		if (string_list_push(&list, word)) {
			rc = pgo_error_set(err, PGO_ENOMEM, "out of memory");
			goto done;
		}
	}
	*out = list;
	list = (struct string_list){0};
done:
	string_list_release(&list);
	free(word);
	return rc;
}

/* The value of the placeholder that starts at `text` ("{name}"), and the length of the placeholder; NULL: none. */
static const char *placeholder_at(const char *text, const struct placeholders *v, size_t *length)
{
	const struct {
		const char *name, *value;
	} table[] = {
		{"{binary}", v->binary},     {"{corpus}", v->corpus},	{"{scratch}", v->scratch},
		{"{source}", v->source},     {"{out}", v->out},		{"{cflags}", v->cflags},
		{"{cxxflags}", v->cxxflags}, {"{ldflags}", v->ldflags}, {"{cc}", v->cc},
		{"{cxx}", v->cxx},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		size_t n = strlen(table[i].name);
		if (table[i].value && strncmp(text, table[i].name, n) == 0) {
			*length = n;
			return table[i].value;
		}
	}
	return NULL;
}

char *placeholders_expand(const char *text, const struct placeholders *values)
{
	size_t total = 1, n = 0, length;
	const char *value;
	for (const char *p = text; *p; p += n, total += value ? strlen(value) : 1)
		n = (value = *p == '{' ? placeholder_at(p, values, &length) : NULL) ? length : 1;
	char *out = malloc(total), *to = out;
	if (!out)
		return NULL;
	for (const char *p = text; *p; p += n) {
		value = *p == '{' ? placeholder_at(p, values, &length) : NULL;
		n = value ? length : 1;
		size_t m = value ? strlen(value) : 1;
		memcpy(to, value ? value : p, m);
		to += m;
	}
	*to = 0;
	return out;
}

int placeholders_expand_list(struct string_list *out, const struct string_list *in, const struct placeholders *values)
{
	struct string_list list = {0};
	for (size_t i = 0; i < in->count; i++) {
		char *item = placeholders_expand(in->items[i], values);
		int failed = !item || string_list_push(&list, item);
		free(item);
		if (failed) {
			string_list_release(&list);
			return -1;
		}
	}
	*out = list;
	return 0;
}
