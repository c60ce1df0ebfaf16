/* Names of the program's template: mkstemp(3) and its relatives. */
#include "shim/refuse.h"

#include <stdlib.h>
#include <unistd.h>

#define XS "XXXXXX"

static bool may_be_ours(const char *template)
{
	return ours_at(AT_FDCWD, template) || (template && ours_bent(template)) ||
	       ours_by_link(AT_FDCWD, template);
}

/* Whatever the X's would become, the name is new. */
static int refuse_temp(struct place *p, const char *template, bool dir, int suffix)
{
	long n = (long)strlen(template) - suffix - (long)strlen(XS);
	int err;

	if (p->kind == PLACE_REAL)
		return 0;
	if (suffix < 0 || n < 0 || memcmp(template + n, XS, strlen(XS)) != 0)
		return -EINVAL;
	err = refuse(p, template, dir ? MAKE_DIR : MAKE);
	return err == -EEXIST ? -EROFS : err;
}

/* The real call's choice is copied back. */
static int make_temp(const char *call, char *template, bool dir, int suffix, int flags)
{
	uint64_t begun = TRACE_BEGIN();
	PLACE(p, AT_FDCWD, template);
	char *path = (char *)p.path, *name = strrchr(template, '/');
	int ret = refuse_temp(&p, template, dir, suffix);

	TRACE_END(begun, call, AT_FDCWD, template, NULL, ret);
	if (RESULT(ret) < 0)
		return -1;
	if (dir)
		ret = REAL(mkdtemp)(path) ? 0 : -1;
	else
		ret = REAL(mkostemps)(path, suffix, flags);
	if (path != template && ret >= 0)
		memcpy(name ? name + 1 : template, strrchr(path, '/') + 1,
		        strlen(name ? name + 1 : template));
	return ret;
}

#define MAKE_TEMP(template, suffix, flags, call)                                                   \
	(may_be_ours(template) ? make_temp(__func__, template, false, suffix, flags) : (call))

EXPORT int mkstemp(char *template)
{
	return MAKE_TEMP(template, 0, 0, REAL(mkstemp)(template));
}

EXPORT int mkostemp(char *template, int flags)
{
	return MAKE_TEMP(template, 0, flags, REAL(mkostemp)(template, flags));
}

EXPORT int mkstemps(char *template, int suffix)
{
	return MAKE_TEMP(template, suffix, 0, REAL(mkstemps)(template, suffix));
}

EXPORT int mkostemps(char *template, int suffix, int flags)
{
	return MAKE_TEMP(template, suffix, flags, REAL(mkostemps)(template, suffix, flags));
}

EXPORT char *mkdtemp(char *template)
{
	if (!may_be_ours(template))
		return REAL(mkdtemp)(template);
	return make_temp(__func__, template, true, 0, 0) < 0 ? NULL : template;
}

TWIN_OF(mkstemp) int mkstemp64(char *template);
TWIN_OF(mkostemp) int mkostemp64(char *template, int flags);
TWIN_OF(mkstemps) int mkstemps64(char *template, int suffix);
TWIN_OF(mkostemps) int mkostemps64(char *template, int suffix, int flags);
