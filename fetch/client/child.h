/*
 * A child for what would change this process: it shares the memory and has the rest for itself.
 *
 * Nothing is copied, however large the process is, and nobody learns of the child: it ends without
 * a signal, and wait() does not see it (__WCLONE). All signals are blocked meanwhile, for no
 * handler may run in a child that shares its memory. Async-signal-safe.
 */
#ifndef LARDER_FETCH_CLIENT_CHILD_H
#define LARDER_FETCH_CLIENT_CHILD_H

#define KERNEL_NSIG_BYTES 8 /* of a set of signals, as the kernel has it */

/*
 * Runs `body` in a child until it ends, on a stack that ends before `stack_end`, a multiple of 16.
 * It may call nothing but the kernel, and errno is not its own. 0, or -EAGAIN if there was no
 * child.
 */
int child_run(int (*body)(void *), void *arg, char *stack_end);

#endif
