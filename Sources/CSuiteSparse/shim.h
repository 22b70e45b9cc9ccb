// CXSparse's direct factorizations for two scalars behind one signature each (Davis, Direct Methods for
// Sparse Linear Systems, 2006). `t` is LAPACK's letter for the scalar: 'd' double, 'z' complex double;
// values are untyped pointers. `kind` is the factorization: 'c' Cholesky, 'l' LU, 'q' QR. Indices have
// 64 bits, because fill may pass 2^31 entries where the matrix does not.
//
// An analysis or factorization is null when it cannot be made; tessera_cs_out_of_memory tells, right
// after the call, whether memory was the cause. Solving only reads the factors.
#include <errno.h>
#include <suitesparse/cs.h>

typedef SuiteSparse_long tessera_index;

// A matrix by columns, borrowed for the length of a call.
typedef struct {
  tessera_index rows, columns;
  const tessera_index *offsets, *indices;
  const void *values;
} tessera_csc;

// CXSparse declares its inputs without const inside the struct but does not write through them.
#define TESSERA_CS(a, entry)                                                                              \
  {.nzmax = (a).offsets[(a).columns], .m = (a).rows, .n = (a).columns, .nz = -1,                          \
   .p = (tessera_index *)(a).offsets, .i = (tessera_index *)(a).indices, .x = (entry *)(a).values}

static inline int tessera_cs_out_of_memory(void) { return errno == ENOMEM; }

// Fill-reducing order and elimination tree: AMD of A + A^H for Cholesky, of A^H A for QR, and of A^H A
// without its dense rows for LU.
static inline void *tessera_cs_analyze(char t, char kind, tessera_csc a) {
  cs_dl d = TESSERA_CS(a, double);
  cs_cl z = TESSERA_CS(a, double _Complex);
  errno = 0;
  switch (kind) {
  case 'c': return t == 'd' ? (void *)cs_dl_schol(1, &d) : (void *)cs_cl_schol(1, &z);
  case 'l': return t == 'd' ? (void *)cs_dl_sqr(2, &d, 0) : (void *)cs_cl_sqr(2, &z, 0);
  case 'q': return t == 'd' ? (void *)cs_dl_sqr(3, &d, 1) : (void *)cs_cl_sqr(3, &z, 1);
  }
  return NULL;
}

// The factorization analyzed as `s`. Null too when no pivot is nonzero (LU, which else takes the largest)
// and when a pivot is not positive (Cholesky, which reads the upper triangle).
static inline void *tessera_cs_factorize(char t, char kind, tessera_csc a, const void *s) {
  cs_dl d = TESSERA_CS(a, double);
  cs_cl z = TESSERA_CS(a, double _Complex);
  errno = 0;
  switch (kind) {
  case 'c': return t == 'd' ? (void *)cs_dl_chol(&d, s) : (void *)cs_cl_chol(&z, s);
  case 'l': return t == 'd' ? (void *)cs_dl_lu(&d, s, 1) : (void *)cs_cl_lu(&z, s, 1);
  case 'q': return t == 'd' ? (void *)cs_dl_qr(&d, s) : (void *)cs_cl_qr(&z, s);
  }
  return NULL;
}

