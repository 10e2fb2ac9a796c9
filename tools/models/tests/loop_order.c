// SPDX-License-Identifier: GPL-2.0-or-later
/* Work, timers and file descriptors of the event loop. */
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "tests/fake_host.h"

#define T(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

static struct loop *loop;
static char order[64];

struct job {
	struct loop_work work;
	struct loop_timer timer;
	char letter;
	unsigned int again;
};

static int setup(void **state)
{
	(void)state;
	loop = loop_create();
	memset(order, 0, sizeof(order));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	loop_destroy(loop);
	return 0;
}

static void note(char letter)
{
	size_t len = strlen(order);

	assert_true(len + 1 < sizeof(order));
	order[len] = letter;
}

static void run_job(struct loop_work *work)
{
	struct job *job = pci_container_of(work, struct job, work);

	note(job->letter);
	if (job->again) {
		job->again--;
		loop_work_queue(loop, work);
	}
}

static void run_timer(struct loop_timer *timer)
{
	struct job *job = pci_container_of(timer, struct job, timer);

	note(job->letter);
	if (job->again) {
		job->again--;
		loop_timer_arm(loop, timer, 0);
	}
}

static struct job job(char letter, unsigned int again)
{
	return (struct job) { .work.fn = run_job, .timer.fn = run_timer,
			      .letter = letter, .again = again };
}

static void drain(void)
{
	while (!loop_idle(loop))
		loop_run_once(loop, 0);
}

static void test_work_in_order(void **state)
{
	struct job a = job('a', 2), b = job('b', 0);

	(void)state;
	loop_work_queue(loop, &a.work);
	loop_work_queue(loop, &b.work);
	loop_work_queue(loop, &a.work);
	drain();
	assert_string_equal(order, "abaa");
}

static void test_cancelled_work(void **state)
{
	struct job a = job('a', 0), b = job('b', 0), c = job('c', 0);

	(void)state;
	loop_work_queue(loop, &a.work);
	loop_work_queue(loop, &b.work);
	loop_work_queue(loop, &c.work);
	loop_work_cancel(loop, &c.work);
	loop_work_cancel(loop, &a.work);
	loop_work_cancel(loop, &a.work);
	loop_work_queue(loop, &a.work);
	drain();
	assert_string_equal(order, "ba");
}

static void test_timers_by_time(void **state)
{
	struct job a = job('a', 0), b = job('b', 0), c = job('c', 0);
	uint64_t start = loop_now_ns();

	(void)state;
	loop_timer_arm(loop, &a.timer, 20000000);
	loop_timer_arm(loop, &b.timer, 10000000);
	loop_timer_arm(loop, &c.timer, 15000000);
	loop_timer_cancel(loop, &c.timer);
	while (strlen(order) < 2)
		loop_run_once(loop, -1);
	assert_string_equal(order, "ba");
	assert_true(loop_now_ns() - start >= 20000000);
}

static void test_rearmed_timer(void **state)
{
	struct job a = job('a', 0), b = job('b', 0);

	(void)state;
	loop_timer_arm(loop, &a.timer, 1000000);
	loop_timer_arm(loop, &b.timer, 2000000);
	loop_timer_arm(loop, &a.timer, 3000000);
	while (strlen(order) < 2)
		loop_run_once(loop, -1);
	assert_string_equal(order, "ba");
}

/* It would otherwise keep the loop from everything else. */
static void test_timer_without_delay_takes_turns(void **state)
{
	struct job a = job('a', 5);

	(void)state;
	loop_timer_arm(loop, &a.timer, 0);
	loop_run_once(loop, 0);
	assert_in_range(strlen(order), 0, 1);
}

static struct loop_fd ends[2];

static void read_one(struct loop_fd *lfd, short revents)
{
	char c;

	(void)revents;
	assert_int_equal(read(lfd->fd, &c, 1), 1);
	note(c);
}

static void read_and_delete_both(struct loop_fd *lfd, short revents)
{
	read_one(lfd, revents);
	loop_fd_del(loop, &ends[0]);
	loop_fd_del(loop, &ends[1]);
}

static void test_deleted_while_served(void **state)
{
	int p[2], q[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(pipe(q), 0);
	ends[0] = (struct loop_fd) { .fd = p[0], .events = POLLIN,
				     .fn = read_and_delete_both };
	ends[1] = ends[0];
	ends[1].fd = q[0];
	loop_fd_add(loop, &ends[0]);
	loop_fd_add(loop, &ends[1]);
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_int_equal(write(q[1], "x", 1), 1);
	loop_run_once(loop, 0);
	loop_run_once(loop, 0);
	assert_string_equal(order, "x");
	close(p[0]);
	close(p[1]);
	close(q[0]);
	close(q[1]);
}

/* Adds the descriptor itself, so that no earlier poll can have served it. */
static void serve_in_work(struct loop_work *work)
{
	(void)work;
	note('(');
	loop_fd_add(loop, &ends[0]);
	loop_serve_fds(loop, 1000);
	loop_fd_del(loop, &ends[0]);
	note(')');
}

/* While a work waits, file descriptors are served, other work is not. */
static void test_serving_inside_work(void **state)
{
	struct job other = job('o', 0);
	struct loop_work wait = { .fn = serve_in_work };
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	ends[0] = (struct loop_fd) { .fd = p[0], .events = POLLIN,
				     .fn = read_one };
	assert_int_equal(write(p[1], "x", 1), 1);
	loop_work_queue(loop, &wait);
	loop_work_queue(loop, &other.work);
	drain();
	assert_string_equal(order, "(x)o");
	close(p[0]);
	close(p[1]);
}

/* Nothing comes: the wait ends by time. */
static void test_serving_times_out(void **state)
{
	uint64_t start = loop_now_ns();

	(void)state;
	loop_serve_fds(loop, 20);
	assert_in_range(loop_now_ns() - start, 20000000, 2000000000);
}

static void stop_loop(struct loop_work *work)
{
	(void)work;
	note('s');
	loop_stop(loop);
}

static void test_stop(void **state)
{
	struct loop_work stop = { .fn = stop_loop };
	struct job after = job('a', 0);

	(void)state;
	loop_work_queue(loop, &stop);
	loop_work_queue(loop, &after.work);
	loop_run(loop);
	assert_string_equal(order, "s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_work_in_order),
		T(test_cancelled_work),
		T(test_timers_by_time),
		T(test_rearmed_timer),
		T(test_timer_without_delay_takes_turns),
		T(test_deleted_while_served),
		T(test_serving_inside_work),
		T(test_serving_times_out),
		T(test_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
