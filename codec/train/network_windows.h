/* network_windows.h - planes with zeros around, and the windows that sites of a convolution see. */
#ifndef AEZ_TRAIN_NETWORK_WINDOWS_H
#define AEZ_TRAIN_NETWORK_WINDOWS_H

#include <stddef.h>

/* Rows [c][h][w] go through in groups, so that products are large for small planes too. padded
 * [group][c][h + kh - 1][w + kw - 1] has the planes with zeros around; windows
 * [c][kh][kw][group][h][w] has for each place of the window the value that each site sees there. */
typedef struct aez_windows {
    size_t h, w, kh, kw, padded_h, padded_w;
    size_t hw, window; /* h w, kh kw */
    size_t group;      /* rows that go through at once */
    float *padded, *windows;
} aez_windows;

/* padded <- n_rows (at most group) rows of x, and the windows of it. */
void aez_windows_pad(const aez_windows *s, size_t c, const float *x, size_t n_rows);
void aez_windows_lay_out(const aez_windows *s, size_t c, size_t n_rows);
/* The other way: padded <- at each place the sum of what windows have of it; the inside of padded,
 * with biases [c] (NULL: 0) and an activation, -> y. */
void aez_windows_add_up(const aez_windows *s, size_t c, size_t n_rows);
void aez_windows_take(const aez_windows *s, size_t c, const float *bias, unsigned activation,
                      float *y, size_t n_rows);

#endif
