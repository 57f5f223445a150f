#pragma once

#include <string>

#include "stepcast/base/result.hpp"

namespace stepcast::store {

/// A database as it was found.
struct Found {
  std::string shown;  ///< Its file or URL, without the password.
  int version{};      ///< Of its schema; 0: Store::open() makes it.
};

/// What Store::open() would find at `url`; makes and changes nothing. Waits up to 10 s for a
/// server that does not answer.
/// @returns the errors of Store::open(), but that another server has it is none.
[[nodiscard]] Result<Found> probe(const std::string& url);

}  // namespace stepcast::store
