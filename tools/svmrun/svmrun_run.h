/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program: started with the library, told of signals, waited for. */
#ifndef SVMRUN_RUN_H
#define SVMRUN_RUN_H

/* Its exit status, 128 + N after signal N, SVMRUN_NO_EXEC if it cannot be run. */
int svmrun_run(char **argv);

#endif
