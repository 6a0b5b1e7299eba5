// SPDX-License-Identifier: MIT
// A list whose links live in its elements: joining and leaving costs no memory.
#pragma once

namespace dockhost::net::detail {

/// Base of an element; `Tag` tells the lists apart that one element may be in. Leaves its list when
/// destroyed.
template <class Tag>
class list_hook {
public:
  list_hook() = default;
  ~list_hook() { unlink(); }
  list_hook(const list_hook&) = delete;
  list_hook& operator=(const list_hook&) = delete;

  [[nodiscard]] bool linked() const { return next_ != this; }
  void unlink() {
    prev_->next_ = next_;
    next_->prev_ = prev_;
    prev_ = next_ = this;
  }

private:
  template <class T, class U>
  friend class intrusive_list;
  list_hook* prev_ = this;
  list_hook* next_ = this;
};

/// Doesn't own its elements. An element leaves by its hook's unlink().
template <class T, class Tag>
class intrusive_list {
  using hook = list_hook<Tag>;

public:
  void push_back(T& element) {
    hook& h = element;
    h.unlink();
    h.prev_ = head_.prev_;
    h.next_ = &head_;
    head_.prev_->next_ = &h;
    head_.prev_ = &h;
  }
  [[nodiscard]] bool empty() const { return !head_.linked(); }
  /// Null where there is none.
  [[nodiscard]] T* front() { return at(head_.next_); }
  [[nodiscard]] T* after(T& element) { return at(static_cast<hook&>(element).next_); }

private:
  T* at(hook* h) { return h == &head_ ? nullptr : static_cast<T*>(h); }
  hook head_;
};

} // namespace dockhost::net::detail
