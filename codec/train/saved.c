/* saved.c - a float model with its curve and the state of its training as bytes, and back. */
#include "saved.h"

#include <math.h>
#include <string.h>

#define CURVE_MAX 65536
#define EPOCH_BYTES_MIN 26 /* two varints and three doubles */

void aez_train_log_init(aez_train_log *log, const aez_mem *mem)
{
    memset(log, 0, sizeof *log);
    aez_buf_init(&log->state, mem);
}

void aez_train_log_free(aez_train_log *log)
{
    aez_drop(log->state.mem, log->curve);
    log->curve = NULL;
    log->n_curve = 0;
    aez_buf_free(&log->state);
}

void aez_saved_init(aez_saved *s, const aez_mem *mem)
{
    memset(s, 0, sizeof *s);
    aez_train_log_init(&s->log, mem);
}

void aez_saved_free(aez_saved *s)
{
    aez_float_model_destroy(s->model);
    s->model = NULL;
    aez_train_log_free(&s->log);
}

void aez_put_epoch(aez_buf *out, const aez_epoch *e)
{
    aez_put_varint(out, e->epoch);
    aez_put_varint(out, e->step);
    aez_put_f64(out, e->train_loss);
    aez_put_f64(out, e->valid_loss);
    aez_put_f64(out, e->rate);
}

aez_epoch aez_get_epoch(aez_rd *in)
{
    aez_epoch e;
    e.epoch = aez_get_varint(in);
    e.step = aez_get_varint(in);
    e.train_loss = aez_get_f64(in);
    e.valid_loss = aez_get_f64(in);
    e.rate = aez_get_f64(in);
    return e;
}

aez_status aez_saved_put(const aez_saved *s, aez_buf *out)
{
    aez_status st = aez_float_model_put(s->model, out);
    if (st < 0)
        return st;
    aez_put_f64(out, s->loss.with_floats);
    aez_put_f64(out, s->loss.with_integers);
    aez_put_varint(out, s->log.n_curve);
    for (size_t i = 0; i < s->log.n_curve; i++)
        aez_put_epoch(out, &s->log.curve[i]);
    aez_put_varint(out, s->log.state.size);
    aez_put(out, s->log.state.data, s->log.state.size);
    return out->failed ? AEZ_ERR_NOMEM : AEZ_OK;
}

static aez_status get_curve(const aez_mem *mem, aez_rd *in, aez_train_log *log)
{
    uint64_t n = aez_get_varint(in);
    if (in->failed || n > aez_rd_left(in) / EPOCH_BYTES_MIN)
        return AEZ_ERR_TRUNCATED;
    if (n > CURVE_MAX)
        return AEZ_ERR_LIMIT;
    log->curve = aez_take(mem, (size_t)n, sizeof *log->curve);
    if (!log->curve)
        return AEZ_ERR_NOMEM;
    log->n_curve = (size_t)n;
    for (size_t i = 0; i < log->n_curve; i++)
        log->curve[i] = aez_get_epoch(in);
    return in->failed ? AEZ_ERR_TRUNCATED : AEZ_OK;
}

static aez_status get_state(aez_rd *in, aez_train_log *log)
{
    uint64_t       n = aez_get_varint(in);
    const uint8_t *bytes = in->failed ? NULL : aez_rd_take(in, n);
    if (!bytes)
        return AEZ_ERR_TRUNCATED;
    aez_put(&log->state, bytes, (size_t)n);
    if (log->state.failed)
        return AEZ_ERR_NOMEM;
    return aez_rd_left(in) ? AEZ_ERR_CORRUPT : AEZ_OK;
}

aez_status aez_saved_get(const aez_mem *mem, const void *bytes, size_t size, aez_saved *s)
{
    aez_rd     in;
    aez_status st;
    aez_rd_init(&in, bytes, size);
    st = aez_float_model_get(mem, &in, &s->model);
    if (st < 0)
        return st;
    s->loss.with_floats = aez_get_f64(&in);
    s->loss.with_integers = aez_get_f64(&in);
    st = get_curve(mem, &in, &s->log);
    return st < 0 ? st : get_state(&in, &s->log);
}
