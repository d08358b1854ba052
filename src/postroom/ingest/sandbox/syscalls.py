"""A filter in the kernel that leaves a reader the few system calls that computing needs (seccomp-bpf).

An allow-list: whatever is not named fails with EPERM. No file can be opened or changed, no socket made, no
program started, no other process touched. What a reader works with it holds already: its file, read-only, and
one socket to who asked for it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Sequence
from dataclasses import dataclass

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_NAME = 15
_SET_MODE_FILTER = 1
_IN_ALL_THREADS = 1

_ALLOW = 0x7FFF0000
_KILL_PROCESS = 0x80000000
_ERRNO = 0x00050000
_EPERM_IT = _ERRNO | errno.EPERM

# Instructions of classic BPF (linux/bpf_common.h) and where struct seccomp_data has its fields.
_LOAD = 0x20
_JUMP_IF_EQUAL = 0x15
_JUMP_IF_BITS = 0x45
_RETURN = 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16

_CLONE_THREAD = 0x00010000
_PROT_EXEC = 4
_F_DUPFD_CLOEXEC = 1030

# Name: number on x86_64 and on aarch64; None where that machine does not have it.
_HARMLESS: dict[str, tuple[int | None, int | None]] = {
    # What it holds: its file, its socket.
    "read": (0, 63),
    "readv": (19, 65),
    "pread64": (17, 67),
    "lseek": (8, 62),
    "write": (1, 64),
    "writev": (20, 66),
    "close": (3, 57),
    "fstat": (5, 80),
    "sendto": (44, 206),
    "recvfrom": (45, 207),
    "poll": (7, None),
    "ppoll": (271, 73),
    # How threads wake one another.
    "epoll_create1": (291, 20),
    "epoll_ctl": (233, 21),
    "epoll_wait": (232, None),
    "epoll_pwait": (281, 22),
    "eventfd2": (290, 19),
    # Memory.
    "brk": (12, 214),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "madvise": (28, 233),
    # Threads and time.
    "futex": (202, 98),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "gettid": (186, 178),
    "getpid": (39, 172),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "membarrier": (324, 283),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101),
    "gettimeofday": (96, 169),
    "getrandom": (318, 278),
    "getrusage": (98, 165),
    # Signals to itself, and the end.
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    "exit": (60, 93),
    "exit_group": (231, 94),
}


@dataclass(frozen=True, slots=True)
class _Machine:
    """What differs between processors: a name for the kernel, the numbers of calls with conditions."""

    audit_name: int
    column: int
    mmap: int
    mprotect: int
    clone: int
    clone3: int
    fcntl: int
    prctl: int
    prlimit64: int
    tgkill: int
    seccomp: int


_MACHINES = {
    "x86_64": _Machine(0xC000003E, 0, 9, 10, 56, 435, 72, 157, 302, 234, 317),
    "aarch64": _Machine(0xC00000B7, 1, 222, 226, 220, 435, 25, 167, 261, 131, 277),
}


def available() -> bool:
    """Tell whether this machine and its kernel have such filters."""
    return platform.system() == "Linux" and platform.machine() in _MACHINES


def forbid_all_but_computing() -> None:
    """Install the filter in every thread of this process, and in those that they start, for good.

    Raises OSError when the kernel does not take it.
    """
    machine = _MACHINES[platform.machine()]
    program = b"".join(_program(machine, os.getpid()))
    libc = ctypes.CDLL(None, use_errno=True)
    instructions = ctypes.create_string_buffer(program, len(program))
    filter_ = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(instructions))
    if (
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
        or libc.syscall(machine.seccomp, _SET_MODE_FILTER, _IN_ALL_THREADS, filter_) != 0
    ):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _program(machine: _Machine, own_pid: int) -> Sequence[bytes]:
    numbers = [pair[machine.column] for pair in _HARMLESS.values()]
    return [
        _load(_ARCHITECTURE_AT),
        _jump(_JUMP_IF_EQUAL, machine.audit_name, past=1),
        _return(_KILL_PROCESS),
        _load(_NUMBER_AT),
        *(step for number in numbers if number is not None for step in _case(number, [_return(_ALLOW)])),
        *_case(machine.mmap, _with_bits(2, _PROT_EXEC, _EPERM_IT, otherwise=_ALLOW)),
        *_case(machine.mprotect, _with_bits(2, _PROT_EXEC, _EPERM_IT, otherwise=_ALLOW)),
        # Threads, no processes. glibc asks clone3 first, whose flags cannot be seen, and then takes clone.
        *_case(machine.clone, _with_bits(0, _CLONE_THREAD, _ALLOW, otherwise=_EPERM_IT)),
        *_case(machine.clone3, [_return(_ERRNO | errno.ENOSYS)]),
        *_case(machine.fcntl, _equal(1, _F_DUPFD_CLOEXEC)),
        *_case(machine.prctl, _equal(0, _PR_SET_NAME)),
        # Limits may be asked for; a pointer to new ones must be null.
        *_case(machine.prlimit64, _equal(2, 0)),
        # abort() sends itself a signal.
        *_case(machine.tgkill, _equal(0, own_pid)),
        _return(_EPERM_IT),
    ]


def _case(number: int, steps: Sequence[bytes]) -> Sequence[bytes]:
    """For the call of this number take `steps`, which end in a return; for others go on behind them."""
    return [_jump(_JUMP_IF_EQUAL, number, past=0, otherwise=len(steps)), *steps]


def _with_bits(argument: int, bits: int, verdict: int, *, otherwise: int) -> Sequence[bytes]:
    low = _ARGUMENTS_AT + 8 * argument
    return [_load(low), _jump(_JUMP_IF_BITS, bits, otherwise=1), _return(verdict), _return(otherwise)]


def _equal(argument: int, value: int) -> Sequence[bytes]:
    """Allow the call when an argument, all 64 bits of it, has this value."""
    low = _ARGUMENTS_AT + 8 * argument
    return [
        _load(low),
        _jump(_JUMP_IF_EQUAL, value, otherwise=3),
        _load(low + 4),
        _jump(_JUMP_IF_EQUAL, 0, otherwise=1),
        _return(_ALLOW),
        _return(_EPERM_IT),
    ]


def _load(offset: int) -> bytes:
    return _instruction(_LOAD, 0, 0, offset)


def _jump(kind: int, value: int, *, past: int = 0, otherwise: int = 0) -> bytes:
    return _instruction(kind, past, otherwise, value)


def _return(verdict: int) -> bytes:
    return _instruction(_RETURN, 0, 0, verdict)


def _instruction(code: int, if_true: int, if_false: int, value: int) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)
