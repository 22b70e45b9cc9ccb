// C := A B for one scalar T, A compressed by rows, B and C row-major panels: see CSparseKernels.h.

INLINE void NAME(sweep)(ptrdiff_t rows, const ptrdiff_t *offsets, const int32_t *restrict j, const T *restrict v,
                        ptrdiff_t width, ptrdiff_t columns, const T *restrict b, T *c) {
  const ptrdiff_t last = offsets[rows] - 1;
  for (ptrdiff_t i = 0; i < rows; i++) {
    T t[WIDEST];
    for (ptrdiff_t l = 0; l < columns; l++) t[l] = (T){0};
    for (ptrdiff_t q = offsets[i]; q < offsets[i + 1]; q++) {
      const T *next = b + j[q + ahead < last ? q + ahead : last] * width;
      for (ptrdiff_t l = 0; l < columns; l += LINE) __builtin_prefetch(next + l, 0, 3);
      const T *row = b + j[q] * width;
      for (ptrdiff_t l = 0; l < columns; l++) ADD(t[l], v[q], row[l]);
    }
    for (ptrdiff_t l = 0; l < columns; l++) c[i * width + l] = t[l];
  }
}

FOR_EVERY_WIDTH void NAME(tessera_times_panel)(ptrdiff_t rows, const ptrdiff_t *offsets, const int32_t *indices,
                                               const T *values, ptrdiff_t width, const T *b, T *c) {
  ptrdiff_t l = 0;
  for (; l + WIDEST <= width; l += WIDEST)
    NAME(sweep)(rows, offsets, indices, values, width, WIDEST, b + l, c + l);
  for (; l + block <= width; l += block) NAME(sweep)(rows, offsets, indices, values, width, block, b + l, c + l);
  if (width & 4) NAME(sweep)(rows, offsets, indices, values, width, 4, b + l, c + l), l += 4;
  if (width & 2) NAME(sweep)(rows, offsets, indices, values, width, 2, b + l, c + l), l += 2;
  if (width & 1) NAME(sweep)(rows, offsets, indices, values, width, 1, b + l, c + l);
}
