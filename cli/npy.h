/* npy.h - headers of NumPy's .npy files, versions 1 to 3. */
#ifndef AEZ_CLI_NPY_H
#define AEZ_CLI_NPY_H

#include "layout.h"

typedef enum aez_npy_status {
    AEZ_NPY_NOT = 0, /* no .npy file */
    AEZ_NPY_ARRAY,   /* numbers that we know: *out is filled */
    AEZ_NPY_OTHER    /* a .npy file whose header or values we do not take; *why says so */
} aez_npy_status;

/* Reads the header at the start of a file. Sets type, is_bool, big_endian, fortran, shape (already
 * reversed where fortran), and *header_size; head and the rest of the layout are left alone. */
aez_npy_status aez_npy_parse(const uint8_t *head, size_t size, aez_layout *out, size_t *header_size,
                             const char **why);

#define AEZ_NPY_FORMS 2
/* The header as NumPy writes it: form 1 leaves room for a growing axis (NumPy today), form 2 does
 * not (older ones). The array's own shape is layout->shape. Returns its size, 0 when cap is too
 * small. */
size_t aez_npy_header(const aez_layout *layout, unsigned form, char *dst, size_t cap);

#endif
