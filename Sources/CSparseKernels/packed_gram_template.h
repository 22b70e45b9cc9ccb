// packed += A^H A for one scalar T: see packed_gram.c.

static ptrdiff_t NAME(packed_gram)(ptrdiff_t rows, const ptrdiff_t *offsets, const int32_t *restrict indices,
                                   const T *restrict v, T *restrict packed) {
  ptrdiff_t products = 0;
  for (ptrdiff_t i = 0; i < rows; i++) {
    const ptrdiff_t first = offsets[i], end = offsets[i + 1];
    products += (end - first) * (end - first + 1) / 2;
    for (ptrdiff_t q = first; q < end; q++) {
      const ptrdiff_t j = indices[q];
      T *column = packed + j * (j + 1) / 2;
      for (ptrdiff_t r = first; r <= q; r++) ADD_CONJUGATE(column[indices[r]], v[r], v[q]);
    }
  }
  return products;
}
