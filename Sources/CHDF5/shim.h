// HDF5. Its functions import as they are; most of its constants are macros over casts or over variables that the
// library sets when it starts, which Swift cannot import: the inlines below give those that are needed.
#include <hdf5.h>

static inline hid_t tessera_h5_default(void) { return H5P_DEFAULT; }
static inline hid_t tessera_h5_everything(void) { return H5S_ALL; }
static inline hid_t tessera_h5_error_stack(void) { return H5E_DEFAULT; }
static inline unsigned tessera_h5_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned tessera_h5_truncate(void) { return H5F_ACC_TRUNC; }

static inline hid_t tessera_h5_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t tessera_h5_link_access(void) { return H5P_LINK_ACCESS; }

static inline hid_t tessera_h5_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t tessera_h5_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t tessera_h5_int32(void) { return H5T_NATIVE_INT32; }
static inline hid_t tessera_h5_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t tessera_h5_text(void) { return H5T_C_S1; }

// A file that nobody else can open needs no lock; one would stay with whatever inherits the descriptor.
static inline herr_t tessera_h5_without_lock(hid_t access) {
#if H5_VERSION_GE(1, 10, 7)
  return H5Pset_file_locking(access, 0, 1);
#else
  return 0;
#endif
}

// The kind of the link `name`, or H5L_TYPE_ERROR where there is none. (The structure that tells it differs between
// the library's versions.)
static inline H5L_type_t tessera_h5_link_kind(hid_t group, const char *name) {
  H5L_info_t info;
  if (H5Lexists(group, name, H5P_DEFAULT) <= 0) return H5L_TYPE_ERROR;
  return H5Lget_info(group, name, &info, H5P_DEFAULT) < 0 ? H5L_TYPE_ERROR : info.type;
}

// A number that of all objects in the file only the one behind the hard link `name` has; all ones where that is not
// known.
static inline unsigned long tessera_h5_object_number(hid_t group, const char *name) {
  H5G_stat_t info;
  return H5Gget_objinfo(group, name, 0, &info) < 0 ? ~0ul : info.objno[0];
}
