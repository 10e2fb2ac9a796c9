// SPDX-License-Identifier: GPL-2.0-or-later
/* The control socket of a machine with two teaching devices. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/control.h"
#include "tests/fake_edu.h"
#include "tests/fake_host.h"

#define T(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

static struct machine machine;
static struct topology_device *devices;
static struct control *control;
static char dir[64], path[96];
static int fd;
static char answer[65536];

/* ---- a device with commands ---- */

static int edu_control(struct pci_dev *dev, int argc, char **argv, FILE *out)
{
	struct fake_edu *edu = pci_container_of(dev, struct fake_edu, dev);

	if (!strcmp(argv[0], "scratch")) {
		if (argc != 2)
			return -EINVAL;
		edu->scratch = strtoull(argv[1], NULL, 0);
		fprintf(out, "%d", argc);
		return 0;
	}
	return -ENOSYS;
}

static struct pci_dev_ops ops;
static const char *const control_help[] = { "scratch N: set it", NULL };
static const struct stat_desc edu_stats[] = {
	STAT_DESC(struct fake_edu, dma_len, "edu.dma_len"),
	{ }
};

static struct pci_dev *edu_create(const char *name, struct loop *loop,
				  struct model_params *params)
{
	struct fake_edu *edu = fake_edu_new(name, loop, EDU_MSI,
					    model_param_size(params, "ram",
							     4096));

	ops = *edu->dev.ops;
	ops.control = edu_control;
	ops.control_help = control_help;
	edu->dev.ops = &ops;
	edu->dev.stats = edu_stats;
	edu->dev.stats_base = edu;
	return &edu->dev;
}

static const struct model edu_model = { .name = "edu", .create = edu_create };
static const struct model *const models[] = { &edu_model, NULL };

/* ---- fixture ---- */

static int connect_to(const char *to)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(addr.sun_path, to);
	assert_int_equal(connect(s, (struct sockaddr *)&addr, sizeof(addr)),
			 0);
	return s;
}

static struct topology_device *load(const char *text)
{
	char file[] = "/tmp/topology.XXXXXX";
	int f = mkstemp(file);
	struct topology_device *list;

	assert_int_equal(write(f, text, strlen(text)), (ssize_t)strlen(text));
	close(f);
	list = topology_load(file);
	unlink(file);
	return list;
}

static int setup(void **state)
{
	(void)state;
	memset(&machine, 0, sizeof(machine));
	strcpy(dir, "/tmp/control.XXXXXX");
	assert_non_null(mkdtemp(dir));
	devices = load("device a edu\ndevice b edu ram=8K\n");
	assert_true(machine_build(&machine, models, devices, dir));
	snprintf(path, sizeof(path), "%s/control.sock", dir);
	control = control_create(&machine, path);
	assert_non_null(control);
	fd = connect_to(path);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(fd);
	control_destroy(control);
	machine_destroy(&machine);
	topology_free(devices);
	assert_int_equal(rmdir(dir), 0);
	return 0;
}

static void say(const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), 0),
			 (ssize_t)strlen(text));
}

/* The next line of the answer. */
static const char *hear(void)
{
	uint64_t end = loop_now_ns() + 5000000000ull;
	size_t len = 0;

	do {
		ssize_t got = recv(fd, answer + len, 1, MSG_DONTWAIT);

		assert_true(got != 0 && loop_now_ns() < end);
		if (got < 0)
			loop_run_once(machine.loop, 1);
		else
			len++;
		assert_true(len < sizeof(answer));
	} while (!len || answer[len - 1] != '\n');
	answer[len - 1] = '\0';
	return answer;
}

static const char *ask(const char *text)
{
	say(text);
	return hear();
}

/* ---- tests ---- */

static void test_devices(void **state)
{
	(void)state;
	assert_string_equal(ask("devices\n"), "{\"ok\":true,\"result\":["
		"{\"name\":\"a\",\"model\":\"edu\",\"id\":\"1b36:00ed\","
		"\"connected\":false},"
		"{\"name\":\"b\",\"model\":\"edu\",\"id\":\"1b36:00ed\","
		"\"connected\":false}]}");
}

static void test_counters(void **state)
{
	struct pci_dev *dev = machine_find(&machine, "b")->dev;

	(void)state;
	dev->stat_dma_read = 77;
	pci_container_of(dev, struct fake_edu, dev)->dma_len = 5;
	ask("counters b\n");
	assert_non_null(strstr(answer, "\"pci.dma_read_bytes\":77,"));
	assert_non_null(strstr(answer, "\"vu.messages\":0,"));
	assert_non_null(strstr(answer, "\"edu.dma_len\":5}"));
	ask("counters\n");
	assert_memory_equal(answer, "{\"ok\":true,\"result\":{\"a\":{", 26);
	assert_non_null(strstr(answer, "\"b\":{\"pci.dma_read_bytes\":77,"));
}

static void test_counters_reset(void **state)
{
	struct pci_dev *a = machine_find(&machine, "a")->dev;
	struct pci_dev *b = machine_find(&machine, "b")->dev;

	(void)state;
	a->stat_irq = b->stat_irq = 3;
	assert_string_equal(ask("counters-reset b\n"),
			    "{\"ok\":true,\"result\":null}");
	assert_int_equal(a->stat_irq, 3);
	assert_int_equal(b->stat_irq, 0);
	ask("counters-reset\n");
	assert_int_equal(a->stat_irq, 0);
}

