// The BLAS for four scalars behind one signature each. `t` is LAPACK's letter for the scalar: 's' float,
// 'd' double, 'c' complex float, 'z' complex double; scalars and arrays are passed as untyped pointers
// and matrices are column-major.
#include <cblas.h>

// How OpenBLAS takes and leaves the memory that a call works in; absent where the library is another one, or hides
// them.
extern void *blas_memory_alloc(int place) __attribute__((weak));
extern void blas_memory_free(void *memory) __attribute__((weak));

// Takes the memory for `count` calls at a time, 64 at most, and leaves it; OpenBLAS keeps it for later calls.
static inline void tessera_blas_prepare(int count) {
  void *taken[64];
  if (!blas_memory_alloc || !blas_memory_free) return;
  if (count > 64) count = 64;
  for (int i = 0; i < count; i++) taken[i] = blas_memory_alloc(0);
  for (int i = 0; i < count; i++) blas_memory_free(taken[i]);
}

#define F(p) (*(const float *)(p))
#define D(p) (*(const double *)(p))

// C := alpha op(A) op(B) + beta C
static inline void tessera_gemm(char t, CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int m, int n, int k,
                                const void *alpha, const void *a, int lda, const void *b, int ldb,
                                const void *beta, void *c, int ldc) {
  switch (t) {
  case 's': cblas_sgemm(CblasColMajor, ta, tb, m, n, k, F(alpha), a, lda, b, ldb, F(beta), c, ldc); break;
  case 'd': cblas_dgemm(CblasColMajor, ta, tb, m, n, k, D(alpha), a, lda, b, ldb, D(beta), c, ldc); break;
  case 'c': cblas_cgemm(CblasColMajor, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc); break;
  case 'z': cblas_zgemm(CblasColMajor, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc); break;
  }
}

// y := alpha op(A) x + beta y. Complex y := A x goes through GEMM: GEMV of OpenBLAS 0.3.21 on Haswell and Zen reads,
// though it does not use, one column past the end of A.
static inline void tessera_gemv(char t, CBLAS_TRANSPOSE ta, int m, int n, const void *alpha,
                                const void *a, int lda, const void *x, const void *beta, void *y) {
  if (ta == CblasNoTrans && (t == 'c' || t == 'z')) {
    if (t == 'c') cblas_cgemm(CblasColMajor, ta, ta, m, 1, n, alpha, a, lda, x, n, beta, y, m);
    else cblas_zgemm(CblasColMajor, ta, ta, m, 1, n, alpha, a, lda, x, n, beta, y, m);
    return;
  }
  switch (t) {
  case 's': cblas_sgemv(CblasColMajor, ta, m, n, F(alpha), a, lda, x, 1, F(beta), y, 1); break;
  case 'd': cblas_dgemv(CblasColMajor, ta, m, n, D(alpha), a, lda, x, 1, D(beta), y, 1); break;
  case 'c': cblas_cgemv(CblasColMajor, ta, m, n, alpha, a, lda, x, 1, beta, y, 1); break;
  case 'z': cblas_zgemv(CblasColMajor, ta, m, n, alpha, a, lda, x, 1, beta, y, 1); break;
  }
}

// Upper triangle of C := op(A) op(A)^H + C with op chosen by ta (NoTrans: A A^H; otherwise A^H A)
static inline void tessera_herk(char t, CBLAS_TRANSPOSE ta, int n, int k, const void *a, int lda, void *c,
                                int ldc) {
  switch (t) {
  case 's': cblas_ssyrk(CblasColMajor, CblasUpper, ta == CblasNoTrans ? CblasNoTrans : CblasTrans, n, k, 1, a, lda, 1, c, ldc); break;
  case 'd': cblas_dsyrk(CblasColMajor, CblasUpper, ta == CblasNoTrans ? CblasNoTrans : CblasTrans, n, k, 1, a, lda, 1, c, ldc); break;
  case 'c': cblas_cherk(CblasColMajor, CblasUpper, ta == CblasNoTrans ? CblasNoTrans : CblasConjTrans, n, k, 1, a, lda, 1, c, ldc); break;
  case 'z': cblas_zherk(CblasColMajor, CblasUpper, ta == CblasNoTrans ? CblasNoTrans : CblasConjTrans, n, k, 1, a, lda, 1, c, ldc); break;
  }
}

// B := alpha op(A)^-1 B (side left) or alpha B op(A)^-1 (side right), A triangular
static inline void tessera_trsm(char t, CBLAS_SIDE side, CBLAS_UPLO uplo, CBLAS_TRANSPOSE ta,
                                CBLAS_DIAG diag, int m, int n, const void *alpha, const void *a, int lda,
                                void *b, int ldb) {
  switch (t) {
  case 's': cblas_strsm(CblasColMajor, side, uplo, ta, diag, m, n, F(alpha), a, lda, b, ldb); break;
  case 'd': cblas_dtrsm(CblasColMajor, side, uplo, ta, diag, m, n, D(alpha), a, lda, b, ldb); break;
  case 'c': cblas_ctrsm(CblasColMajor, side, uplo, ta, diag, m, n, alpha, a, lda, b, ldb); break;
  case 'z': cblas_ztrsm(CblasColMajor, side, uplo, ta, diag, m, n, alpha, a, lda, b, ldb); break;
  }
}

// *result := x^H y
static inline void tessera_dot(char t, int n, const void *x, const void *y, void *result) {
  switch (t) {
  case 's': *(float *)result = cblas_sdot(n, x, 1, y, 1); break;
  case 'd': *(double *)result = cblas_ddot(n, x, 1, y, 1); break;
  case 'c': cblas_cdotc_sub(n, x, 1, y, 1, result); break;
  case 'z': cblas_zdotc_sub(n, x, 1, y, 1, result); break;
  }
}

// y := alpha x + y
static inline void tessera_axpy(char t, int n, const void *alpha, const void *x, void *y) {
  switch (t) {
  case 's': cblas_saxpy(n, F(alpha), x, 1, y, 1); break;
  case 'd': cblas_daxpy(n, D(alpha), x, 1, y, 1); break;
  case 'c': cblas_caxpy(n, alpha, x, 1, y, 1); break;
  case 'z': cblas_zaxpy(n, alpha, x, 1, y, 1); break;
  }
}

// x := alpha x
static inline void tessera_scal(char t, int n, const void *alpha, void *x) {
  switch (t) {
  case 's': cblas_sscal(n, F(alpha), x, 1); break;
  case 'd': cblas_dscal(n, D(alpha), x, 1); break;
  case 'c': cblas_cscal(n, alpha, x, 1); break;
  case 'z': cblas_zscal(n, alpha, x, 1); break;
  }
}

// |x|_2, scaled against overflow
static inline double tessera_nrm2(char t, int n, const void *x) {
  switch (t) {
  case 's': return cblas_snrm2(n, x, 1);
  case 'd': return cblas_dnrm2(n, x, 1);
  case 'c': return cblas_scnrm2(n, x, 1);
  case 'z': return cblas_dznrm2(n, x, 1);
  }
  return 0;
}

#undef F
#undef D

// Asks for the cache line at p, which is about to be read: the rows that a sparse product gathers are known well
// before they are used, and lie anywhere.
static inline void tessera_prefetch(const void *p) { __builtin_prefetch(p, 0, 3); }
