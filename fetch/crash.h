/*
 * The last words of an agent that crashes: the signal and the call stack, in its log, so that a
 * report of "the agent was gone" says where.
 */
#ifndef LARDER_FETCH_CRASH_H
#define LARDER_FETCH_CRASH_H

/*
 * Installs handlers for SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT that write to `fd` and then let
 * the signal take its course (core(5) included). Once, in the agent's process alone, never in a
 * host's.
 */
void crash_log_to(int fd);

#endif
