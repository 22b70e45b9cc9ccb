// LAPACK for four scalars behind one signature each. `t` is LAPACK's letter for the scalar: 's' float,
// 'd' double, 'c' complex float, 'z' complex double; arrays are untyped pointers, matrices column-major.
// Every function returns LAPACK's info. The orthogonal routines carry the real names (orgqr, syevd).
#include <lapacke.h>

#define TESSERA_LAPACK(call_s, call_d, call_c, call_z)                                               \
  switch (t) {                                                                                       \
  case 's': return LAPACKE_##call_s;                                                                 \
  case 'd': return LAPACKE_##call_d;                                                                 \
  case 'c': return LAPACKE_##call_c;                                                                 \
  case 'z': return LAPACKE_##call_z;                                                                 \
  }                                                                                                  \
  return -1
#define COL LAPACK_COL_MAJOR

static inline int tessera_geqrf(char t, int m, int n, void *a, int lda, void *tau) {
  TESSERA_LAPACK(sgeqrf(COL, m, n, a, lda, tau), dgeqrf(COL, m, n, a, lda, tau),
                 cgeqrf(COL, m, n, a, lda, tau), zgeqrf(COL, m, n, a, lda, tau));
}

// Eigenvalues ascending into w (real), eigenvectors over a; the upper triangle of a is read.
static inline int tessera_syevd(char t, int n, void *a, int lda, void *w) {
  TESSERA_LAPACK(ssyevd(COL, 'V', 'U', n, a, lda, w), dsyevd(COL, 'V', 'U', n, a, lda, w),
                 cheevd(COL, 'V', 'U', n, a, lda, w), zheevd(COL, 'V', 'U', n, a, lda, w));
}

// jobz 'S': u is m x min(m,n), vt is min(m,n) x n; singular values into s (real); a is destroyed.
static inline int tessera_gesdd(char t, char jobz, int m, int n, void *a, int lda, void *s, void *u, int ldu,
                                void *vt, int ldvt) {
  TESSERA_LAPACK(sgesdd(COL, jobz, m, n, a, lda, s, u, ldu, vt, ldvt),
                 dgesdd(COL, jobz, m, n, a, lda, s, u, ldu, vt, ldvt),
                 cgesdd(COL, jobz, m, n, a, lda, s, u, ldu, vt, ldvt),
                 zgesdd(COL, jobz, m, n, a, lda, s, u, ldu, vt, ldvt));
}
