/*
 * A listening socket that systemd made, and keeps while there is no agent (sd_listen_fds(3)).
 */
#ifndef LARDER_FETCH_ACTIVATION_H
#define LARDER_FETCH_ACTIVATION_H

/*
 * The socket that this process was given to listen at `path`: non-blocking, closed on exec.
 * -ENOENT if it was given none; -EINVAL if it is not a Unix socket of sequenced packets at that
 * path. The variables that tell of it are removed, so it is for one caller.
 */
int activation_socket(const char *path);

#endif