// Everything below comes once for each scalar: X is dl or cl.
#define TESSERA_CS_READ(X, entry)                                                                         \
  static inline double tessera_##X##_predicted(const cs_##X##s *s) { return s->lnz + s->unz; }            \
  static inline tessera_index tessera_##X##_order(const cs_##X##s *s, tessera_index k) { return s->q[k]; } \
  static inline tessera_index tessera_##X##_stored(const cs_##X##n *f) {                                   \
    return f->L->p[f->L->n] + (f->U ? f->U->p[f->U->n] : 0);                                              \
  }                                                                                                       \
  static inline double tessera_##X##_pivot(const cs_##X##n *f, tessera_index k) {                         \
    return cabs(f->U->x[f->U->p[k + 1] - 1]);                                                             \
  }                                                                                                       \
  static inline void tessera_##X##_cholesky(const cs_##X##s *s, const cs_##X##n *f, entry *b, entry *x) { \
    tessera_index n = f->L->n;                                                                            \
    cs_##X##_ipvec(s->pinv, b, x, n);                                                                     \
    cs_##X##_lsolve(f->L, x);                                                                             \
    cs_##X##_ltsolve(f->L, x);                                                                            \
    cs_##X##_pvec(s->pinv, x, b, n);                                                                      \
  }                                                                                                       \
  static inline void tessera_##X##_lu(const cs_##X##s *s, const cs_##X##n *f, entry *b, entry *x) {       \
    tessera_index n = f->L->n;                                                                            \
    cs_##X##_ipvec(f->pinv, b, x, n);                                                                     \
    cs_##X##_lsolve(f->L, x);                                                                             \
    cs_##X##_usolve(f->U, x);                                                                             \
    cs_##X##_ipvec(s->q, x, b, n);                                                                        \
  }                                                                                                       \
  static inline void tessera_##X##_qr(const cs_##X##s *s, const cs_##X##n *f, tessera_index m, entry *b,  \
                                      entry *x) {                                                         \
    tessera_index n = f->U->n;                                                                            \
    cs_##X##_ipvec(s->pinv, b, x, m);                                                                     \
    for (tessera_index k = 0; k < n; k++) cs_##X##_happly(f->L, k, f->B[k], x);                           \
    cs_##X##_usolve(f->U, x);                                                                             \
    cs_##X##_ipvec(s->q, x, b, n);                                                                        \
  }                                                                                                       \
  static inline void tessera_##X##_qr_adjoint(const cs_##X##s *s, const cs_##X##n *f, tessera_index m,    \
                                              entry *b, entry *x) {                                       \
    tessera_index n = f->U->n;                                                                            \
    cs_##X##_pvec(s->q, b, x, n);                                                                         \
    cs_##X##_utsolve(f->U, x);                                                                            \
    for (tessera_index k = n - 1; k >= 0; k--) cs_##X##_happly(f->L, k, f->B[k], x);                      \
    cs_##X##_pvec(s->pinv, x, b, m);                                                                      \
  }
TESSERA_CS_READ(dl, double)
TESSERA_CS_READ(cl, double _Complex)

// Entries of both factors that the analysis predicts: exact for Cholesky, a bound for QR, a guess for LU.
static inline double tessera_cs_predicted(char t, const void *s) {
  return t == 'd' ? tessera_dl_predicted(s) : tessera_cl_predicted(s);
}

// Entries stored in both factors.
static inline tessera_index tessera_cs_stored(char t, const void *f) {
  return t == 'd' ? tessera_dl_stored(f) : tessera_cl_stored(f);
}

// The column of A that is eliminated in step k of LU or QR.
static inline tessera_index tessera_cs_column(char t, const void *s, tessera_index k) {
  return t == 'd' ? tessera_dl_order(s, k) : tessera_cl_order(s, k);
}

// |u_kk| of LU, |r_kk| of QR.
static inline double tessera_cs_pivot(char t, const void *f, tessera_index k) {
  return t == 'd' ? tessera_dl_pivot(f, k) : tessera_cl_pivot(f, k);
}

// The length of the workspace x of a QR solve: the rows of A and those that make up for empty ones.
static inline tessera_index tessera_cs_extended_rows(char t, const void *s) {
  return t == 'd' ? ((const cs_dls *)s)->m2 : ((const cs_cls *)s)->m2;
}

// b := A^-1 b; x is workspace of n zeros.
static inline void tessera_cs_cholesky_solve(char t, const void *s, const void *f, void *b, void *x) {
  t == 'd' ? tessera_dl_cholesky(s, f, b, x) : tessera_cl_cholesky(s, f, b, x);
}
static inline void tessera_cs_lu_solve(char t, const void *s, const void *f, void *b, void *x) {
  t == 'd' ? tessera_dl_lu(s, f, b, x) : tessera_cl_lu(s, f, b, x);
}

// A has m >= n rows. First n of b := the least-squares solution of A x = b; x is extended_rows zeros.
static inline void tessera_cs_qr_solve(char t, const void *s, const void *f, tessera_index m, void *b, void *x) {
  t == 'd' ? tessera_dl_qr(s, f, m, b, x) : tessera_cl_qr(s, f, m, b, x);
}
// The m of b := the solution of least norm of A^H x = the first n of b.
static inline void tessera_cs_qr_adjoint_solve(char t, const void *s, const void *f, tessera_index m, void *b,
                                               void *x) {
  t == 'd' ? tessera_dl_qr_adjoint(s, f, m, b, x) : tessera_cl_qr_adjoint(s, f, m, b, x);
}

// Frees a factorization and its analysis; either may be null.
static inline void tessera_cs_free(char t, void *s, void *f) {
  if (t == 'd') {
    cs_dl_sfree(s);
    cs_dl_nfree(f);
  } else {
    cs_cl_sfree(s);
    cs_cl_nfree(f);
  }
}

#undef TESSERA_CS
#undef TESSERA_CS_READ
