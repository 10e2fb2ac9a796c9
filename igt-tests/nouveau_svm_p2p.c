// SPDX-License-Identifier: MIT
/*
 * Memory of a process in VRAM, which an RDMA device reads and writes there while
 * the GPU and the CPU do the same: all see the same content at any time.
 */
#include "igt.h"

#include "nouveau_svm_p2p.h"
#include "np_stage.h"

IGT_TEST_DESCRIPTION("Peer-to-peer access to shared virtual memory of nouveau");

int igt_main()
{
	igt_fixture() {
		igt_require_f(ns_stage_node(0), "# nouveau drives no GPU\n");
		igt_require_f(np_stage_have_hca(), "# there is no mlx5_0\n");
	}

	igt_case_groups(np_order_groups);
	igt_case_groups(np_window_groups);
	igt_case_groups(np_traffic_groups);

	igt_fixture()
		np_stage_drop();
}
