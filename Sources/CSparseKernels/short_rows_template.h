// Rows of C = A B for one scalar T, up to the first of more than `mostProducts` products: see short_rows.c.

FOR_EVERY_WIDTH ptrdiff_t NAME(tessera_short_rows)(ptrdiff_t rows, const ptrdiff_t *aOffsets, const int32_t *aIndices,
                                                   const T *aValues, ptrdiff_t bCount, const ptrdiff_t *bOffsets,
                                                   const int32_t *bIndices, const T *bValues, ptrdiff_t *offsets,
                                                   int32_t *indices, T *values) {
  ptrdiff_t end = offsets[0];
  for (ptrdiff_t i = 0; i < rows; i++) {
    if (i + 2 * ahead < rows)
      for (ptrdiff_t q = aOffsets[i + 2 * ahead]; q < aOffsets[i + 2 * ahead + 1]; q++)
        __builtin_prefetch(bOffsets + aIndices[q]);
    if (i + ahead < rows)
      for (ptrdiff_t q = aOffsets[i + ahead]; q < aOffsets[i + ahead + 1]; q++) {
        const ptrdiff_t start = bOffsets[aIndices[q]];
        // Both ends of the first piece: what is read lies in two lines of the cache more often than not.
        __builtin_prefetch(bIndices + start);
        __builtin_prefetch(bIndices + start + piece - 1);
        __builtin_prefetch(bValues + start);
        __builtin_prefetch(bValues + start + piece - 1);
      }

    ptrdiff_t count = 0;
    for (ptrdiff_t q = aOffsets[i]; q < aOffsets[i + 1]; q++) count += bOffsets[aIndices[q] + 1] - bOffsets[aIndices[q]];
    if (count > mostProducts) return i;

    // Rows of B are taken in whole pieces, which the next row writes over: a loop of as many steps as a short row has
    // entries would be foreseen wrongly each time.
    int32_t columns[mostProducts + piece], rank[mostProducts];
    T products[mostProducts + piece];
    ptrdiff_t next = 0;
    for (ptrdiff_t q = aOffsets[i]; q < aOffsets[i + 1]; q++) {
      const ptrdiff_t start = bOffsets[aIndices[q]], length = bOffsets[aIndices[q] + 1] - start;
      const T factor = aValues[q];
      for (ptrdiff_t k = 0; k < length; k += piece) {
        const int32_t *from = bIndices + start + k;
        const T *b = bValues + start + k;
        // There is a whole piece to be read but at the end of B.
        const ptrdiff_t there = start + k + piece <= bCount ? piece : length - k;
        if (there == piece)
          for (ptrdiff_t l = 0; l < piece; l++) {
            columns[next + k + l] = from[l];
            products[next + k + l] = (T){0};
            ADD(products[next + k + l], factor, b[l]);
          }
        else
          for (ptrdiff_t l = 0; l < there; l++) {
            columns[next + k + l] = from[l];
            products[next + k + l] = (T){0};
            ADD(products[next + k + l], factor, b[l]);
          }
      }
      next += length;
    }
    const ptrdiff_t padded = (count + lanes - 1) / lanes * lanes;
    for (ptrdiff_t k = count; k < padded; k++) columns[k] = INT32_MAX;
    for (ptrdiff_t k = 0; k < padded; k += lanes) {
      int32_t smaller[lanes] = {0};
      for (ptrdiff_t m = 0; m < count; m++)
        for (ptrdiff_t l = 0; l < lanes; l++) smaller[l] += columns[m] < columns[k + l];
      for (ptrdiff_t l = 0; l < lanes; l++) rank[k + l] = smaller[l];
    }

    int32_t *rowIndices = indices + end;
    T *rowValues = values + end;
    // A bit for each place that is taken.
    uint64_t taken = 0;
    for (ptrdiff_t k = 0; k < count; k++) {
      const ptrdiff_t place = rank[k];
      const uint64_t bit = UINT64_C(1) << place;
      if (!(taken & bit)) {
        taken |= bit;
        rowIndices[place] = columns[k];
        rowValues[place] = products[k];
      } else {
        PLUS(rowValues[place], products[k]);
      }
    }
    const ptrdiff_t distinct = __builtin_popcountll(taken);
    if (distinct < count)
      for (ptrdiff_t k = 0, kept = 0; k < count; k++)
        if (taken >> k & 1) {
          rowIndices[kept] = rowIndices[k];
          rowValues[kept++] = rowValues[k];
        }
    end += distinct;
    offsets[i + 1] = end;
  }
  return rows;
}
