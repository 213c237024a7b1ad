/* threads.c - a small pool of threads that runs the library's jobs. */
#include "platform.h"

#include "threads.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_THREADS 1024

struct aez_threads {
    pthread_mutex_t lock;
    pthread_cond_t  wake, idle;
    pthread_t      *ids;
    unsigned        n_ids; /* helpers; the caller of run works too */
    bool            busy, stop;
    size_t          next, n;  /* jobs of the present run not yet taken, and all */
    size_t          n_active; /* helpers inside a job */
    void (*job)(void *arg, size_t i);
    void *arg;
};

/* Takes jobs until none is left. Called, and returns, with the lock held. */
static void work(aez_threads *t)
{
    while (t->next < t->n) {
        size_t i = t->next++;
        (void)pthread_mutex_unlock(&t->lock);
        t->job(t->arg, i);
        (void)pthread_mutex_lock(&t->lock);
    }
}

static void *helper(void *arg)
{
    aez_threads *t = arg;
    (void)pthread_mutex_lock(&t->lock);
    while (!t->stop) {
        if (t->next >= t->n) {
            (void)pthread_cond_wait(&t->wake, &t->lock);
            continue;
        }
        t->n_active++;
        work(t);
        if (--t->n_active == 0)
            (void)pthread_cond_signal(&t->idle);
    }
    (void)pthread_mutex_unlock(&t->lock);
    return NULL;
}

static void run(void *opaque, size_t n, void (*job)(void *arg, size_t i), void *arg)
{
    aez_threads *t = opaque;
    (void)pthread_mutex_lock(&t->lock);
    if (t->busy || n < 2) { /* a job that runs jobs: they stay in its own thread */
        (void)pthread_mutex_unlock(&t->lock);
        for (size_t i = 0; i < n; i++)
            job(arg, i);
        return;
    }
    t->busy = true;
    t->job = job;
    t->arg = arg;
    t->next = 0;
    t->n = n;
    (void)pthread_cond_broadcast(&t->wake);
    work(t);
    while (t->n_active > 0)
        (void)pthread_cond_wait(&t->idle, &t->lock);
    t->n = t->next = 0;
    t->busy = false;
    (void)pthread_mutex_unlock(&t->lock);
}

aez_threads *aez_threads_create(unsigned wanted)
{
    aez_threads *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    if (wanted == 0) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        wanted = cores < 1 ? 1 : cores > MAX_THREADS ? MAX_THREADS : (unsigned)cores;
    }
    t->ids = calloc(wanted, sizeof *t->ids);
    if (!t->ids) {
        free(t);
        return NULL;
    }
    (void)pthread_mutex_init(&t->lock, NULL); /* cannot fail with default attributes on Linux */
    (void)pthread_cond_init(&t->wake, NULL);
    (void)pthread_cond_init(&t->idle, NULL);
    while (t->n_ids + 1 < wanted && pthread_create(&t->ids[t->n_ids], NULL, helper, t) == 0)
        t->n_ids++;
    return t;
}

void aez_threads_destroy(aez_threads *t)
{
    if (!t)
        return;
    (void)pthread_mutex_lock(&t->lock);
    t->stop = true;
    (void)pthread_cond_broadcast(&t->wake);
    (void)pthread_mutex_unlock(&t->lock);
    for (unsigned i = 0; i < t->n_ids; i++)
        (void)pthread_join(t->ids[i], NULL);
    (void)pthread_cond_destroy(&t->idle);
    (void)pthread_cond_destroy(&t->wake);
    (void)pthread_mutex_destroy(&t->lock);
    free(t->ids);
    free(t);
}

aez_runner aez_threads_runner(aez_threads *t)
{
    aez_runner runner = {.run = run, .opaque = t, .width = t->n_ids + 1};
    return runner;
}
