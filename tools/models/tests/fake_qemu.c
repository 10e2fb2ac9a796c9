// SPDX-License-Identifier: GPL-2.0-or-later
/* QEMU under the test protocol; see the header. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fake_host.h"
#include "tests/fake_qemu.h"

#define QEMU		"/usr/bin/qemu-system-x86_64"
#define MAX_ARGS	64
#define ANSWER_MS	20000

static void add_args(const char **argv, const char *const *list)
{
	unsigned int num = 0;

	while (argv[num])
		num++;
	for (; *list; list++) {
		assert_true(num + 1 < MAX_ARGS);
		argv[num++] = *list;
	}
	argv[num] = NULL;
}

static void run_qemu(int in, int out, const char *const *devices)
{
	static const char *const machine[] = {
		QEMU, "-accel", "qtest", "-qtest", "stdio",
		"-qtest-log", "/dev/null", "-display", "none",
		"-nodefaults", "-monitor", "none", "-serial", "none",
		"-object", "memory-backend-memfd,id=m0,size=64M,share=on",
		"-machine", "q35,memory-backend=m0", "-m", "64M", NULL
	};
	const char *argv[MAX_ARGS] = { NULL };

	add_args(argv, machine);
	add_args(argv, devices);
	dup2(in, 0);
	dup2(out, 1);
	execv(QEMU, (char *const *)(uintptr_t)argv);
	_exit(127);
}

static void mark_readable(struct loop_fd *lfd, short revents)
{
	struct fake_qemu *q = pci_container_of(lfd, struct fake_qemu, out_fd);

	(void)revents;
	q->readable = true;
	lfd->events = 0;
}

struct fake_qemu *fake_qemu_start(struct loop *loop,
				  const char *const *devices)
{
	struct fake_qemu *q;
	int to[2], from[2];

	if (access(QEMU, X_OK))
		return NULL;
	q = calloc(1, sizeof(*q));
	assert_non_null(q);
	assert_int_equal(pipe2(to, O_CLOEXEC), 0);
	assert_int_equal(pipe2(from, O_CLOEXEC), 0);
	q->pid = fork();
	assert_true(q->pid >= 0);
	if (!q->pid)
		run_qemu(to[0], from[1], devices);
	close(to[0]);
	close(from[1]);
	q->loop = loop;
	q->in = to[1];
	q->out = from[0];
	q->out_fd = (struct loop_fd) { .fd = q->out, .fn = mark_readable };
	loop_fd_add(loop, &q->out_fd);
	return q;
}

void fake_qemu_stop(struct fake_qemu *q)
{
	int status;

	kill(q->pid, SIGKILL);
	waitpid(q->pid, &status, 0);
	loop_fd_del(q->loop, &q->out_fd);
	close(q->in);
	close(q->out);
	free(q);
}

static void await_output(struct fake_qemu *q)
{
	uint64_t end = loop_now_ns() + ANSWER_MS * 1000000ull;

	q->readable = false;
	q->out_fd.events = POLLIN;
	while (!q->readable) {
		assert_true(loop_now_ns() < end);
		loop_run_once(q->loop, 100);
	}
}

/* One line of the answer; lines that tell of interrupts are left out. */
static const char *read_line(struct fake_qemu *q)
{
	size_t len = 0;

	do {
		ssize_t got;

		assert_true(len + 1 < sizeof(q->line));
		await_output(q);
		got = read(q->out, q->line + len, 1);
		assert_int_equal(got, 1);
		len += (size_t)got;
	} while (q->line[len - 1] != '\n');
	q->line[len - 1] = '\0';
	return q->line;
}

static const char *command(struct fake_qemu *q, const char *text)
{
	const char *line;

	assert_int_equal(write(q->in, text, strlen(text)),
			 (ssize_t)strlen(text));
	do {
		line = read_line(q);
	} while (!strncmp(line, "IRQ", 3));
	assert_memory_equal(line, "OK", 2);
	return line + 2;
}

static char size_letter(unsigned int size)
{
	return size == 1 ? 'b' : size == 2 ? 'w' : size == 4 ? 'l' : 'q';
}

uint64_t fake_qemu_read(struct fake_qemu *q, uint64_t addr, unsigned int size)
{
	char text[80];

	snprintf(text, sizeof(text), "read%c 0x%llx\n", size_letter(size),
		 (unsigned long long)addr);
	return strtoull(command(q, text), NULL, 16);
}

void fake_qemu_write(struct fake_qemu *q, uint64_t addr, unsigned int size,
		     uint64_t val)
{
	char text[80];

	snprintf(text, sizeof(text), "write%c 0x%llx 0x%llx\n",
		 size_letter(size), (unsigned long long)addr,
		 (unsigned long long)val);
	command(q, text);
}

static void select_cfg(struct fake_qemu *q, unsigned int slot,
		       unsigned int off)
{
	char text[80];

	snprintf(text, sizeof(text), "outl 0xcf8 0x%x\n",
		 0x80000000u | slot << 11 | (off & 0xfc));
	command(q, text);
}

uint32_t fake_qemu_cfg_read(struct fake_qemu *q, unsigned int slot,
			    unsigned int off, unsigned int size)
{
	char text[80];

	select_cfg(q, slot, off);
	snprintf(text, sizeof(text), "in%c 0x%x\n", size_letter(size),
		 0xcfc + (off & 3));
	return (uint32_t)strtoull(command(q, text), NULL, 16);
}

void fake_qemu_cfg_write(struct fake_qemu *q, unsigned int slot,
			 unsigned int off, unsigned int size, uint32_t val)
{
	char text[80];

	select_cfg(q, slot, off);
	snprintf(text, sizeof(text), "out%c 0x%x 0x%x\n", size_letter(size),
		 0xcfc + (off & 3), val);
	command(q, text);
}
