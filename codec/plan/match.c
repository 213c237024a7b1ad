/* match.c - tables from contexts to the values that followed them (spec 4.7). */
#include "match.h"

#define RUN_MAX 255

/* What followed a context, how often in a row it was right, and the hash bits that must agree. */
typedef struct aez_match_entry {
    int64_t  value;
    uint32_t check;
    uint8_t  used, run;
} aez_match_entry;

struct aez_matcher {
    const aez_mem   *mem;
    unsigned         n, log;
    unsigned         last; /* whether the last match was right */
    aez_match_entry *table; /* [n][2^log] */
    aez_match_entry *at[AEZ_MATCH_CONTEXTS]; /* of the site looked up last */
    uint32_t         check[AEZ_MATCH_CONTEXTS];
    unsigned         found; /* context that matched there, or n */
};

aez_status aez_matcher_create(aez_matcher **out, const aez_mem *mem, const aez_stage *stage)
{
    aez_matcher *m = aez_take(mem, 1, sizeof *m);
    *out = NULL;
    if (!m)
        return AEZ_ERR_NOMEM;
    m->mem = mem;
    m->n = stage->n_contexts;
    m->log = stage->match_log;
    m->table = aez_take(mem, (size_t)m->n << m->log, sizeof *m->table);
    if (!m->table) {
        aez_drop(mem, m);
        return AEZ_ERR_NOMEM;
    }
    *out = m;
    return AEZ_OK;
}

void aez_matcher_destroy(aez_matcher *m)
{
    if (!m)
        return;
    aez_drop(m->mem, m->table);
    aez_drop(m->mem, m);
}

/* Runs 0, 1, 2 .. 4, 5 and more. */
static unsigned trust_of(unsigned run)
{
    return run < 2 ? run : run < 5 ? 2 : 3;
}

int aez_matcher_look(aez_matcher *m, const uint64_t *hash, int64_t *value, unsigned *state)
{
    m->found = m->n;
    for (unsigned c = m->n; c-- > 0;) {
        aez_match_entry *e = m->table + ((size_t)c << m->log) + (hash[c] >> (64 - m->log));
        m->at[c] = e;
        m->check[c] = (uint32_t)hash[c];
        if (e->used && e->check == m->check[c])
            m->found = c;
    }
    if (m->found == m->n)
        return 0;
    *value = m->at[m->found]->value;
    *state = 8 * m->found + 2 * trust_of(m->at[m->found]->run) + m->last;
    return 1;
}

void aez_matcher_learn(aez_matcher *m, int64_t value)
{
    if (m->found < m->n)
        m->last = m->at[m->found]->value == value;
    for (unsigned c = 0; c < m->n; c++) {
        aez_match_entry *e = m->at[c];
        if (e->used && e->check == m->check[c] && e->value == value)
            e->run += e->run < RUN_MAX;
        else
            *e = (aez_match_entry){.value = value, .check = m->check[c], .used = 1};
    }
}
