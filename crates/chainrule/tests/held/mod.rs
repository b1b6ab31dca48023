//! An allocator that counts the bytes each thread holds; the tests of other crates take this file too.
#![allow(unsafe_code, reason = "a global allocator is an unsafe trait")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Counts the bytes that each thread holds, and the most that it held. A thread that frees what another one asked for holds
/// less than nothing.
struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on to the system's allocator; the counters are plain numbers. What is not here (zeroed and
// grown memory) comes to `alloc` by default, and is counted there.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.get().saturating_add_unsigned(layout.size());
        HELD.set(held);
        MOST.set(MOST.get().max(held));
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.set(HELD.get().saturating_sub_unsigned(layout.size()));
        // SAFETY: the pointer came from `System.alloc` with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// What work gives, and the most bytes that it held at a time beyond those that were held before it.
pub(crate) fn most_held<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = HELD.get();
    MOST.set(before);
    let result = std::hint::black_box(work());
    (result, MOST.get().abs_diff(before))
}

/// To be called first: an allocator that is not asked finds no memory anywhere.
pub(crate) fn assert_that_bytes_count() {
    let (text, most) = most_held(|| "x".repeat(1 << 20));
    assert!((1 << 20..2 << 20).contains(&most), "{most} bytes counted for {}", text.len());
}
