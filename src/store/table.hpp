#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "stepcast/base/result.hpp"

#include "session.hpp"

namespace stepcast::store {

/// Of statements for many rows. More gain little, and databases bound the parameters of a
/// statement.
inline constexpr std::array<std::size_t, 7> kRowsOfAStatement{64, 32, 16, 8, 4, 2, 1};

/// A column, and the member of the row that holds its value.
template <class Row, class Member>
struct Field {
  std::string_view name;
  Member Row::*member;
};
template <class Row, class Member>
Field(const char*, Member Row::*) -> Field<Row, Member>;

/// Says once which columns a row has; the statements that name them all are made from that.
///
///     constexpr Table kUsers("users", 1, Field{"name", &UserRow::name}, ...);
///     kUsers.put(session, row);
///     kUsers.find(session, "WHERE name = :name", name);
template <class Row, class... Members>
class Table {
 public:
  /// `keys`: so many of the first columns tell rows apart.
  constexpr Table(std::string_view name, std::size_t keys, Field<Row, Members>... fields)
      : name_(name), keys_(keys), names_{fields.name...}, members_{fields.member...} {}

  /// @returns kInvalidArgument when there is a row of that key.
  [[nodiscard]] Result<void> insert(Session& session, const Row& row) const {
    return in_chunks(session, std::span(&row, 1), 0, "");
  }
  /// Inserts, or replaces the row of that key.
  [[nodiscard]] Result<void> put(Session& session, const Row& row) const {
    return in_chunks(session, std::span(&row, 1), 0, on_conflict());
  }
  /// Many rows in few statements. @pre no two of the same key
  [[nodiscard]] Result<void> put_all(Session& session, std::span<const Row> rows) const {
    return in_chunks(session, rows, 0, on_conflict());
  }
  /// Many rows in few statements; the database numbers them by their first column.
  [[nodiscard]] Result<void> insert_numbered(Session& session, std::span<const Row> rows) const {
    return in_chunks(session, rows, 1, "");
  }
  /// The database numbers the row by its first column. @returns the number.
  [[nodiscard]] Result<std::int64_t> insert_numbered(Session& session, const Row& row) const {
    const auto sql = insert_text(1, 1) + " RETURNING " + std::string(names_[0]);
    std::int64_t number = 0;
    return std::apply(
               [&](auto /*number*/, auto... member) {
                 return session.query<std::int64_t>(
                     sql, [&number](std::int64_t given) { number = given; }, row.*member...);
               },
               members_)
        .map([&number] { return number; });
  }

  /// `rest`: what follows `SELECT ... FROM table`.
  template <class... Arguments>
  [[nodiscard]] Result<std::vector<Row>> select(Session& session, std::string_view rest,
                                                const Arguments&... arguments) const {
    std::vector<Row> rows;
    return each(
               session, rest, [&rows](Row row) { rows.push_back(std::move(row)); }, arguments...)
        .map([&rows] { return std::move(rows); });
  }
  template <class... Arguments>
  [[nodiscard]] Result<std::optional<Row>> find(Session& session, std::string_view rest,
                                                const Arguments&... arguments) const {
    std::optional<Row> found;
    return each(
               session, rest, [&found](Row row) { found = std::move(row); }, arguments...)
        .map([&found] { return std::move(found); });
  }

 private:
  static constexpr std::size_t kColumns = sizeof...(Members);

  template <class Each, class... Arguments>
  [[nodiscard]] Result<void> each(Session& session, std::string_view rest, Each&& take,
                                  const Arguments&... arguments) const {
    std::string sql = "SELECT ";
    append_names(sql, 0);
    sql.append(" FROM ").append(name_).append(" ").append(rest);
    return session.template query<Members...>(
        sql,
        [&](Members... column) {
          Row row;
          std::apply([&](auto... member) { ((row.*member = std::move(column)), ...); }, members_);
          take(std::move(row));
        },
        arguments...);
  }

  [[nodiscard]] Result<void> in_chunks(Session& session, std::span<const Row> rows,
                                       std::size_t skipped, std::string_view tail) const {
    std::vector<Value> values;
    for (const auto chunk : kRowsOfAStatement) {
      if (rows.size() < chunk) {
        continue;
      }
      const auto sql = insert_text(chunk, skipped).append(tail);
      for (; rows.size() >= chunk; rows = rows.subspan(chunk)) {
        if (auto done = insert_rows(session, sql, rows.first(chunk), skipped, values); !done) {
          return done;
        }
      }
    }
    return {};
  }
  [[nodiscard]] Result<void> insert_rows(Session& session, std::string_view sql,
                                         std::span<const Row> rows, std::size_t skipped,
                                         std::vector<Value>& values) const {
    values.clear();
    for (const Row& row : rows) {
      append_values(values, row, skipped);
    }
    return session.execute_values(sql, values).map([](std::int64_t /*changed*/) {});
  }

  void append_values(std::vector<Value>& values, const Row& row, std::size_t skipped) const {
    const auto first = values.size();
    std::apply([&](auto... member) { (values.push_back(to_value(row.*member)), ...); }, members_);
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first);
    values.erase(begin, begin + static_cast<std::ptrdiff_t>(skipped));
  }

  void append_names(std::string& sql, std::size_t first) const {
    for (std::size_t i = first; i < kColumns; ++i) {
      sql.append(i == first ? "" : ", ").append(names_[i]);
    }
  }
  // Parameters are numbered: their names have to differ from row to row.
  [[nodiscard]] std::string insert_text(std::size_t rows, std::size_t skipped) const {
    std::string sql = "INSERT INTO ";
    sql.append(name_).append(" (");
    append_names(sql, skipped);
    sql.append(") VALUES ");
    std::size_t parameter = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      sql.append(row == 0 ? "(" : ", (");
      for (std::size_t i = skipped; i < kColumns; ++i) {
        sql.append(i == skipped ? ":p" : ", :p").append(std::to_string(parameter++));
      }
      sql.append(")");
    }
    return sql;
  }
  [[nodiscard]] std::string on_conflict() const {
    std::string sql = " ON CONFLICT (";
    for (std::size_t i = 0; i < keys_; ++i) {
      sql.append(i == 0 ? "" : ", ").append(names_[i]);
    }
    sql.append(") DO UPDATE SET ");
    for (std::size_t i = keys_; i < kColumns; ++i) {
      sql.append(i == keys_ ? "" : ", ").append(names_[i]).append(" = excluded.").append(names_[i]);
    }
    return sql;
  }

  std::string_view name_;
  std::size_t keys_;
  std::array<std::string_view, kColumns> names_;
  std::tuple<Members Row::*...> members_;
};

}  // namespace stepcast::store
