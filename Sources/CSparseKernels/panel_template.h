// C := A B for one scalar T, A compressed by rows, B and C row-major panels: see CSparseKernels.h.

// Row i of C in `columns` columns, whose sums stay in registers; entries further on are asked for their rows of B.
INLINE void NAME(times_row)(ptrdiff_t first, ptrdiff_t end, ptrdiff_t last, const int32_t *restrict j,
                            const T *restrict v, ptrdiff_t width, ptrdiff_t columns, const T *restrict b,
                            T *restrict c) {
  T t[WIDEST];
  for (ptrdiff_t l = 0; l < columns; l++) t[l] = (T){0};
  for (ptrdiff_t q = first; q < end; q++) {
    const T *next = b + j[q + ahead < last ? q + ahead : last] * width;
    for (ptrdiff_t l = 0; l < columns; l += LINE) __builtin_prefetch(next + l, 0, 3);
    const T *row = b + j[q] * width;
    for (ptrdiff_t l = 0; l < columns; l++) ADD(t[l], v[q], row[l]);
  }
  for (ptrdiff_t l = 0; l < columns; l++) c[l] = t[l];
}

// All rows of C in `columns` columns, `times` pieces of them side by side: what a row of B has there is in cache, and its
// page known, when the second piece wants it.
INLINE void NAME(sweep)(ptrdiff_t rows, const ptrdiff_t *offsets, const int32_t *restrict j, const T *restrict v,
                        ptrdiff_t width, ptrdiff_t columns, ptrdiff_t times, const T *restrict b, T *restrict c) {
  const ptrdiff_t last = offsets[rows] - 1;
  for (ptrdiff_t i = 0; i < rows; i++)
    for (ptrdiff_t k = 0; k < times; k++)
      NAME(times_row)(offsets[i], offsets[i + 1], last, j, v, width, columns, b + k * columns,
                      c + i * width + k * columns);
}

FOR_EVERY_WIDTH void NAME(tessera_times_panel)(ptrdiff_t rows, const ptrdiff_t *offsets, const int32_t *indices,
                                               const T *values, ptrdiff_t width, const T *b, T *c) {
  ptrdiff_t l = 0;
  for (; l + 2 * WIDEST <= width; l += 2 * WIDEST)
    NAME(sweep)(rows, offsets, indices, values, width, WIDEST, 2, b + l, c + l);
  for (; l + WIDEST <= width; l += WIDEST)
    NAME(sweep)(rows, offsets, indices, values, width, WIDEST, 1, b + l, c + l);
  for (; l + block <= width; l += block) NAME(sweep)(rows, offsets, indices, values, width, block, 1, b + l, c + l);
  if (width & 4) NAME(sweep)(rows, offsets, indices, values, width, 4, 1, b + l, c + l), l += 4;
  if (width & 2) NAME(sweep)(rows, offsets, indices, values, width, 2, 1, b + l, c + l), l += 2;
  if (width & 1) NAME(sweep)(rows, offsets, indices, values, width, 1, 1, b + l, c + l);
}
