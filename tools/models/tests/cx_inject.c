// SPDX-License-Identifier: GPL-2.0-or-later
/* Faults on demand: completions, page fault resumes, translations, health. */
#include <errno.h>
#include <stdlib.h>

#include "connectx/cx_init_seg.h"
#include "connectx/cx_inject.h"
#include "connectx/cx_wqe.h"
#include "tests/cx_pair.h"

static int setup(void **state)
{
	*state = tpair_new_rc("", "", false);
	return 0;
}

/* A command of the control socket; its status, and its answer as a number. */
static int control(struct hca *hca, uint64_t *number, const char *line)
{
	char *answer = NULL;
	int ret = fake_control(hca->dev, line, &answer);

	if (number)
		*number = strtoull(answer, NULL, 0);
	free(answer);
	return ret;
}

static void inject(struct hca *hca, const char *what)
{
	char text[64];

	snprintf(text, sizeof(text), "inject %s", what);
	assert_int_equal(control(hca, NULL, text), 0);
}

static void write_some(struct tpair *e, uint64_t off, uint32_t len)
{
	struct tsge sge = tmr_sge(&e->ma, off, len);

	tqp_post(&e->qa, CX_OP_WRITE, e->mb.va + off, e->mb.key, 0, &sge, 1);
}

static void test_arguments(void **state)
{
	static const char *const bad[] = {
		"inject", "inject drop-cqe", "inject drop-cqe x",
		"inject drop-cqe 1 2", "inject drop-cqe 1000001",
		"inject delay-cqe 60001", "inject stop-health 2",
		"inject no-such-thing 1", "forget 1 2", "forget 1 2 0",
		"forget 0x100000000 0 1", "forget 1 0xffffffffffffffff 2",
		"forget 1 0 0x80000000",
	};
	struct tpair *e = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(control(e->a, NULL, bad[i]), -EINVAL);
	assert_int_equal(control(e->a, NULL, "forget 0x7fffff00 0 1"), -EACCES);
}

static void test_drop_cqe(void **state)
{
	struct tpair *e = *state;

	tmr_map(&e->mb, 0, 256, 3);
	inject(e->a, "drop-cqe 2");
	for (int i = 0; i < 3; i++)
		write_some(e, i * 4096, 4096);
	tcq_expect(&e->cqa, 0, 0);
	assert_null(tcq_poll(&e->cqa));
	assert_memory_equal(e->mb.mem, e->ma.mem, 3 * 4096);
	assert_int_equal(hca_counter(e->a, "inject.cqes_dropped"), 2);
}

static void test_double_cqe(void **state)
{
	struct tpair *e = *state;
	const uint8_t *c;
	uint8_t first[64];

	tmr_map(&e->mb, 0, 256, 3);
	inject(e->a, "double-cqe 1");
	write_some(e, 0, 100);
	write_some(e, 4096, 100);
	c = tcq_poll(&e->cqa);
	assert_non_null(c);
	memcpy(first, c, 64);
	c = tcq_poll(&e->cqa);
	assert_non_null(c);
	/* the same but for the time stamp: WQE, QP, opcode */
	assert_memory_equal(c + 0x38, first + 0x38, 6);
	c = tcq_poll(&e->cqa);
	assert_non_null(c);
	assert_memory_not_equal(c + 0x3c, first + 0x3c, 2);
	assert_null(tcq_poll(&e->cqa));
	assert_int_equal(hca_counter(e->a, "inject.cqes_doubled"), 1);
}

static void test_delayed_cqes_stay_in_order(void **state)
{
	struct tpair *e = *state;
	uint16_t wqe[3];

	tmr_map(&e->mb, 0, 256, 3);
	inject(e->a, "delay-cqe 300");
	write_some(e, 0, 100);
	write_some(e, 4096, 100);
	fake_run_ms(e->h, 20);
	assert_null(tcq_poll(&e->cqa));
	assert_int_equal(e->mb.mem[4096], e->ma.mem[4096]);
	inject(e->a, "delay-cqe 0");
	write_some(e, 8192, 100);	/* may not overtake */
	fake_run_ms(e->h, 20);
	assert_null(tcq_poll(&e->cqa));
	fake_run_ms(e->h, 500);
	for (int i = 0; i < 3; i++) {
		const uint8_t *c = tcq_poll(&e->cqa);

		assert_non_null(c);
		wqe[i] = cx_be16(c + 0x3c);
	}
	assert_true(wqe[0] < wqe[1] && wqe[1] < wqe[2]);
	assert_int_equal(hca_counter(e->a, "inject.cqes_delayed"), 3);
}

/* A driver takes the completions of a queue out and expects no more of it. */
static void delayed_then(struct tpair *e, uint16_t opcode)
{
	tmr_map(&e->mb, 0, 256, 3);
	inject(e->a, "delay-cqe 60000");
	write_some(e, 0, 100);
	write_some(e, 4096, 100);
	assert_null(tcq_poll(&e->cqa));
	assert_int_equal(tqp_modify(&e->qa, opcode, NULL), 0);
	tcq_expect(&e->cqa, 0, 0);
	tcq_expect(&e->cqa, 0, 0);
	assert_null(tcq_poll(&e->cqa));
}

static void test_delayed_cqes_before_reset_of_a_qp(void **state)
{
	delayed_then(*state, MLX5_CMD_OP_2RST_QP);
}

static void test_delayed_cqes_before_end_of_a_qp(void **state)
{
	delayed_then(*state, MLX5_CMD_OP_DESTROY_QP);
}

