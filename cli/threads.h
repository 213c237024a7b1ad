/* threads.h - a small pool of threads that runs the library's jobs. */
#ifndef AEZ_CLI_THREADS_H
#define AEZ_CLI_THREADS_H

#include "aez.h"

typedef struct aez_threads aez_threads;

/* wanted 0: one per core. A pool of one runs everything in the caller. Fewer threads than wanted
 * when the system gives no more; NULL when memory is short. */
aez_threads *aez_threads_create(unsigned wanted);
void         aez_threads_destroy(aez_threads *threads);
/* The pool as the library wants it; valid as long as the pool. */
aez_runner aez_threads_runner(aez_threads *threads);

#endif
