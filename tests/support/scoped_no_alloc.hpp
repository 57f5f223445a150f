#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace stepcast::test {

/// Counts the allocations of the thread that owns it, to hold "Real time" functions to their word:
///
///     ScopedNoAlloc guard;
///     filter.advance(plan, command);
///     EXPECT_EQ(guard.count(), 0);
///
/// Replaces the global operator new: include it in exactly one source file of a test program.
class ScopedNoAlloc {
 public:
  ScopedNoAlloc() : before_(counter()) {}
  ScopedNoAlloc(const ScopedNoAlloc&) = delete;
  ScopedNoAlloc& operator=(const ScopedNoAlloc&) = delete;

  /// Allocations since this guard was made.
  [[nodiscard]] long count() const { return counter() - before_; }

  static long& counter() {
    thread_local long allocations = 0;
    return allocations;
  }

  static void* allocate(std::size_t size, std::size_t alignment) {
    ++counter();
    const std::size_t whole = (size + alignment - 1) / alignment * alignment;
    void* const memory = alignment <= alignof(std::max_align_t)
                             ? std::malloc(size == 0 ? 1 : size)
                             : std::aligned_alloc(alignment, whole);
    if (memory == nullptr) {
      throw std::bad_alloc();
    }
    return memory;
  }

 private:
  long before_;
};

}  // namespace stepcast::test

// The array and nothrow forms of the standard library call these.
void* operator new(std::size_t size) {
  return stepcast::test::ScopedNoAlloc::allocate(size, alignof(std::max_align_t));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return stepcast::test::ScopedNoAlloc::allocate(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t /*size*/,
                                       std::align_val_t /*alignment*/) noexcept {
  std::free(memory);
}
