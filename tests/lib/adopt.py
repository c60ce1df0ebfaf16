#!/usr/bin/env python3
"""adopt.py COMMAND…: runs the command as the child of a subreaper, as PID 1 of a container would.

Waits for the command, and then for every process that it left behind.
"""
import ctypes
import os
import sys

PR_SET_CHILD_SUBREAPER = 36

libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
    sys.exit(os.strerror(ctypes.get_errno()))
if os.fork() == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
try:
    while True:
        os.wait()
except ChildProcessError:
    pass
