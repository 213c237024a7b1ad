/* optimizer.c - one step of SGD, Adam or Adadelta over many parameters, in vectors. */
#include "optimizer.h"
#include "../api/aez.h"
#include "lanes.h"

#include <math.h>

#define LANES AEZ_LOSS_LANES
#define ADAM_SECOND 0.999
#define ADAM_LEAST 1e-10f
#define ADADELTA_LEAST 1e-7f

aez_optimizer_step aez_optimizer_at(const aez_optimizer *o, uint64_t step, double grad_scale)
{
    aez_optimizer_step s = {o->kind, (float)o->rate, (float)o->momentum, 1, (float)grad_scale};
    if (o->kind == AEZ_ADAM) {
        s.rate = (float)(o->rate / (1 - pow(o->momentum, (double)step)));
        s.second_scale = (float)(1 / (1 - pow(ADAM_SECOND, (double)step)));
    }
    return s;
}

/* sqrt(x), x >= 0: 0 stays 0, as rsqrt is finite there. */
AEZ_LANE float root(float x)
{
    return x * aez_lane_rsqrt(x);
}

AEZ_LANE void move_sgd(const aez_optimizer_step *s, float *p, float g, float *first)
{
    *first = s->keep * *first + g * s->grad_scale;
    *p -= s->rate * *first;
}

AEZ_LANE void move_adam(const aez_optimizer_step *s, float *p, float g, float *first, float *second)
{
    g *= s->grad_scale;
    *first = s->keep * *first + (1 - s->keep) * g;
    *second = (float)ADAM_SECOND * *second + (float)(1 - ADAM_SECOND) * g * g;
    *p -= s->rate * *first / (root(*second * s->second_scale) + ADAM_LEAST);
}

AEZ_LANE void move_adadelta(const aez_optimizer_step *s, float *p, float g, float *first,
                            float *second)
{
    float change;
    g *= s->grad_scale;
    *second = s->keep * *second + (1 - s->keep) * g * g;
    change = g * root(*first + ADADELTA_LEAST) * aez_lane_rsqrt(*second + ADADELTA_LEAST);
    *first = s->keep * *first + (1 - s->keep) * change * change;
    *p -= s->rate * change;
}

AEZ_EACH_CPU
static void sgd(const aez_optimizer_step *s, float *restrict p, const float *restrict g,
                float *restrict first, size_t n)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (unsigned j = 0; j < LANES; j++)
            move_sgd(s, &p[i + j], g[i + j], &first[i + j]);
    for (; i < n; i++)
        move_sgd(s, &p[i], g[i], &first[i]);
}

AEZ_EACH_CPU
static void adam(const aez_optimizer_step *s, float *restrict p, const float *restrict g,
                 float *restrict first, float *restrict second, size_t n)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (unsigned j = 0; j < LANES; j++)
            move_adam(s, &p[i + j], g[i + j], &first[i + j], &second[i + j]);
    for (; i < n; i++)
        move_adam(s, &p[i], g[i], &first[i], &second[i]);
}

AEZ_EACH_CPU
static void adadelta(const aez_optimizer_step *s, float *restrict p, const float *restrict g,
                     float *restrict first, float *restrict second, size_t n)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (unsigned j = 0; j < LANES; j++)
            move_adadelta(s, &p[i + j], g[i + j], &first[i + j], &second[i + j]);
    for (; i < n; i++)
        move_adadelta(s, &p[i], g[i], &first[i], &second[i]);
}

void aez_optimizer_move(const aez_optimizer_step *s, float *p, const float *g, float *first,
                        float *second, size_t n)
{
    if (s->kind == AEZ_SGD)
        sgd(s, p, g, first, n);
    else if (s->kind == AEZ_ADAM)
        adam(s, p, g, first, second, n);
    else
        adadelta(s, p, g, first, second, n);
}
