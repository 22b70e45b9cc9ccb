// zlib: gzip streams (inflate, deflate).
#include <zlib.h>
