// Sums over rows for as many columns as V has lanes: see moments.c. Row i of them is at x + i stride, its weight w[i].

INLINE void NAME(sums)(ptrdiff_t rows, const double *x, ptrdiff_t stride, const double *w, double *total) {
  V t = 0;
  for (ptrdiff_t i = 0; i < rows; i++, x += stride) t += w[i] * *(const V *)x;
  *(V *)total = t;
}

INLINE void NAME(deviations)(ptrdiff_t rows, const double *x, ptrdiff_t stride, const double *w, const double *mean,
                             double *total, double *squares) {
  const V m = *(const V *)mean;
  V t = 0, s = 0;
  for (ptrdiff_t i = 0; i < rows; i++, x += stride) {
    const V deviation = *(const V *)x - m, weighted = w[i] * deviation;
    t += weighted;
    s += weighted * deviation;
  }
  *(V *)total = t;
  *(V *)squares = s;
}

INLINE void NAME(extremes)(ptrdiff_t rows, const double *x, ptrdiff_t stride, const double *w, double *minimum,
                           double *maximum, double *magnitudes, int64_t *nonzeros) {
  V least = __builtin_inf(), most = -__builtin_inf(), t = 0;
  I count = 0;
  for (ptrdiff_t i = 0; i < rows; i++, x += stride) {
    const V value = *(const V *)x;
    least = value < least ? value : least;
    most = value > most ? value : most;
    t += w[i] * __builtin_elementwise_abs(value);
    count += value != 0 ? (I)1 : (I)0;
  }
  *(V *)minimum = least;
  *(V *)maximum = most;
  *(V *)magnitudes = t;
  *(I *)nonzeros = count;
}
