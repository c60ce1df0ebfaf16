#!/usr/bin/env python3
"""adopt.py NAME COMMAND…: runs the command as the child of a subreaper that is called NAME, as PID 1 of a container would be.

Waits for the command, and then for every process that it left behind.
"""
import ctypes
import os
import sys

PR_SET_NAME = 15
PR_SET_CHILD_SUBREAPER = 36

libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) or libc.prctl(PR_SET_NAME, sys.argv[1].encode(), 0, 0, 0):
    sys.exit(os.strerror(ctypes.get_errno()))
if os.fork() == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
try:
    while True:
        os.wait()
except ChildProcessError:
    pass
