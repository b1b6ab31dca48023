//! Memory whose first number lies at the start of a cache line, or of a large page where there is that much of it.
//!
//! A register that is read across the border of two cache lines costs two reads. And a product walks down columns, one
//! row and so one page further with each term: with pages of 2 MiB the processor finds them all without looking up.

#![allow(unsafe_code, reason = "alignment is asked of the allocator")]

use crate::Float;
use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// Bytes that memory is read in.
pub(crate) const CACHE_LINE: usize = 64;
const LARGE_PAGE: usize = 2 << 20;

/// A fixed number of numbers, at first zeros.
pub(crate) struct Memory<F> {
    start: NonNull<F>,
    length: usize,
}

// SAFETY: the memory belongs to this value alone.
unsafe impl<F: Send> Send for Memory<F> {}
// SAFETY: as for `Send`; shared references only read.
unsafe impl<F: Sync> Sync for Memory<F> {}

impl<F: Float> Memory<F> {
    /// So many zeros.
    ///
    /// # Panics
    /// When they do not fit in an address space.
    pub(crate) fn zeros(length: usize) -> Self {
        let Some(layout) = layout::<F>(length) else { return Self { start: NonNull::dangling(), length } };
        // SAFETY: the layout is not of size 0.
        let start = unsafe { alloc_zeroed(layout) }.cast::<F>();
        let Some(start) = NonNull::new(start) else { handle_alloc_error(layout) };
        prefer_large_pages(start.as_ptr().cast(), layout.size());
        Self { start, length }
    }
}

impl<F> Memory<F> {
    /// The address of the first number, to be shared between threads that write to different parts.
    pub(crate) fn address(&self) -> *mut F {
        self.start.as_ptr()
    }
}

/// Has the memory at an address brought into the first cache; any address will do.
#[inline(always)]
pub(crate) fn prefetch<F>(address: *const F) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: asking for any address does nothing that can be seen.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

/// An address so many bytes further on, which stays an address of its own.
///
/// Compilers see that several addresses move alike, and make one of them and a distance for each of the others; with
/// many addresses the distances do not find room in registers, and are read from memory in every turn of a loop.
#[inline(always)]
pub(crate) fn advance<F>(address: *const F, bytes: usize) -> *const F {
    #[cfg(target_arch = "x86_64")]
    {
        let mut place = address.expose_provenance();
        // SAFETY: an addition, and nothing else.
        unsafe {
            std::arch::asm!(
                "add {place}, {bytes}",
                place = inout(reg) place,
                bytes = in(reg) bytes,
                options(pure, nomem, nostack)
            );
        }
        std::ptr::with_exposed_provenance(place)
    }
    #[cfg(not(target_arch = "x86_64"))]
    address.wrapping_byte_add(bytes)
}

/// As [`prefetch`], into the second cache: for what is needed later.
#[inline(always)]
pub(crate) fn prefetch_far<F>(address: *const F) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: asking for any address does nothing that can be seen.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T1 }>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

/// As [`prefetch`], and away from the caches of other processors.
#[inline(always)]
pub(crate) fn prefetch_to_write<F>(address: *const F) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: asking for any address does nothing that can be seen.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_ET0 }>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

/// How to allocate so many numbers; none for none.
///
/// # Panics
/// When they do not fit in an address space.
fn layout<F>(length: usize) -> Option<Layout> {
    let size = length.checked_mul(size_of::<F>()).expect("the size of memory fits a usize");
    let alignment = if size >= LARGE_PAGE { LARGE_PAGE } else { CACHE_LINE };
    (size > 0).then(|| Layout::from_size_align(size, alignment).expect("the size of memory fits an isize"))
}

/// Asks the system for large pages; it may not have them, and nothing else depends on it.
#[cfg(target_os = "linux")]
fn prefer_large_pages(start: *mut u8, size: usize) {
    const MADV_HUGEPAGE: i32 = 14;
    // SAFETY: this is the signature of the system's function.
    unsafe extern "C" {
        fn madvise(start: *mut u8, length: usize, advice: i32) -> i32;
    }
    if size >= LARGE_PAGE {
        // SAFETY: the range is one allocation, and the advice changes none of its contents.
        unsafe { madvise(start, size, MADV_HUGEPAGE) };
    }
}

#[cfg(not(target_os = "linux"))]
fn prefer_large_pages(_: *mut u8, _: usize) {}

impl<F> Drop for Memory<F> {
    fn drop(&mut self) {
        if let Some(layout) = layout::<F>(self.length) {
            // SAFETY: this is how it was allocated.
            unsafe { dealloc(self.start.as_ptr().cast(), layout) };
        }
    }
}

impl<F> Deref for Memory<F> {
    type Target = [F];
    fn deref(&self) -> &[F] {
        // SAFETY: so many numbers were allocated, and zeros are numbers.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }
}

impl<F> DerefMut for Memory<F> {
    fn deref_mut(&mut self) -> &mut [F] {
        // SAFETY: as for `deref`, and nothing else refers to it.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }
}

impl<F: Float> Clone for Memory<F> {
    fn clone(&self) -> Self {
        let mut copy = Self::zeros(self.length);
        copy.copy_from_slice(self);
        copy
    }
}

impl<F> fmt::Debug for Memory<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} numbers", self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_zero_and_begins_a_cache_line_or_a_large_page() {
        for length in [0, 1, 17, 1 << 12, 1 << 20] {
            let mut memory = Memory::<f64>::zeros(length);
            assert!(memory.iter().all(|&x| x == 0.0) && memory.len() == length);
            let alignment = if length == 1 << 20 { LARGE_PAGE } else { CACHE_LINE };
            assert!(length == 0 || memory.as_ptr().addr().is_multiple_of(alignment));
            memory.iter_mut().zip(0..).for_each(|(x, i)| *x = f64::from(i));
            assert_eq!(&*memory.clone(), &*memory);
        }
    }
}
