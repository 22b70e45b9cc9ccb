// LAPACK for four scalars behind one signature each. `t` is LAPACK's letter for the scalar: 's' float,
// 'd' double, 'c' complex float, 'z' complex double; arrays are untyped pointers, matrices column-major.
// Every function returns LAPACK's info. The orthogonal and symmetric routines carry the real names (orgqr,
// syevd) and are the unitary and Hermitian ones for a complex scalar.
#include <lapacke.h>

#define TESSERA_LAPACK(call_s, call_d, call_c, call_z)                                               \
  switch (t) {                                                                                       \
  case 's': return LAPACKE_##call_s;                                                                 \
  case 'd': return LAPACKE_##call_d;                                                                 \
  case 'c': return LAPACKE_##call_c;                                                                 \
  case 'z': return LAPACKE_##call_z;                                                                 \
  }                                                                                                  \
  return -1
// The same arguments for all four.
#define TESSERA_LAPACK_ALL(name, ...)                                                                \
  TESSERA_LAPACK(s##name(__VA_ARGS__), d##name(__VA_ARGS__), c##name(__VA_ARGS__), z##name(__VA_ARGS__))
#define COL LAPACK_COL_MAJOR

// R over the upper triangle of a, reflectors below it, their factors in tau.
static inline int tessera_geqrf(char t, int m, int n, void *a, int lda, void *tau) {
  TESSERA_LAPACK_ALL(geqrf, COL, m, n, a, lda, tau);
}

// The same with column pivoting: column j of A P is column jpvt[j] - 1 of A; jpvt is all zeros on entry.
static inline int tessera_geqp3(char t, int m, int n, void *a, int lda, int *jpvt, void *tau) {
  TESSERA_LAPACK_ALL(geqp3, COL, m, n, a, lda, jpvt, tau);
}

// The first n columns of the product of k reflectors, over a.
static inline int tessera_orgqr(char t, int m, int n, int k, void *a, int lda, const void *tau) {
  TESSERA_LAPACK(sorgqr(COL, m, n, k, a, lda, tau), dorgqr(COL, m, n, k, a, lda, tau),
                 cungqr(COL, m, n, k, a, lda, tau), zungqr(COL, m, n, k, a, lda, tau));
}

// C := Q C or Q^H C, Q the product of k reflectors.
static inline int tessera_ormqr(char t, int adjoint, int m, int n, int k, const void *a, int lda,
                                const void *tau, void *c, int ldc) {
  char r = adjoint ? 'T' : 'N', u = adjoint ? 'C' : 'N';
  TESSERA_LAPACK(sormqr(COL, 'L', r, m, n, k, a, lda, tau, c, ldc),
                 dormqr(COL, 'L', r, m, n, k, a, lda, tau, c, ldc),
                 cunmqr(COL, 'L', u, m, n, k, a, lda, tau, c, ldc),
                 zunmqr(COL, 'L', u, m, n, k, a, lda, tau, c, ldc));
}

// The drivers take their workspaces from the caller, who asks for lwork with -1; rwork is for complex
// scalars.

// Eigenvalues ascending into w (real), eigenvectors over a; the upper triangle of a is read.
static inline int tessera_syevd(char t, int n, void *a, int lda, void *w, void *work, int lwork, void *rwork,
                                int lrwork, int *iwork, int liwork) {
  TESSERA_LAPACK(ssyevd_work(COL, 'V', 'U', n, a, lda, w, work, lwork, iwork, liwork),
                 dsyevd_work(COL, 'V', 'U', n, a, lda, w, work, lwork, iwork, liwork),
                 cheevd_work(COL, 'V', 'U', n, a, lda, w, work, lwork, rwork, lrwork, iwork, liwork),
                 zheevd_work(COL, 'V', 'U', n, a, lda, w, work, lwork, rwork, lrwork, iwork, liwork));
}

// The eigenvalues number il to iu, counted from one and ascending, into w (real, n of them for work), their vectors into
// the columns of z; isuppz has 2 (iu - il + 1) elements; a is destroyed.
static inline int tessera_syevr(char t, int n, void *a, int lda, int il, int iu, double abstol, void *w, void *z,
                                int ldz, int *isuppz, void *work, int lwork, void *rwork, int lrwork, int *iwork,
                                int liwork) {
  int m = 0;
  TESSERA_LAPACK(ssyevr_work(COL, 'V', 'I', 'U', n, a, lda, 0, 0, il, iu, abstol, &m, w, z, ldz, isuppz, work, lwork,
                             iwork, liwork),
                 dsyevr_work(COL, 'V', 'I', 'U', n, a, lda, 0, 0, il, iu, abstol, &m, w, z, ldz, isuppz, work, lwork,
                             iwork, liwork),
                 cheevr_work(COL, 'V', 'I', 'U', n, a, lda, 0, 0, il, iu, abstol, &m, w, z, ldz, isuppz, work, lwork,
                             rwork, lrwork, iwork, liwork),
                 zheevr_work(COL, 'V', 'I', 'U', n, a, lda, 0, 0, il, iu, abstol, &m, w, z, ldz, isuppz, work, lwork,
                             rwork, lrwork, iwork, liwork));
}

// With vectors u is m x min(m,n) and vt min(m,n) x n, else neither is touched. Singular values into s (real);
// a is destroyed.
static inline int tessera_gesdd(char t, int vectors, int m, int n, void *a, int lda, void *s, void *u, int ldu,
                                void *vt, int ldvt, void *work, int lwork, void *rwork, int *iwork) {
  char job = vectors ? 'S' : 'N';
  TESSERA_LAPACK(sgesdd_work(COL, job, m, n, a, lda, s, u, ldu, vt, ldvt, work, lwork, iwork),
                 dgesdd_work(COL, job, m, n, a, lda, s, u, ldu, vt, ldvt, work, lwork, iwork),
                 cgesdd_work(COL, job, m, n, a, lda, s, u, ldu, vt, ldvt, work, lwork, rwork, iwork),
                 zgesdd_work(COL, job, m, n, a, lda, s, u, ldu, vt, ldvt, work, lwork, rwork, iwork));
}

// The same by implicit QR steps.
static inline int tessera_gesvd(char t, int vectors, int m, int n, void *a, int lda, void *s, void *u, int ldu,
                                void *vt, int ldvt, void *work, int lwork, void *rwork) {
  char job = vectors ? 'S' : 'N';
  TESSERA_LAPACK(sgesvd_work(COL, job, job, m, n, a, lda, s, u, ldu, vt, ldvt, work, lwork),
                 dgesvd_work(COL, job, job, m, n, a, lda, s, u, ldu, vt, ldvt, work, lwork),
                 cgesvd_work(COL, job, job, m, n, a, lda, s, u, ldu, vt, ldvt, work, lwork, rwork),
                 zgesvd_work(COL, job, job, m, n, a, lda, s, u, ldu, vt, ldvt, work, lwork, rwork));
}

// Least squares of least norm by SVD: b has max(m,n) rows, X over its first n; singular values at most rcond
// times the largest count as zero; the number of the others into rank.
static inline int tessera_gelsd(char t, int m, int n, int nrhs, void *a, int lda, void *b, int ldb, void *s,
                                double rcond, int *rank, void *work, int lwork, void *rwork, int *iwork) {
  TESSERA_LAPACK(sgelsd_work(COL, m, n, nrhs, a, lda, b, ldb, s, rcond, rank, work, lwork, iwork),
                 dgelsd_work(COL, m, n, nrhs, a, lda, b, ldb, s, rcond, rank, work, lwork, iwork),
                 cgelsd_work(COL, m, n, nrhs, a, lda, b, ldb, s, rcond, rank, work, lwork, rwork, iwork),
                 zgelsd_work(COL, m, n, nrhs, a, lda, b, ldb, s, rcond, rank, work, lwork, rwork, iwork));
}

// A = U^H U over the upper triangle of a, which alone is read. info k: the leading minor of order k is not
// positive.
static inline int tessera_potrf(char t, int n, void *a, int lda) {
  TESSERA_LAPACK_ALL(potrf_work, COL, 'U', n, a, lda);
}

// B := A^-1 B by potrf's factor.
static inline int tessera_potrs(char t, int n, int nrhs, const void *a, int lda, void *b, int ldb) {
  TESSERA_LAPACK_ALL(potrs_work, COL, 'U', n, nrhs, a, lda, b, ldb);
}

// P A = L U over a; row k was exchanged with row ipiv[k] - 1.
static inline int tessera_getrf(char t, int m, int n, void *a, int lda, int *ipiv) {
  TESSERA_LAPACK_ALL(getrf_work, COL, m, n, a, lda, ipiv);
}

// B := A^-1 B by getrf's factors.
static inline int tessera_getrs(char t, int n, int nrhs, const void *a, int lda, const int *ipiv, void *b,
                                int ldb) {
  TESSERA_LAPACK_ALL(getrs_work, COL, 'N', n, nrhs, a, lda, ipiv, b, ldb);
}
