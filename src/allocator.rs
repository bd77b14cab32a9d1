//! What the C library is told of memory that is not needed: of large uploads, and while
//! the server rests.
//!
//! By itself glibc learns from the first large buffer that is freed to keep all of that
//! size, in each thread's own heap, where what is left of them comes apart. A server
//! that inflates pages would hold twice the memory that it uses.

/// Buffers from this size on are the system's own, and go back when they are freed.
#[cfg(target_env = "gnu")]
const LARGE_BYTES: i32 = 512 * 1024;

/// So much of what smaller ones leave free is kept.
#[cfg(target_env = "gnu")]
const SPARE_BYTES: i32 = 2 * 1024 * 1024;

/// To be called before there are other threads. Elsewhere than with glibc it does nothing.
#[cfg_attr(target_env = "gnu", expect(unsafe_code, reason = "the C library is told by a call"))]
pub fn give_large_buffers_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: `mallopt(3)` sets numbers of the allocator, and nobody uses it meanwhile.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE_BYTES);
        libc::mallopt(libc::M_TRIM_THRESHOLD, SPARE_BYTES);
    }
}

/// What was freed stays with the C library until it is told that it may go.
#[cfg_attr(target_env = "gnu", expect(unsafe_code, reason = "the C library is told by a call"))]
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: `malloc_trim(3)` takes no pointer and returns none, and locks what it looks at.
    unsafe {
        libc::malloc_trim(0);
    }
}
