#include "cache/read/key.h"
#include "cache/read/text.h"

#include <errno.h>
#include <string.h>

#define ESCAPE '~'
#define PIECE  '+'
#define OWN    '='

static bool is_marked(const char *s, size_t n, char mark)
{
	return n >= 2 && s[0] == '%' && s[1] == mark;
}

static bool needs_escape(const char *s, size_t n)
{
	if (n == 0 || (n == 1 && s[0] == '.') || (n == 2 && s[0] == '.' && s[1] == '.'))
		return true;
	return is_marked(s, n, ESCAPE) || is_marked(s, n, PIECE) || is_marked(s, n, OWN);
}

static int append(char *out, size_t size, size_t *len, const char *s, size_t n)
{
	if (size - *len <= n)
		return -ENAMETOOLONG;
	memcpy(out + *len, s, n);
	*len += n;
	out[*len] = 0;
	return 0;
}

int key_append_name(char *out, size_t size, size_t *len, const char *segment, size_t n)
{
	int err = append(out, size, len, "/", 1);

	if (!err && needs_escape(segment, n))
		err = append(out, size, len, "%~", 2);
	return err ? err : append(out, size, len, segment, n);
}

int key_append_disk(char *out, size_t size, size_t *len, const char *name, size_t n)
{
	int err = append(out, size, len, "/", 1);

	while (!err && n > KEY_NAME_MAX) {
		err = append(out, size, len, "%+", 2);
		if (!err)
			err = append(out, size, len, name, KEY_PIECE);
		if (!err)
			err = append(out, size, len, "/", 1);
		name += KEY_PIECE;
		n -= KEY_PIECE;
	}
	return err ? err : append(out, size, len, name, n);
}

/* Like key_append_disk, for a segment of a key. The mark makes a name two bytes longer. */
static int append_segment(char *out, size_t size, size_t *len, const char *segment, size_t n)
{
	char name[KEY_MAX + 3];

	if (!needs_escape(segment, n))
		return key_append_disk(out, size, len, segment, n);
	if (n > KEY_MAX)
		return -ENAMETOOLONG;
	name[0] = '%';
	name[1] = ESCAPE;
	memcpy(name + 2, segment, n);
	return key_append_disk(out, size, len, name, n + 2);
}

int key_to_rel(char *out, size_t size, const char *dir, const char *key)
{
	size_t len = 0;
	int err = append(out, size, &len, dir, strlen(dir));

	while (!err && *key) {
		size_t n = text_until(key, '/');

		err = append_segment(out, size, &len, key, n);
		key += n + (key[n] == '/');
	}
	return err;
}

int key_from_rel_in(char *out, size_t size, const char *rel, char again[static KEY_REL_MAX])
{
	size_t len = 0, dir_len = text_until(rel, '/');
	const char *p = rel + dir_len;
	bool piece = false; /* the next component continues a name */
	size_t segment = 0; /* where in out the last one begins */
	int err = 0;

	out[0] = 0;
	while (*p == '/' && !err) {
		size_t n = text_until(++p, '/');
		const char *name = p;
		bool first = !piece;

		p += n;
		if (first && name != rel + dir_len + 1)
			err = append(out, size, &len, "/", 1);
		segment = first ? len : segment;
		piece = is_marked(name, n, PIECE);
		if (piece) {
			name += 2;
			n -= 2;
		}
		/* The mark was there before the cut. */
		if (first && is_marked(name, n, ESCAPE)) {
			name += 2;
			n -= 2;
		}
		if (!err)
			err = append(out, size, &len, name, n);
	}
	/* Without this slash, an empty segment at the end would be none. */
	if (!err && rel[dir_len] && segment == len)
		err = append(out, size, &len, "/", 1);
	if (err)
		return err;
	/* Only the one spelling that a key has is its name; so no two paths lead to one object. */
	if (dir_len >= KEY_REL_MAX)
		return -EINVAL;
	memcpy(again, rel, dir_len);
	again[dir_len] = 0;
	err = key_to_rel(again + dir_len, KEY_REL_MAX - dir_len, "", out);
	return err ? err : strcmp(again, rel) == 0 ? 0 : -EINVAL;
}

int key_from_rel(char *out, size_t size, const char *rel)
{
	char again[KEY_REL_MAX];

	return key_from_rel_in(out, size, rel, again);
}

int key_to_directory(char *out, size_t size, const char *key)
{
	size_t len = 0, n = strlen(key);
	int err = append(out, size, &len, key, n);

	return err || !n || key[n - 1] == '/' ? err : append(out, size, &len, "/", 1);
}
