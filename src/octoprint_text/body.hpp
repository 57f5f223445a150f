#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "stepcast/base/result.hpp"

namespace stepcast::octoprint {

/// A JSON object that somebody else wrote, read key by key with errors that name the key.
class Body {
 public:
  [[nodiscard]] static Result<Body> parse(std::string_view text);

  /// nullptr: absent or null, which clients take for the same. Names are compared without case.
  [[nodiscard]] const nlohmann::json* find(std::string_view name) const;

  // Empty if absent. @returns kMalformed: another type.
  [[nodiscard]] Result<std::optional<double>> number(std::string_view name) const;
  [[nodiscard]] Result<std::optional<std::string>> text(std::string_view name) const;
  [[nodiscard]] Result<bool> flag(std::string_view name, bool otherwise) const;

  // Must be there.
  [[nodiscard]] Result<double> needed_number(std::string_view name) const;
  [[nodiscard]] Result<std::string> needed_text(std::string_view name) const;

 private:
  explicit Body(nlohmann::json object) : object_(std::move(object)) {}
  nlohmann::json object_;
};

/// A number of JSON that a printer can be asked for; nullopt otherwise.
[[nodiscard]] std::optional<double> number_in(const nlohmann::json& value);

[[nodiscard]] tl::unexpected<Error> wrong_type(std::string_view name, std::string_view wanted);
[[nodiscard]] tl::unexpected<Error> unknown_word(std::string_view kind, std::string_view word,
                                                 std::string_view known);

}  // namespace stepcast::octoprint