static void test_device_command(void **state)
{
	struct pci_dev *b = machine_find(&machine, "b")->dev;

	(void)state;
	assert_string_equal(ask("  b   scratch\t0x20 \r\n"),
			    "{\"ok\":true,\"result\":2}");
	assert_int_equal(pci_container_of(b, struct fake_edu, dev)->scratch,
			 0x20);
}

static void assert_errno(const char *request, int number)
{
	char tail[32];

	snprintf(tail, sizeof(tail), "\"errno\":%d}", number);
	ask(request);
	assert_memory_equal(answer, "{\"ok\":false,\"error\":\"", 21);
	assert_non_null(strstr(answer, tail));
}

static void test_errors(void **state)
{
	(void)state;
	assert_errno("a scratch\n", EINVAL);
	assert_errno("a\n", EINVAL);
	assert_errno("a dance\n", ENOSYS);
	assert_errno("nobody dance\n", ENOSYS);
	assert_errno("counters nobody\n", ENODEV);
	assert_errno("trace no.such.category\n", EINVAL);
	assert_errno("\n", EINVAL);
}

static void test_help(void **state)
{
	(void)state;
	ask("help\n");
	assert_non_null(strstr(answer, "\"quit end this process\""));
	assert_non_null(strstr(answer, "\"b scratch N: set it\""));
}

static void test_requests_in_pieces_and_in_order(void **state)
{
	(void)state;
	say("a scr");
	loop_run_once(machine.loop, 1);
	say("atch 1\nb scratch 2\nno such\n");
	assert_string_equal(hear(), "{\"ok\":true,\"result\":2}");
	assert_string_equal(hear(), "{\"ok\":true,\"result\":2}");
	hear();
	assert_memory_equal(answer, "{\"ok\":false", 11);
}

static void test_too_many_words(void **state)
{
	char line[200];
	int i;

	(void)state;
	for (i = 0; i < 70; i++)
		memcpy(line + 2 * i, "x ", 2);
	strcpy(line + 140, "\n");
	assert_errno(line, E2BIG);
}

static bool closed(int s)
{
	uint64_t end = loop_now_ns() + 5000000000ull;
	char c;

	while (loop_now_ns() < end) {
		ssize_t got;

		loop_run_once(machine.loop, 1);
		got = recv(s, &c, 1, MSG_DONTWAIT);
		if (!got || (got < 0 && errno == ECONNRESET))
			return true;
	}
	return false;
}

static void test_line_without_end(void **state)
{
	char text[4096];
	int i;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (i = 0; i < 16; i++) {
		send(fd, text, sizeof(text), MSG_DONTWAIT | MSG_NOSIGNAL);
		loop_run_once(machine.loop, 1);
	}
	assert_true(closed(fd));
}

/* A pipe of requests whose writer has finished gets all its answers. */
static void test_half_closed(void **state)
{
	(void)state;
	say("a scratch 1\nb scratch 2\n");
	shutdown(fd, SHUT_WR);
	hear();
	assert_string_equal(hear(), "{\"ok\":true,\"result\":2}");
	assert_true(closed(fd));
}

static void test_gone_before_the_answer(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		say("counters\n");
		close(fd);
		loop_run_once(machine.loop, 1);
		fd = connect_to(path);
	}
	ask("devices\n");
	assert_memory_equal(answer, "{\"ok\":true", 10);
}

static void test_quit(void **state)
{
	(void)state;
	say("quit\n");
	loop_run(machine.loop);
	assert_string_equal(hear(), "{\"ok\":true,\"result\":null}");
}

static bool builds(const char *text)
{
	struct machine m = { .loop = NULL };
	struct topology_device *list = load(text);
	bool ok = machine_build(&m, models, list, dir);

	machine_destroy(&m);
	topology_free(list);
	return ok;
}

static void test_machines_that_cannot_be(void **state)
{
	(void)state;
	assert_true(builds("device x edu\n"));
	assert_false(builds("device x nosuchmodel\n"));
	assert_false(builds("device x edu rma=4K\n"));
	assert_false(builds("device x edu ram=3000\n"));
}

/* ---- the program ---- */

static int run_program(const char *a, const char *b, const char *c,
		       const char *d)
{
	const char *argv[] = { getenv("P2P_MODELS"), a, b, c, d, NULL };
	int status;
	pid_t pid;

	if (!argv[0])
		skip();
	pid = fork();
	if (!pid) {
		if (!freopen("/dev/null", "w", stderr) ||
		    !freopen("/dev/null", "w", stdout))
			_exit(126);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_program_exit_status(void **state)
{
	(void)state;
	assert_int_equal(run_program("--help", NULL, NULL, NULL), 0);
	assert_int_equal(run_program(NULL, NULL, NULL, NULL), 2);
	assert_int_equal(run_program("--nonsense", NULL, NULL, NULL), 2);
	assert_int_equal(run_program("--topology=x", "--socket-dir=y",
				     "--trace=nonsense", NULL), 2);
	assert_int_equal(run_program("--topology", "/nonexistent",
				     "--socket-dir", dir), 1);
	assert_int_equal(run_program("--topology", "/dev/null",
				     "--socket-dir", "/nonexistent/dir"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_devices),
		T(test_counters),
		T(test_counters_reset),
		T(test_device_command),
		T(test_errors),
		T(test_help),
		T(test_requests_in_pieces_and_in_order),
		T(test_too_many_words),
		T(test_line_without_end),
		T(test_half_closed),
		T(test_gone_before_the_answer),
		T(test_quit),
		T(test_machines_that_cannot_be),
		T(test_program_exit_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
