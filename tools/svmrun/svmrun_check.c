// SPDX-License-Identifier: GPL-2.0-or-later
/* Source: elf(5), ld.so(8) on secure-execution mode. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "svm_gpu.h"
#include "svm_words.h"
#include "svmrun_check.h"
#include "svmrun_die.h"

/* errno of svm_gpu_open(), which reserves address space: not in ours. */
static int svmrun_try_gpu(const char *node)
{
	int status, ret;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		svmrun_die("fork: %s", strerror(errno));
	if (!pid) {
		ret = svm_gpu_open(node);
		_exit(ret < 0 ? -ret : 0);
	}
	if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		svmrun_die("%s: cannot be tested", node);
	return WEXITSTATUS(status);
}

static void svmrun_check_gpu(const char *node)
{
	int ret = svmrun_try_gpu(node);

	if (ret == ENODEV)
		svmrun_die("%s is not a nouveau GPU; give one with --gpu", node);
	if (ret == ENOSYS || ret == EINVAL)
		svmrun_die("%s: nouveau has no SVM here; it needs a Pascal GPU and a kernel with CONFIG_DRM_NOUVEAU_SVM",
			   node);
	if (ret)
		svmrun_die("%s: %s; is nouveau loaded? other GPUs can be given with --gpu",
			   node, strerror(ret));
}

void svmrun_check_gpus(const char *list)
{
	char names[SVM_GPUS_MAX][SVM_NODE_MAX];
	int i, n = svm_words_nodes(list, names);

	if (n < 0)
		svmrun_die("--gpu: at most %d nodes", SVM_GPUS_MAX);
	for (i = 0; i < n; i++)
		svmrun_check_gpu(names[i]);
}

/* As execvp() finds it. */
static bool svmrun_find(const char *program, char *path, size_t len)
{
	const char *dir = getenv("PATH");
	size_t n;

	if (strchr(program, '/')) {
		snprintf(path, len, "%s", program);
		return !access(path, X_OK);
	}
	for (; dir; dir = dir[n] ? dir + n + 1 : NULL) {
		n = strcspn(dir, ":");
		snprintf(path, len, "%.*s/%s", (int)n, n ? dir : ".", program);
		if (!access(path, X_OK))
			return true;
	}
	return false;
}

static bool svmrun_is_static(int fd, const Elf64_Ehdr *elf)
{
	Elf64_Phdr ph;
	int i;

	for (i = 0; i < elf->e_phnum; i++) {
		if (pread(fd, &ph, sizeof(ph), elf->e_phoff +
			  (off_t)i * elf->e_phentsize) != sizeof(ph))
			return false;
		if (ph.p_type == PT_INTERP)
			return false;
	}
	return true;
}

static const char *svmrun_check_elf(int fd)
{
	Elf64_Ehdr elf;

	if (pread(fd, &elf, sizeof(elf), 0) != sizeof(elf) ||
	    memcmp(elf.e_ident, ELFMAG, SELFMAG))
		return NULL;	/* a script: its interpreter has the library */
	if (elf.e_ident[EI_CLASS] != ELFCLASS64)
		return "it is not a 64-bit program, the library is";
	return svmrun_is_static(fd, &elf) ?
	       "it is statically linked, and nothing can be preloaded into it" : NULL;
}

const char *svmrun_check_program(const char *program)
{
	const char *why = NULL;
	char path[PATH_MAX];
	struct stat st;
	int fd;

	if (!svmrun_find(program, path, sizeof(path)))
		return NULL;
	if (geteuid() && !stat(path, &st) && (st.st_mode & (S_ISUID | S_ISGID)))
		return "it is setuid or setgid, for which LD_PRELOAD is ignored; run svmrun as that user";
	if (geteuid() && getxattr(path, "security.capability", NULL, 0) > 0)
		return "it has file capabilities, for which LD_PRELOAD is ignored; run svmrun as root";
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	why = svmrun_check_elf(fd);
	close(fd);
	return why;
}
