/* kernel_pick.c - which kernel variants this CPU can run, and the choice among them. */
#include "kernel.h"

#include <string.h>

size_t aez_kernels_usable(const aez_kernels **list, size_t max)
{
    size_t n = 0;
    if (n < max)
        list[n++] = &aez_kernels_ref;
#ifdef AEZ_KERNELS_X86
    if (n < max && __builtin_cpu_supports("avx2"))
        list[n++] = &aez_kernels_avx2;
#endif
    return n;
}

const aez_kernels *aez_kernels_pick(const char *want)
{
    const aez_kernels *list[AEZ_KERNELS_MAX];
    size_t             n = aez_kernels_usable(list, AEZ_KERNELS_MAX);
    if (!want)
        return list[n - 1];
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i]->name, want) == 0)
            return list[i];
    return NULL;
}
