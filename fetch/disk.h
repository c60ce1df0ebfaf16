/*
 * What the loop itself does on a tier's disk: the only way by which it may.
 *
 * On a disk of this host these are plain calls. On a network file system a thread makes them, and
 * the loop waits for it at most GUARD_PATIENCE_MS (guard.h): then the tier is lost (tier_lost), and
 * everything here fails at once with -EHOSTDOWN until it is found again. Closing and noting do not
 * wait at all. `t` is the tier: agent or agent->local.
 */
#ifndef LARDER_FETCH_DISK_H
#define LARDER_FETCH_DISK_H

#include "cache/temp.h"
#include "fetch/agent.h"

struct disk_file {
	int fd; /* O_RDONLY; -1 if there is no regular file */
	struct stat st;
	struct meta meta;
};

/* An object's file, as it is; `anew`: whatever this host remembers of its folder (cache/again.h).
 */
void disk_look(struct agent *t, const char *rel, bool anew, struct disk_file *f);

/* Sets its mode, and looks again. 0 or -errno. */
int disk_set_mode(struct agent *t, int fd, mode_t mode, struct stat *st);

/* Opens under data/; one more time a file that is open (by its number, or without /proc by its
 * name); a temporary file. The descriptor or -errno. */
int disk_open_data(struct agent *t, const char *rel);
int disk_open_again(struct agent *t, const char *rel, int fd);
int disk_open_temp(struct agent *t, const struct temp *temp);

/* cache/temp.h. What cannot be made there is made unnamed elsewhere. Where a thread that writes or
 * seals was not waited for, the descriptor is its own from then on, and temp->fd is -1. */
int disk_create(struct agent *t, struct temp *temp, uint64_t hash, uint64_t size, bool keep);
int disk_reserve(struct agent *t, const struct temp *temp, uint64_t size);
int disk_seal(struct agent *t, struct temp *temp, const struct meta *m, int64_t mtime,
        bool executable, struct stat *st);

/* Writes a buffer of malloc's whole; *buffer is NULL afterwards if it is not the caller's any more.
 * 0 or -errno. */
int disk_write(struct agent *t, struct temp *temp, char **buffer, size_t n, uint64_t at);

/* Later, in this order: */
void disk_unkeep(struct agent *t, struct temp *temp);
void disk_release(struct agent *t, struct temp *temp);
void disk_close(struct agent *t, int fd);
void disk_validated(struct agent *t, int fd, const char *rel, const struct stat *st,
        const struct meta *m, int64_t now);

/* cache/trash.h: it goes. 0 or -errno. */
int disk_trash(struct agent *t, const char *rel);

/* The listing of a directory under dirs/ (cache/listing_build.h): whether there is one that was
 * fetched since `oldest`; and bringing it to the runtime folder. */
bool disk_has_listing(struct agent *t, const char *rel, int64_t oldest);
int disk_restore_listing(struct agent *t, const char *rel, uint64_t expiry, int64_t oldest);

/* Notes a use now, if that may be (*noted). Whether there is such a file; *st is it. */
bool disk_used(struct agent *t, const char *rel, struct stat *st, bool *noted);

#endif
