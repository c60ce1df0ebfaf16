/*
 * Manifests: the list of all files of a remote that cannot list, as a file beside them.
 *
 * One file a line, fields separated by one TAB:
 *
 *	PATH<TAB>SIZE[<TAB>MTIME[<TAB>ETAG]]
 *
 * as `find . -type f -printf '%P\t%s\t%T@\n'` prints them. PATH is literal bytes (nothing is
 * escaped, so a TAB or newline cannot occur in it) and follows manifest_path_ok. SIZE is in
 * bytes. MTIME is in seconds since 1970, its fraction is cut off; empty or missing, the file
 * shows STORE_MTIME_DIR. ETAG is a strong one with its quotes, as the server sends it, or empty.
 * Empty lines and lines that begin with '#' are skipped; CRLF ends a line as LF does. Of two
 * lines with one PATH the last wins; of `a` beside `a/b` the directory wins. Directories are not
 * listed: they follow from the paths.
 *
 *	manifest_open(&m, fd, err);                     once the file is here, whole
 *	manifest_list(m, "dir/", cb, arg);              any number of times
 *	manifest_lookup(m, "dir/name", &info, &is_dir);
 *	manifest_close(m);
 *
 * The file is mapped, not copied: it must neither change nor shrink until manifest_close, as the
 * files of the cache never do. What is in it is not trusted. Besides the map it costs 4 bytes a
 * file, and twice that during manifest_open. Between open and close the struct is constant, and
 * may be used by any number of threads.
 */
#ifndef LARDER_FETCH_MANIFEST_H
#define LARDER_FETCH_MANIFEST_H

#include "fetch/store.h"

#define MANIFEST_SIZE_MAX  (1 << 30) /* bytes of the file */
#define MANIFEST_FILES_MAX 10000000  /* lines that name a file */

struct manifest;

/*
 * Reads the manifest that `fd` has open for reading, from its start; fd stays the caller's and
 * may be closed after the call. Blocks for as long as it takes to read and sort: seconds for
 * millions of lines that are not sorted. Returns 0, or with a message (what, in which line, what
 * to do) -EPROTO for a bad line, -EFBIG or -E2BIG beyond the limits, -EINVAL for what is no
 * regular file, -ENOMEM, or -errno of mapping it.
 */
int manifest_open(struct manifest **m, int fd, char err[static STORE_ERROR_MAX]);
void manifest_close(struct manifest *m); /* may be NULL */

/* How many files it names, without duplicates and without those that a directory hides. */
size_t manifest_count(const struct manifest *m);

/*
 * Gives each child of the directory `dir` ("" or ending in '/') once, in bytewise order of the
 * names. The cost follows the number of children, not that of the files below them. Returns 0,
 * -ENOENT if nothing lies in dir (the root always exists), -EINVAL for a dir without its '/', or
 * what the callback returned if not 0.
 */
int manifest_list(const struct manifest *m, const char *dir, store_entry_cb *cb, void *arg);

/*
 * Finds a file or directory by its key, without a '/' at the end; "" is the root. Returns 0 with
 * *is_dir and *info set (a directory has size 0 and mtime STORE_MTIME_DIR), or -ENOENT with both
 * untouched.
 */
int manifest_lookup(
        const struct manifest *m, const char *key, struct object_info *info, bool *is_dir);

/*
 * The rule for keys that are paths of a tree, for the stores too: 1 to STORE_KEY_MAX bytes, no
 * NUL, no '/' at either end, and no segment that is empty, "." or "..".
 */
bool manifest_path_ok(const char *path, size_t len);

#endif
