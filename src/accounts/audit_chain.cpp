#include "audit_chain.hpp"

#include <cstdint>
#include <vector>

#include <fmt/format.h>

#include "stepcast/accounts/secrets.hpp"

namespace stepcast::accounts {
namespace {

constexpr std::size_t kMaxAuditText = 1024;  // bounds what one request can add to the trail
constexpr std::int64_t kVerifyChunk = 1000;  // rows in memory at once
const std::string kHashBeforeTheFirst(64, '0');

// The number of bytes of the UTF-8 character at the start of `text`; 0: none, or a control one.
std::size_t printable_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80U) {
    return first >= 0x20U && first != 0x7fU ? 1 : 0;
  }
  const std::size_t size = first >= 0xf0U ? 4 : first >= 0xe0U ? 3 : 2;
  if (first < 0xc2U || first > 0xf4U || text.size() < size) {
    return 0;
  }
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) {
      return 0;
    }
  }
  // Overlong forms, surrogates, beyond the last code point.
  const unsigned second = byte(1);
  const bool wrong = (first == 0xe0U && second < 0xa0U) || (first == 0xedU && second > 0x9fU) ||
                     (first == 0xf0U && second < 0x90U) || (first == 0xf4U && second > 0x8fU);
  return wrong ? 0 : size;
}

// What strangers send must neither keep its entry out of the database nor spoil a terminal.
std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty() && out.size() < kMaxAuditText) {
    const auto size = printable_character(text);
    out += size > 0 ? text.substr(0, size) : "?";
    text.remove_prefix(size > 0 ? size : 1);
  }
  return out;
}

// Every text with its length before it: no two entries hash the same bytes.
std::string hash_of(const store::AuditRow& row) {
  std::string bytes = fmt::format("{} {} {}", row.sequence, row.at, row.previous_hash);
  for (const auto* text : {&row.user, &row.key_id, &row.action, &row.subject}) {
    bytes += fmt::format(" {}:{}", text->size(), *text);
  }
  return sha256_hex(bytes);
}

}  // namespace

AuditEvent audit_event(const Principal& by, std::string_view action, std::string_view subject,
                       store::UnixMs at) {
  return {at, printable(by.user), printable(by.key_id), printable(action), printable(subject)};
}

Result<void> append_to_chain(store::Session& session, const AuditEvent& event) {
  return store::last_audit(session).and_then([&](const std::optional<store::AuditRow>& last) {
    store::AuditRow row{last ? last->sequence + 1 : 1,
                        event.at,
                        event.user,
                        event.key_id,
                        event.action,
                        event.subject,
                        last ? last->hash : kHashBeforeTheFirst,
                        {}};
    row.hash = hash_of(row);
    return store::append_audit(session, row);
  });
}

Result<void> verify_chain(store::Store& store) {
  std::int64_t sequence = 0;
  std::string hash = kHashBeforeTheFirst;
  while (true) {
    std::vector<store::AuditRow> rows;
    auto read = store.read([&](store::Session& session) {
      return store::audit_after(session, sequence, kVerifyChunk)
          .map([&](std::vector<store::AuditRow> found) { rows = std::move(found); });
    });
    if (!read) {
      return read;
    }
    if (rows.empty()) {
      return {};
    }
    for (const auto& row : rows) {
      ++sequence;
      if (row.sequence != sequence || row.previous_hash != hash || row.hash != hash_of(row)) {
        return fail(Errc::kMalformed,
                    fmt::format("entry {} of the audit trail is missing or was changed", sequence),
                    "audit_log", "compare with a backup");
      }
      hash = row.hash;
    }
  }
}

}  // namespace stepcast::accounts
