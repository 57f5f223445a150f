#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "stepcast/base/result.hpp"

namespace stepcast::store {

enum class ValueKind : std::uint8_t { kInteger, kReal, kText };

/// A value on its way into or out of a statement. Null has a kind too: statements are prepared once
/// and run with and without it.
struct Value {
  ValueKind kind{};
  bool null = false;
  std::int64_t integer{};
  double real{};
  std::string_view text;
};

struct Column {
  ValueKind kind{};
  bool nullable = false;
};

[[nodiscard]] inline Value to_value(std::int64_t integer) {
  return {.kind = ValueKind::kInteger, .null = false, .integer = integer, .real = 0, .text = {}};
}
[[nodiscard]] inline Value to_value(double real) {
  return {.kind = ValueKind::kReal, .null = false, .integer = 0, .real = real, .text = {}};
}
[[nodiscard]] inline Value to_value(std::string_view text) {
  return {.kind = ValueKind::kText, .null = false, .integer = 0, .real = 0, .text = text};
}
/// Not for what merely converts to bool, such as a literal.
template <std::same_as<bool> T>
[[nodiscard]] Value to_value(T truth) {
  return to_value(std::int64_t{truth ? 1 : 0});
}
/// How a column becomes a T: std::int64_t, bool, double, std::string, or an optional of these.
template <class T>
struct FromValue;
template <>
struct FromValue<std::int64_t> {
  static constexpr Column kColumn{ValueKind::kInteger};
  static std::int64_t get(const Value& value) { return value.integer; }
};
template <>
struct FromValue<bool> {
  static constexpr Column kColumn{ValueKind::kInteger};
  static bool get(const Value& value) { return value.integer != 0; }
};
template <>
struct FromValue<double> {
  static constexpr Column kColumn{ValueKind::kReal};
  static double get(const Value& value) { return value.real; }
};
template <>
struct FromValue<std::string> {
  static constexpr Column kColumn{ValueKind::kText};
  static std::string get(const Value& value) { return std::string(value.text); }
};
template <class T>
struct FromValue<std::optional<T>> {
  static constexpr Column kColumn{FromValue<T>::kColumn.kind, true};
  static std::optional<T> get(const Value& value) {
    return value.null ? std::nullopt : std::optional<T>(FromValue<T>::get(value));
  }
};

template <class T>
[[nodiscard]] Value to_value(const std::optional<T>& maybe) {
  if (maybe) {
    return to_value(*maybe);  // a text stays where it is: no copy that would end here
  }
  Value value;
  value.kind = FromValue<T>::kColumn.kind;
  value.null = true;
  return value;
}

/// One connection inside one transaction, without the types of the database library: only
/// connection.cpp pays for those.
///
/// Statements name their parameters (`:path`), each name once; arguments follow in that order. The
/// text of a statement is the key under which it stays prepared: pass literals, never values.
class Session {
 public:
  virtual ~Session() = default;
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  Session(Session&&) = delete;
  Session& operator=(Session&&) = delete;

  /// @returns the number of rows that changed.
  template <class... Arguments>
  [[nodiscard]] Result<std::int64_t> execute(std::string_view sql, const Arguments&... arguments) {
    const std::array<Value, sizeof...(Arguments)> values{to_value(arguments)...};
    return run(sql, values);
  }
  /// The same with as many arguments as a statement for many rows has.
  [[nodiscard]] Result<std::int64_t> execute_values(std::string_view sql,
                                                    std::span<const Value> values) {
    return run(sql, values);
  }
  /// For statements of which nobody asks how many rows they changed.
  template <class... Arguments>
  [[nodiscard]] Result<void> apply(std::string_view sql, const Arguments&... arguments) {
    return execute(sql, arguments...).map([](std::int64_t /*rows*/) {});
  }
  /// @returns whether a row changed.
  template <class... Arguments>
  [[nodiscard]] Result<bool> change(std::string_view sql, const Arguments&... arguments) {
    return execute(sql, arguments...).map([](std::int64_t rows) { return rows > 0; });
  }

  /// The one value of a statement that gives one; T{} when it gives no row.
  template <class T, class... Arguments>
  [[nodiscard]] Result<T> value(std::string_view sql, const Arguments&... arguments) {
    T found{};
    return query<T>(
               sql, [&found](T column) { found = std::move(column); }, arguments...)
        .map([&found] { return std::move(found); });
  }

  /// Calls `each(Columns...)` for every row: `query<std::string, std::int64_t>(sql, each, ...)`.
  template <class... Columns, class Each, class... Arguments>
  [[nodiscard]] Result<void> query(std::string_view sql, Each&& each,
                                   const Arguments&... arguments) {
    static constexpr std::array<Column, sizeof...(Columns)> kColumns{
        FromValue<Columns>::kColumn...};
    const std::array<Value, sizeof...(Arguments)> values{to_value(arguments)...};
    return fetch(sql, kColumns, values, [&each](std::span<const Value> row) {
      [&]<std::size_t... I>(std::index_sequence<I...> /*columns*/) {
        each(FromValue<Columns>::get(row[I])...);
      }
      (std::index_sequence_for<Columns...>{});
    });
  }

 private:
  [[nodiscard]] virtual Result<std::int64_t> run(std::string_view sql,
                                                 std::span<const Value> arguments) = 0;
  [[nodiscard]] virtual Result<void> fetch(
      std::string_view sql, std::span<const Column> columns, std::span<const Value> arguments,
      const std::function<void(std::span<const Value>)>& each) = 0;
};

}  // namespace stepcast::store
