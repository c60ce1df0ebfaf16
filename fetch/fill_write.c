/*
 * A fill's bytes on their way to the temporary file. On a disk of this host each piece is written
 * as it comes. On a network file system, where the loop waits for a thread that writes, pieces are
 * gathered first: what costs is the handing over, and not the copying.
 */
#include "fetch/disk.h"
#include "fetch/fill_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GATHER_SIZE (256 << 10) /* bytes of a part's buffer */

int fill_settle(struct fill_part *p)
{
	struct fill *f = p->fill;
	size_t n = p->gathered;

	p->gathered = 0;
	return n ? disk_write(f->agent, &f->temp, &p->buffer, n, p->at - n) : 0;
}

static int gather(struct fill_part *p, const char *bytes, size_t n)
{
	while (n) {
		size_t room = GATHER_SIZE - p->gathered, piece = n < room ? n : room;
		int err;

		if (!p->buffer && !(p->buffer = malloc(GATHER_SIZE)))
			return -ENOMEM;
		memcpy(p->buffer + p->gathered, bytes, piece);
		p->gathered += piece;
		p->at += piece;
		bytes += piece;
		n -= piece;
		err = p->gathered == GATHER_SIZE ? fill_settle(p) : 0;
		if (err)
			return err;
	}
	return 0;
}

int fill_write(struct fill_part *p, const char *bytes, size_t n)
{
	struct fill *f = p->fill;
	int err;

	if (f->agent->guard) {
		err = gather(p, bytes, n);
	} else {
		err = temp_write(f->temp.fd, bytes, n, p->at);
		p->at += err ? 0 : n;
	}
	f->done += err ? 0 : n;
	return err;
}

void fill_drop(struct fill_part *p)
{
	free(p->buffer);
	p->buffer = NULL;
	p->gathered = 0;
}
