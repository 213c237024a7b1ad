/* damage.h - one random change of a payload: bits, bytes, numbers, runs that go, come or move. */
#ifndef AEZ_TESTS_DAMAGE_H
#define AEZ_TESTS_DAMAGE_H

#include "codec/base/rng.h"
#include "tests/support/container.h"

enum { DAMAGE_ROOM = 4096 }; /* what one payload may grow by */

static const uint64_t damage_numbers[] = {
    0, 1, 2, 3, 7, 8, 15, 16, 63, 64, 65, 127, 128, 255, 256, 4095, 4096, 65535, 65536, 1u << 24,
    1u << 26, INT32_MAX, (uint64_t)1 << 31, UINT32_MAX, (uint64_t)1 << 32, (uint64_t)1 << 60,
    INT64_MAX, (uint64_t)1 << 63, UINT64_MAX - 1, UINT64_MAX,
};
enum { DAMAGE_NUMBERS = sizeof damage_numbers / sizeof *damage_numbers };

/* Bytes of the varint at p. */
static inline size_t damage_varint(const uint8_t *p, size_t left)
{
    size_t n = 0;
    while (n < left && n < 10 && p[n] & 0x80)
        n++;
    return n < left ? n + 1 : left;
}

/* Replaces n bytes at `at` by others. */
static inline void damage_splice(container_part *p, size_t at, size_t n, const void *bytes, size_t size)
{
    uint8_t *all = malloc(p->size - n + size + 1);
    if (!all)
        abort();
    memcpy(all, p->payload, at);
    if (size)
        memcpy(all + at, bytes, size);
    memcpy(all + at + size, p->payload + at + n, p->size - at - n);
    free(p->payload);
    p->payload = all;
    p->size = p->size - n + size;
}

static inline void damage_number(container_part *p, size_t at, uint64_t v)
{
    aez_buf b;
    aez_buf_init(&b, &container_mem);
    aez_put_varint(&b, v);
    damage_splice(p, at, damage_varint(p->payload + at, p->size - at), b.data, b.size);
    aez_buf_free(&b);
}

/* Half of the places are among the first bytes, where lengths and kinds are. */
static inline size_t damage_place(aez_rng *rng, const container_part *p)
{
    size_t within = p->size > 48 && aez_rng_below(rng, 2) ? 48 : p->size;
    return (size_t)aez_rng_below(rng, within);
}

static inline void damage(aez_rng *rng, container_part *p, const container_part *other)
{
    uint8_t noise[16];
    size_t  at, n, from;
    if (p->size == 0)
        container_set(p, "\0", 1);
    at = damage_place(rng, p);
    n = (size_t)aez_rng_below(rng, p->size - at < 32 ? p->size - at : 32) + 1;
    n = n < p->size - at ? n : p->size - at;
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)aez_rng_next(rng);
    switch (aez_rng_below(rng, 12)) {
    case 0:
    case 1:
    case 2:
        p->payload[at] ^= (uint8_t)(1u << aez_rng_below(rng, 8));
        break;
    case 3:
        p->payload[at] = noise[0];
        break;
    case 4:
        p->payload[at] = (uint8_t)(p->payload[at] + (noise[0] & 1 ? 1 : -1));
        break;
    case 5:
    case 6:
    case 7:
        damage_number(p, at, damage_numbers[aez_rng_below(rng, DAMAGE_NUMBERS)]);
        break;
    case 8: /* a run goes */
        damage_splice(p, at, n, NULL, 0);
        break;
    case 9: /* noise comes */
        if (p->size < DAMAGE_ROOM * 4)
            damage_splice(p, at, 0, noise, 1 + (size_t)aez_rng_below(rng, sizeof noise));
        break;
    case 10: /* a run of another payload stands here */
        if (other->size > 0) {
            from = (size_t)aez_rng_below(rng, other->size);
            if (n > other->size - from)
                n = other->size - from;
            n = n < p->size - at ? n : p->size - at;
            memmove(p->payload + at, other->payload + from, n); /* may be the same payload */
        }
        break;
    default: /* the end is cut off */
        p->size = at;
    }
}

#endif
