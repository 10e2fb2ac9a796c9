// SPDX-License-Identifier: MIT
/*
 * Shared virtual memory of nouveau: what a process has to know is that memory
 * on the GPU is its memory, whatever it does with it.
 */
#include "igt.h"

#include "nouveau_svm.h"
#include "ns_stage.h"

IGT_TEST_DESCRIPTION("Shared virtual memory of nouveau");

int igt_main()
{
	igt_fixture()
		igt_require_f(ns_stage_node(0), "# nouveau drives no GPU\n");

	igt_case_groups(ns_args_groups);
	igt_case_groups(ns_migrate_groups);
	igt_case_groups(ns_kind_groups);
	igt_case_groups(ns_uffd_groups);
	igt_case_groups(ns_turn_groups);
	igt_case_groups(ns_mm_groups);
	igt_case_groups(ns_traffic_groups);
	igt_case_groups(ns_client_groups);
	igt_case_groups(ns_vram_groups);
	igt_case_groups(ns_gpus_groups);
	/* The last ones, as they take the GPU away from all others. */
	igt_case_groups(ns_unbind_groups);

	igt_fixture()
		ns_stage_drop();
}
