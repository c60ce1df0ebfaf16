/* A profile with nothing set: every text of it is "". For tests that need no configuration. */
#ifndef LARDER_TESTS_BARE_PROFILE_H
#define LARDER_TESTS_BARE_PROFILE_H

#include "cache/read/config.h"

static inline void bare_profile(struct profile *p)
{
	const char *none;

	*p = (struct profile){
	        .name = "p", .scheme = "", .authority = "", .prefix = "", .version = "", .dir = ""};
/* Whatever type of setting is a text. */
#define OF_cache(...)
#define OF_local(...)
#define OF_shim(...)
#define OF_category(...)
#define OF_profile(type, key)                            *_Generic(p->key, const char * : &p->key, default : &none) = "";
#define SETTING(section, key, type, def, min, max, help) OF_##section(type, key)
#include "cache/read/settings.def"
#undef SETTING
#undef OF_profile
#undef OF_category
#undef OF_shim
#undef OF_local
#undef OF_cache
	(void)none;
}

#endif
