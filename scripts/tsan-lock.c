// The slow path of Synchronization.Mutex, in the eyes of Thread Sanitizer.
//
// The fast path of that lock is compiled into this project, and the sanitizer sees it. The slow path, which a thread takes
// where another one holds the lock, lies in a library that is not instrumented: the sanitizer misses that one owner comes
// after the other, and reports two threads that take turns correctly. scripts/sanitize links this one in its place.
//
// It stands for _MutexHandle._lockSlow(_: UInt32) of swift/stdlib/public/Synchronization/Mutex/LinuxImpl.swift: the lock
// is free at 0, and otherwise holds the number of its thread. No waiter sleeps here, so that unlocking is always the fast
// path.

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

__attribute__((swiftcall)) void lock_slow(uint32_t thread, __attribute__((swift_context)) _Atomic(uint32_t) *lock)
    __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");

__attribute__((swiftcall)) void lock_slow(uint32_t thread, __attribute__((swift_context)) _Atomic(uint32_t) *lock) {
    uint32_t unlocked = 0;
    while (!atomic_compare_exchange_weak_explicit(lock, &unlocked, thread, memory_order_acquire, memory_order_relaxed)) {
        unlocked = 0;
        sched_yield();
    }
}