static void test_reset_forgets_what_is_delayed(void **state)
{
	struct tpair *e = *state;

	tmr_map(&e->mb, 0, 256, 3);
	inject(e->a, "delay-cqe 50");
	write_some(e, 0, 100);
	fake_run(e->h);
	cx_reset(e->a->cx);
	fake_run_ms(e->h, 100);
	assert_int_equal(hca_counter(e->a, "queue.cqes"), 0);
	assert_int_equal(e->a->cx->inject.delay_cqe_ns, 0);
}

static void test_fail_resume(void **state)
{
	struct tpair *e = *state;

	inject(e->b, "fail-resume 1");
	write_some(e, 0, 100);
	tmr_map(&e->mb, 0, 1, 3);
	hca_resume(e->b, hca_page_fault(e->b), false);
	tcq_expect(&e->cqa, 13, CX_SYN_REMOTE_ACCESS);
	assert_int_equal(e->mb.mem[0], 0xee);
	assert_int_equal(hca_counter(e->b, "inject.resumes_failed"), 1);
}

static void test_ignore_resume(void **state)
{
	struct tpair *e = *state;
	const uint8_t *ev;

	inject(e->b, "ignore-resume 1");
	write_some(e, 0, 100);
	tmr_map(&e->mb, 0, 1, 3);
	ev = hca_page_fault(e->b);
	assert_int_equal(hca_resume(e->b, ev, false), 0);
	fake_run_ms(e->h, 300);
	assert_null(tcq_poll(&e->cqa));
	assert_null(hca_page_fault(e->b));
	hca_resume(e->b, ev, false);	/* a driver that asks again is heard */
	tcq_expect(&e->cqa, 0, 0);
	assert_int_equal(hca_counter(e->b, "inject.resumes_ignored"), 1);
}

static void test_repeat_fault(void **state)
{
	struct tpair *e = *state;
	const uint8_t *ev;
	uint64_t token = 0;

	inject(e->b, "repeat-fault 2");
	write_some(e, 0, 5000);
	tmr_map(&e->mb, 0, 2, 3);
	for (int i = 0; i < 3; i++) {
		ev = hca_page_fault(e->b);
		assert_non_null(ev);
		assert_int_not_equal(cx_be32(ev + 32 + 8), token);
		token = cx_be32(ev + 32 + 8);
		assert_int_equal(cx_be32(ev + 32 + 12), 2 << 12);
		assert_int_equal(cx_be32(ev + 32 + 16), e->mb.key);
		assert_null(tcq_poll(&e->cqa));
		hca_resume(e->b, ev, false);
	}
	tcq_expect(&e->cqa, 0, 0);
	assert_memory_equal(e->mb.mem, e->ma.mem, 5000);
	assert_int_equal(hca_counter(e->b, "inject.faults_repeated"), 2);
}

static int reset_meanwhile(void *arg, bool write, uint64_t addr, void *buf,
			   size_t len)
{
	(void)write;
	(void)addr;
	(void)buf;
	(void)len;
	fake_reset(arg);
	return 0;
}

/* The event of the second fault waits for the VMM, which resets the device. */
static void test_repeat_fault_meets_reset(void **state)
{
	struct tpair *e = *state;
	uint8_t event[64];

	inject(e->b, "repeat-fault 1");
	write_some(e, 0, 100);
	memcpy(event, hca_page_fault(e->b), sizeof(event));
	fake_unmap(e->h, e->b->pf_buf, 4096);
	fake_set_dma(e->h, reset_meanwhile, e->b->dev);
	hca_resume(e->b, event, false);
	fake_run_ms(e->h, 20);
	assert_int_equal(hca_counter(e->b, "inject.faults_repeated"), 1);
	assert_int_equal(hca_counter(e->b, "odp.resume_error"), 0);
	assert_int_equal(hca_counter(e->b, "odp.resume_ok"), 0);
}

static void test_forget(void **state)
{
	struct tpair *e = *state;
	char text[80];
	uint64_t n;

	tmr_map(&e->mb, 0, 8, 3);
	snprintf(text, sizeof(text), "forget %u %llu %u", e->mb.key,
		 (unsigned long long)e->mb.va + 2 * 4096 + 100, 4096);
	assert_int_equal(control(e->b, &n, text), 0);
	assert_int_equal(n, 2);
	assert_int_equal(control(e->b, &n, text), 0);
	assert_int_equal(n, 0);
	assert_int_equal(hca_counter(e->b, "inject.translations_forgotten"), 2);
	write_some(e, 0, 2 * 4096);
	tcq_expect(&e->cqa, 0, 0);
	write_some(e, 4 * 4096, 4 * 4096);
	tcq_expect(&e->cqa, 0, 0);
	write_some(e, 2 * 4096, 4096);
	assert_non_null(hca_page_fault(e->b));
}

static void test_stop_health(void **state)
{
	struct tpair *e = *state;
	uint64_t before, then;

	inject(e->a, "stop-health 1");
	before = cx_init_seg_read(e->a->cx, 0x1010, 4);
	fake_run_ms(e->h, 250);
	assert_int_equal(cx_init_seg_read(e->a->cx, 0x1010, 4), before);
	inject(e->a, "stop-health 0");
	then = cx_init_seg_read(e->a->cx, 0x1010, 4);
	assert_int_not_equal(then, before);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, tpair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_arguments),
		T(test_drop_cqe),
		T(test_double_cqe),
		T(test_delayed_cqes_stay_in_order),
		T(test_delayed_cqes_before_reset_of_a_qp),
		T(test_delayed_cqes_before_end_of_a_qp),
		T(test_reset_forgets_what_is_delayed),
		T(test_fail_resume),
		T(test_ignore_resume),
		T(test_repeat_fault),
		T(test_repeat_fault_meets_reset),
		T(test_forget),
		T(test_stop_health),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
