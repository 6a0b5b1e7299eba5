// SPDX-License-Identifier: MIT
// A value or an error. Errors travel as values: nothing throws across an actor, a callback or a C
// boundary.
#pragma once

#include <type_traits>
#include <utility>
#include <variant>

namespace dockhost {

/// Stands for "nothing to say" where a result needs a value type.
struct unit {
  friend bool operator==(unit, unit) = default;
};

/// Marks a value as the error alternative: `return fail(error{...});`.
template <class E>
struct failure {
  E value;
};

template <class E>
failure<std::decay_t<E>> fail(E&& e) {
  return {std::forward<E>(e)};
}

/// Either a `T` or an `E`; never empty. Access of the alternative that is not there is a
/// programming error and throws std::bad_variant_access, so callers look first.
template <class T, class E>
class basic_result {
public:
  using value_type = T;
  using error_type = E;

  basic_result(T value) : storage_(std::in_place_index<0>, std::move(value)) {}
  basic_result(failure<E> f) : storage_(std::in_place_index<1>, std::move(f.value)) {}

  [[nodiscard]] bool ok() const { return storage_.index() == 0; }
  explicit operator bool() const { return ok(); }

  [[nodiscard]] const T& value() const& { return std::get<0>(storage_); }
  [[nodiscard]] T& value() & { return std::get<0>(storage_); }
  [[nodiscard]] T&& value() && { return std::get<0>(std::move(storage_)); }
  [[nodiscard]] const E& err() const& { return std::get<1>(storage_); }
  [[nodiscard]] E&& err() && { return std::get<1>(std::move(storage_)); }

  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  /// By value: what a temporary result holds outlives the expression.
  T operator*() && { return std::get<0>(std::move(storage_)); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

private:
  std::variant<T, E> storage_;
};

} // namespace dockhost
