/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reports/json_util.h"

static char *printed(struct pgo_json root)
{
	char *text = NULL;
	size_t length;
	struct pgo_error err = {0};
	FILE *out = open_memstream(&text, &length);
	assert_int_equal(pgo_json_row(out, root, true, &err), PGO_OK);
	fclose(out);
	json_object_put(root.at);
	return text;
}

static void doubles_read_back(void **state)
{
	(void)state;
	/* a walk over bit patterns of all magnitudes, and the awkward ones */
	static const double awkward[] = {0.1,  1.0 / 3,	   5e-324, 1.7976931348623157e308, 0.30000000000000004,
					 1e22, 123456789.0};
	uint64_t bits = UINT64_C(0x9e3779b97f4a7c15);
	for (int i = 0; i < 2000; i++) {
		double value;
		bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		memcpy(&value, &bits, sizeof value);
		if (i < (int)(sizeof awkward / sizeof awkward[0]))
			value = awkward[i];
		if (!isfinite(value))
			continue;
		bool failed = false;
		struct pgo_json root = pgo_json_root(&failed);
		pgo_json_double(root, "x", value);
		char *text = printed(root);
		json_object *read = json_tokener_parse(text + strspn(text, "\n "));
		json_object *x = json_object_object_get(read, "x");
		assert_true(json_object_is_type(x, json_type_double));
		double got = json_object_get_double(x);
		assert_memory_equal(&got, &value, sizeof value);
		json_object_put(read);
		free(text);
	}
}

static void special_values(void **state)
{
	(void)state;
	bool failed = false;
	struct pgo_json root = pgo_json_root(&failed);
	pgo_json_double(root, "nan", NAN);
	pgo_json_double(root, "infinite", INFINITY);
	pgo_json_double(root, "minus_zero", -0.0);
	pgo_json_double(root, "one", 1);
	pgo_json_double(root, "small", 1e-05);
	pgo_json_optional(root, "absent", (struct pgo_optional){false, 3});
	pgo_json_optional(root, "present", (struct pgo_optional){true, 3});
	pgo_json_u64(root, "most", UINT64_MAX);
	pgo_json_u128(root, "sum", ~(pgo_u128)0);
	pgo_json_hash(root, "hash", 0xabc);
	pgo_json_text(root, "no_text", NULL);
	char *text = printed(root);
	assert_string_equal(text,
			    "\n    {\"nan\":null,\"infinite\":null,\"minus_zero\":0.0,\"one\":1.0,\"small\":1e-05,"
			    "\"absent\":null,\"present\":3.0,\"most\":18446744073709551615,"
			    "\"sum\":\"340282366920938463463374607431768211455\",\"hash\":\"0000000000000abc\","
			    "\"no_text\":null}");
	free(text);
}

static void names_become_utf8(void **state)
{
	(void)state;
	bool failed = false;
	struct pgo_json root = pgo_json_root(&failed);
	pgo_json_text(root, "a", "\001_Zx\"\\\n\033/");
	pgo_json_text(root, "b", "x\xff\xc3(\xe2\x82");
	pgo_json_text(root, "c", "größe €");
	char *text = printed(root);
	assert_string_equal(text, "\n    {\"a\":\"\\u0001_Zx\\\"\\\\\\n\\u001b/\","
				  "\"b\":\"x\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\",\"c\":\"größe €\"}");
	free(text);
}

static void an_open_document_takes_rows(void **state)
{
	(void)state;
	bool failed = false;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	struct pgo_json root = pgo_json_root(&failed), row = pgo_json_root(&failed);
	pgo_json_bool(root, "yes", true);
	pgo_json_bool(row, "no", false);
	assert_int_equal(pgo_json_print(out, root, true, NULL), PGO_OK);
	pgo_json_rows_begin(out, "rows");
	assert_int_equal(pgo_json_row(out, row, true, NULL), PGO_OK);
	assert_int_equal(pgo_json_row(out, row, false, NULL), PGO_OK);
	pgo_json_rows_end(out);
	fclose(out);
	assert_string_equal(text,
			    "{\n  \"yes\": true,\n  \"rows\": [\n    {\"no\":false},\n    {\"no\":false}\n  ]\n}\n");
	json_object_put(root.at);
	json_object_put(row.at);
	free(text);
}

static void a_failure_is_remembered(void **state)
{
	(void)state;
	bool failed = false;
	struct pgo_error err = {0};
	struct pgo_json root = pgo_json_root(&failed);
	failed = true; /* as after a failed allocation */
	pgo_json_double(root, "x", 1);
	assert_int_equal(json_object_object_length(root.at), 0);
	assert_int_equal(pgo_json_print(stdout, root, false, &err), PGO_ENOMEM);
	assert_string_equal(err.message, "out of memory");
	json_object_put(root.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(doubles_read_back),	   cmocka_unit_test(special_values),
		cmocka_unit_test(names_become_utf8),	   cmocka_unit_test(an_open_document_takes_rows),
		cmocka_unit_test(a_failure_is_remembered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
